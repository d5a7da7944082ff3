import { App, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { Repository } from "aws-cdk-lib/aws-ecr";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { ImageReplicator } from "../../infra/image-replicator.ts";
import {
  creatingActions,
  deletingActions,
  destinationRoleActions,
  listingActions,
  sourceRoleActions,
  stepActions,
} from "../../infra/permissions.ts";
import type { ReplicationRule } from "../../infra/replication-rule.ts";
import { permissionsOf, type Statement } from "./policies.ts";
import { synthesizeApp, synthesizeReplicator } from "./synthesized.ts";

const sourceRole = "arn:aws:iam::111111111111:role/PullImages";
const destinationRole = "arn:aws:iam::222222222222:role/CustomEcrRole";
const sourceRepository = "arn:aws:ecr:eu-central-1:333333333333:repository/from/*";
const destinationRepository = "arn:aws:ecr:eu-central-1:333333333333:repository/to";

const defaultBus = "arn:aws:events:eu-central-1:333333333333:event-bus/default";
const destination = "222222222222.dkr.ecr.eu-central-1.amazonaws.com/{basename}:latest";

/** What is below a prefix of a work bucket of the template: inflated archives, or the lists and results of runs. */
function objectsOf(bucket: string, prefix: "inflated" | "runs" = "inflated"): object {
  return { "Fn::Join": ["", [{ "Fn::GetAtt": [bucket, "Arn"] }, `/${prefix}/*`]] };
}

/** The executions of a state machine's Distributed Map, in both forms of their ARN. */
function childrenOf(machine: string): object[] {
  const part = (at: number) => ({
    "Fn::Select": [at, { "Fn::Split": [":stateMachine:", { Ref: machine }] }],
  });
  return ["/*", ":*"].map((rest) => ({ "Fn::Join": ["", [part(0), ":execution:", part(1), rest]] }));
}

function idOf(template: Template, type: string): string {
  return Object.keys(template.findResources(type))[0] ?? "";
}

function allStatements(templates: Template[]): Statement[] {
  return templates.flatMap((template) => [...permissionsOf(template).values()].flat());
}

function ofRole(template: Template, step: string): Statement[] {
  const [, statements] =
    [...permissionsOf(template)].find(([id]) => new RegExp(`Replicator${step}Role`).test(id)) ?? [];
  if (!statements) throw new Error(`no role of ${step}`);
  return statements;
}

function actionsOn(resource: unknown, statements: Statement[]): string[] {
  return statements
    .filter((each) => each.resources.some((on) => JSON.stringify(on) === JSON.stringify(resource)))
    .flatMap((each) => each.actions)
    .sort();
}

describe("the policies of all stacks", () => {
  const app = synthesizeApp();
  const ownRole = synthesizeReplicator({
    sourceRepositoryArns: [sourceRepository],
    destinationRepositoryArns: [destinationRepository],
  });
  const everything = allStatements([...Object.values(app), ownRole]);

  test("name each action, without a wildcard", () => {
    expect(everything.flatMap((each) => each.actions).filter((action) => /[*?]/.test(action))).toEqual([]);
  });

  test("name each resource, with a wildcard at most inside an ECR name, for the objects of a bucket, for the executions of a Distributed Map or for the end that Secrets Manager gives an ARN", () => {
    const wild = everything
      .flatMap((each) => each.resources)
      .filter((resource) => /[*?]/.test(JSON.stringify(resource)));
    expect(new Set(wild.map((resource) => JSON.stringify(resource)))).toEqual(
      new Set(
        [
          "arn:aws:ecr:*:111111111111:repository/*",
          "arn:aws:ecr:*:222222222222:repository/*",
          "arn:aws:ecr:eu-central-1:222222222222:repository/mirror/team/*",
          "arn:aws:s3:::my-bucket/*",
          "arn:aws:secretsmanager:eu-central-1:333333333333:secret:docker-hub-??????",
          "arn:aws:s3:::replication-inbox/images/*",
          sourceRepository,
          "arn:aws:ecr:eu-central-1:333333333333:repository/*",
          objectsOf("ImageReplicatorWorkBucketC5407910"),
          objectsOf("ImageReplicatorWorkBucketC5407910", "runs"),
          objectsOf(idOf(ownRole, "AWS::S3::Bucket")),
          objectsOf(idOf(ownRole, "AWS::S3::Bucket"), "runs"),
          ...childrenOf("ImageReplicatorImagesStateMachine00E29B94"),
          ...childrenOf("ReplicatorImagesStateMachine63899B15"),
        ].map((resource) => JSON.stringify(resource)),
      ),
    );
  });

  test("assume only the roles that the stack was given", () => {
    const assumed = everything.filter((each) => each.actions.includes("sts:AssumeRole"));
    expect(new Set(assumed.flatMap((each) => each.resources))).toEqual(
      new Set([sourceRole, destinationRole]),
    );
    expect(assumed.every((each) => each.actions.length === 1)).toBe(true);
  });

  test("use no managed policy", () => {
    for (const template of Object.values(app)) {
      for (const role of Object.values(template.findResources("AWS::IAM::Role"))) {
        expect(role["Properties"].ManagedPolicyArns).toBeUndefined();
      }
    }
  });
});

describe("the role of each function", () => {
  const withRoles = synthesizeReplicator({
    sourceRoleArns: [sourceRole],
    destinationRoleArns: [destinationRole],
  });
  const withRepositories = synthesizeReplicator({
    sourceRepositoryArns: [sourceRepository],
    destinationRepositoryArns: [destinationRepository],
  });

  test.each(["Plan", "CopyLayer", "PutManifests"])("%s may assume both sides' roles", (step) => {
    expect(actionsOn(sourceRole, ofRole(withRoles, step))).toEqual(["sts:AssumeRole"]);
    expect(actionsOn(destinationRole, ofRole(withRoles, step))).toEqual(["sts:AssumeRole"]);
  });

  test("Untar may assume the source's role only", () => {
    expect(actionsOn(sourceRole, ofRole(withRoles, "Untar"))).toEqual(["sts:AssumeRole"]);
    expect(actionsOn(destinationRole, ofRole(withRoles, "Untar"))).toEqual([]);
  });

  test("Report may assume the destination's role only", () => {
    expect(actionsOn(sourceRole, ofRole(withRoles, "Report"))).toEqual([]);
    expect(actionsOn(destinationRole, ofRole(withRoles, "Report"))).toEqual(["sts:AssumeRole"]);
  });

  const workBucket = idOf(synthesizeReplicator(), "AWS::S3::Bucket");
  const reads = ["s3:GetObject"];
  const inflating: [string, string[]][] = [
    ["Plan", reads],
    ["Untar", ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"]],
    ["CopyLayer", reads],
    ["PutManifests", reads],
    ["Report", []],
  ];
  test.each(inflating)(
    "%s logs, uses inflated archives, and does no more unless it was given more",
    (step, work) => {
      const [logs, ...others] = ofRole(synthesizeReplicator(), step);
      expect(logs?.actions).toEqual(["logs:CreateLogStream", "logs:PutLogEvents"]);
      expect(JSON.stringify(logs?.resources)).toContain(`Replicator${step}Logs`);
      expect(actionsOn(objectsOf(workBucket), others)).toEqual(work);
      expect(actionsOn({ "Fn::GetAtt": [workBucket, "Arn"] }, others)).toEqual(
        work.length > 0 ? ["s3:ListBucket"] : [],
      );
      const tells = others.filter(({ actions }) => actions.includes("events:PutEvents"));
      expect(tells.flatMap(({ resources }) => resources)).toEqual(step === "Report" ? [defaultBus] : []);
      expect(others).toHaveLength((work.length > 0 ? 2 : 0) + tells.length);
    },
  );

  const running: [string, string[], unknown[]][] = [
    ["ListImages", ["s3:AbortMultipartUpload", "s3:PutObject"], []],
    ["TallyImages", reads, []],
    ["PruneImages", reads, []],
    ["FinishImages", ["s3:GetObject", "s3:PutObject"], [defaultBus]],
  ];
  test.each(running)(
    "%s logs, uses the lists and results of runs, and does no more unless it was given more",
    (step, work, buses) => {
      const [logs, ...others] = ofRole(synthesizeReplicator(), step);
      expect(logs?.actions).toEqual(["logs:CreateLogStream", "logs:PutLogEvents"]);
      expect(actionsOn(objectsOf(workBucket, "runs"), others)).toEqual(work);
      expect(actionsOn({ "Fn::GetAtt": [workBucket, "Arn"] }, others)).toEqual(["s3:ListBucket"]);
      expect(actionsOn(defaultBus, others)).toEqual(buses.length > 0 ? ["events:PutEvents"] : []);
      expect(others).toHaveLength(2 + buses.length);
    },
  );

  test.each([
    ["ListImages", true, true],
    ["TallyImages", false, false],
    ["PruneImages", true, true],
    ["FinishImages", false, false],
  ])("%s may assume the roles of the sides that it uses: source %s, destination %s", (step, from, to) => {
    const statements = ofRole(withRoles, step);
    expect(actionsOn(sourceRole, statements)).toEqual(from ? ["sts:AssumeRole"] : []);
    expect(actionsOn(destinationRole, statements)).toEqual(to ? ["sts:AssumeRole"] : []);
  });

  const fromInbox = { s3: { bucket: "inbox", prefix: "a/" } };
  const withArchives = synthesizeReplicator({
    sourceBucketNames: ["given"],
    rules: [
      { name: "own-role", destination, triggers: [fromInbox, { s3: { bucket: "whole" } }] },
      {
        name: "role",
        destination: destination.replace("/", "/role/"),
        sourceRoleArn: sourceRole,
        triggers: [{ s3: { bucket: "others" } }],
      },
    ],
  });
  const s3 = (rest: string) => `arn:aws:s3:::${rest}`;
  test.each(["Plan", "Untar", "CopyLayer", "PutManifests"])(
    "%s reads with its own role the buckets it was given, and what starts a rule without a source role",
    (step) => {
      const statements = ofRole(withArchives, step);
      for (const objects of ["given/*", "inbox/a/*", "whole/*"]) {
        expect(actionsOn(s3(objects), statements)).toEqual(["s3:GetObject"]);
      }
      for (const bucket of ["given", "inbox", "whole"]) {
        expect(actionsOn(s3(bucket), statements)).toEqual(["s3:ListBucket"]);
      }
      expect(JSON.stringify(statements)).not.toContain(":::others");
      expect(actionsOn(sourceRole, statements)).toEqual(["sts:AssumeRole"]);
    },
  );

  test("Report reads no bucket", () => {
    expect(JSON.stringify(ofRole(withArchives, "Report"))).not.toContain("s3:");
  });

  test("UploadsStart starts executions of this state machine and queues what it could not start, and no more", () => {
    const [logs, ...others] = ofRole(withArchives, "UploadsStart");
    expect(JSON.stringify(logs?.resources)).toContain("ReplicatorUploadsStartLogs");
    expect(others).toEqual([
      {
        actions: ["states:StartExecution"],
        resources: [{ Ref: idOf(withArchives, "AWS::StepFunctions::StateMachine") }],
        condition: undefined,
      },
      {
        actions: ["sqs:SendMessage"],
        resources: [{ "Fn::GetAtt": [idOf(withArchives, "AWS::SQS::Queue"), "Arn"] }],
        condition: undefined,
      },
    ]);
  });

  test("assumes the roles that rules name, each named once", () => {
    const rule = {
      name: "a",
      destination,
      sourceRoleArn: sourceRole,
      destinationRoleArn: destinationRole,
      triggers: [fromInbox],
    };
    const template = synthesizeReplicator({
      destinationRoleArns: [destinationRole],
      rules: [rule, { ...rule, name: "b", destination: destination.replace("/", "/b/") }],
    });
    const assumed = ofRole(template, "CopyLayer").filter(({ actions }) => actions.includes("sts:AssumeRole"));
    expect(assumed.map(({ resources }) => resources)).toEqual([[sourceRole, destinationRole]]);
  });

  test("uses a work bucket that it was given, and makes none", () => {
    const stack = new Stack(new App(), "Stack");
    const own = Bucket.fromBucketName(stack, "Own", "our-work");
    new ImageReplicator(stack, "Replicator", { workBucket: own });
    const template = Template.fromStack(stack);
    template.resourceCountIs("AWS::S3::Bucket", 0);
    template.hasResourceProperties("AWS::Lambda::Function", {
      Environment: { Variables: { WORK_BUCKET: "our-work" } },
    });
    expect(JSON.stringify(ofRole(template, "Untar"))).toContain(":s3:::our-work/inflated/*");
  });

  const own: [string, string[], string[]][] = [
    [
      "Plan",
      ["ecr:BatchGetImage"],
      [
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:DescribeImages",
        "ecr:GetDownloadUrlForLayer",
        "ecr:InitiateLayerUpload",
      ],
    ],
    ["Untar", [], []],
    [
      "CopyLayer",
      ["ecr:GetDownloadUrlForLayer"],
      [
        "ecr:BatchCheckLayerAvailability",
        "ecr:CompleteLayerUpload",
        "ecr:InitiateLayerUpload",
        "ecr:UploadLayerPart",
      ],
    ],
    ["PutManifests", ["ecr:BatchGetImage"], ["ecr:BatchGetImage", "ecr:PutImage"]],
    ["Report", [], ["ecr:BatchCheckLayerAvailability"]],
    ["ListImages", ["ecr:BatchGetImage", "ecr:DescribeImages", "ecr:ListImages"], ["ecr:ListImages"]],
    ["TallyImages", [], []],
    ["PruneImages", ["ecr:BatchGetImage"], ["ecr:DescribeImages"]],
    ["FinishImages", [], []],
  ];
  test.each(own)("%s uses repositories with its own role by what it calls", (step, source, destination) => {
    expect(actionsOn(sourceRepository, ofRole(withRepositories, step))).toEqual(source);
    expect(actionsOn(destinationRepository, ofRole(withRepositories, step))).toEqual(destination);
  });
});

describe("what the functions may delete with their own roles", () => {
  const registry = "333333333333.dkr.ecr.eu-central-1.amazonaws.com";
  const arn = (name: string, region = "eu-central-1") =>
    `arn:aws:ecr:${region}:333333333333:repository/${name}`;
  const from = "111111111111.dkr.ecr.eu-central-1.amazonaws.com";

  function prunes(name: string, more: object = {}): ReplicationRule {
    const source = `${from}/${name.includes("*") ? "team/*" : "team/app"}`;
    return { name: "a", source, destination: `${registry}/${name}`, prune: true, ...more };
  }
  function deletable(given: string[], ...rules: ReplicationRule[]): unknown[] {
    const template = synthesizeReplicator({ destinationRepositoryArns: given, rules });
    const all = [...permissionsOf(template)].flatMap(([id, statements]) =>
      statements
        .filter(({ actions }) => actions.includes("ecr:BatchDeleteImage"))
        .map((each) => ({ id, ...each })),
    );
    expect(all.every(({ id, actions }) => id.includes("PruneImages") && actions.length === 1)).toBe(true);
    return all.flatMap(({ resources }) => resources);
  }

  const whole = [arn("*", "*")];
  const role = { destinationRoleArn: destinationRole.replace("222222222222", "333333333333") };
  const keys = {
    destinationCredentialsSecretArn: "arn:aws:secretsmanager:eu-central-1:333333333333:secret:to-AbCdEf",
  };
  const cases: [string, string[], ReplicationRule[], string[]][] = [
    ["nothing without rules", whole, [], []],
    ["nothing unless a rule prunes", whole, [prunes("mirror/*", { prune: undefined })], []],
    ["nothing for a rule with a role", whole, [prunes("mirror/*", role)], []],
    ["nothing for a rule with access keys", whole, [prunes("mirror/*", keys)], []],
    ["nothing that they may not write", [arn("other/*")], [prunes("mirror/*")], []],
    ["nothing where they may write nothing", [], [prunes("mirror/*")], []],
    ["what a rule prunes", whole, [prunes("mirror/*")], [arn("mirror/*")]],
    [
      "what settings say to prune",
      whole,
      [prunes("mirror/*", { prune: { maxDeletes: 5 } })],
      [arn("mirror/*")],
    ],
    ["one repository", [arn("*")], [prunes("mirror/app")], [arn("mirror/app")]],
    ["what they may write of it", [arn("mirror/a"), arn("x")], [prunes("mirror/*")], [arn("mirror/a")]],
    [
      "what several rules prune, each named once",
      [...whole, arn("mirror/*")],
      [
        prunes("mirror/*", { tags: { include: ["v*"] } }),
        prunes("mirror/*", { name: "b", tags: { include: ["dev"] } }),
        prunes("copy", { name: "c" }),
      ],
      [arn("mirror/*"), arn("copy")],
    ],
  ];
  test.each(cases)("is %s", (_, given, rules, expected) => {
    expect(deletable(given, ...rules)).toEqual(expected);
  });

  test("may be a repository of the same app, whose ARN is known only at deployment", () => {
    const stack = new Stack(new App(), "Stack");
    const { repositoryArn } = new Repository(stack, "Images");
    new ImageReplicator(stack, "Replicator", {
      destinationRepositoryArns: [repositoryArn],
      rules: [prunes("images")],
    });
    const statements = ofRole(Template.fromStack(stack), "PruneImages");
    expect(actionsOn(stack.resolve(repositoryArn), statements)).toContain("ecr:BatchDeleteImage");
  });
});

describe("the names of repositories", () => {
  const registry = "arn:aws:ecr:eu-central-1:333333333333:repository/*";
  const listing = synthesizeReplicator({
    sourceRepositoryArns: [sourceRepository, "arn:aws:ecr:eu-west-1:111111111111:repository/one"],
    destinationRepositoryArns: [destinationRepository],
  });

  test("are listed by ListImages alone, of whole registries, since the action takes no less", () => {
    const lists = ofRole(listing, "ListImages").filter(({ actions }) =>
      actions.includes("ecr:DescribeRepositories"),
    );
    expect(lists).toEqual([
      {
        actions: ["ecr:DescribeRepositories"],
        resources: [registry, "arn:aws:ecr:eu-west-1:111111111111:repository/*"],
        condition: undefined,
      },
    ]);
    const others = [...permissionsOf(listing)].filter(([id]) => !id.includes("ListImages"));
    expect(JSON.stringify(others)).not.toContain("ecr:DescribeRepositories");
  });
});

describe("the roles of functions that may create repositories", () => {
  const creating = synthesizeReplicator({
    createRepositories: true,
    sourceRepositoryArns: [sourceRepository],
    destinationRepositoryArns: [destinationRepository],
  });

  test("Plan creates them at the destination, and reads the settings of those at the source", () => {
    const statements = ofRole(creating, "Plan");
    expect(actionsOn(sourceRepository, statements)).toEqual([
      "ecr:BatchGetImage",
      "ecr:DescribeRepositories",
      "ecr:GetLifecyclePolicy",
      "ecr:GetRepositoryPolicy",
      "ecr:ListTagsForResource",
    ]);
    expect(actionsOn(destinationRepository, statements)).toEqual([
      "ecr:BatchCheckLayerAvailability",
      "ecr:BatchGetImage",
      "ecr:CreateRepository",
      "ecr:DescribeImages",
      "ecr:DescribeRepositories",
      "ecr:GetDownloadUrlForLayer",
      "ecr:GetLifecyclePolicy",
      "ecr:GetRepositoryPolicy",
      "ecr:InitiateLayerUpload",
      "ecr:ListTagsForResource",
      "ecr:PutLifecyclePolicy",
      "ecr:SetRepositoryPolicy",
      "ecr:TagResource",
      "ecr:UntagResource",
    ]);
  });

  const without = synthesizeReplicator({
    sourceRepositoryArns: [sourceRepository],
    destinationRepositoryArns: [destinationRepository],
  });
  test.each(["Untar", "CopyLayer", "PutManifests", "Report"])("%s does no more than without", (step) => {
    expect(ofRole(creating, step)).toEqual(ofRole(without, step));
  });

  test("Plan does no more without repositories of its own", () => {
    const bare = ofRole(synthesizeReplicator(), "Plan");
    expect(ofRole(synthesizeReplicator({ createRepositories: true }), "Plan")).toEqual(bare);
  });
});

describe("the secrets of a replicator", () => {
  const secret = (name: string) => `arn:aws:secretsmanager:eu-central-1:333333333333:secret:${name}`;
  const read = ["secretsmanager:GetSecretValue"];
  const template = synthesizeReplicator({
    secretArns: [secret("given-AbCdEf"), secret("by-name")],
    rules: [
      {
        name: "keys",
        destination,
        sourceCredentialsSecretArn: secret("from-AbCdEf"),
        destinationCredentialsSecretArn: secret("to-AbCdEf"),
        triggers: [{ s3: { bucket: "keyed" } }],
      },
    ],
  });

  test.each(["Plan", "Untar", "CopyLayer", "PutManifests", "Report"])(
    "%s may read each that was given, which a request may name for either side",
    (step) => {
      const statements = ofRole(template, step);
      expect(actionsOn(secret("given-AbCdEf"), statements)).toEqual(read);
      expect(actionsOn(secret("by-name-??????"), statements)).toEqual(read);
    },
  );

  test.each([
    ["Plan", read, read],
    ["Untar", read, []],
    ["CopyLayer", read, read],
    ["PutManifests", read, read],
    ["Report", [], read],
  ])("%s may read those of rules for the sides that it opens", (step, source, target) => {
    expect(actionsOn(secret("from-AbCdEf"), ofRole(template, step))).toEqual(source);
    expect(actionsOn(secret("to-AbCdEf"), ofRole(template, step))).toEqual(target);
  });

  test.each([
    ["ListImages", read, read],
    ["TallyImages", [], []],
    ["PruneImages", read, read],
    ["FinishImages", [], []],
  ])("%s likewise", (step, source, target) => {
    expect(actionsOn(secret("from-AbCdEf"), ofRole(template, step))).toEqual(source);
    expect(actionsOn(secret("to-AbCdEf"), ofRole(template, step))).toEqual(target);
  });

  test("are no business of what starts executions", () => {
    expect(JSON.stringify(ofRole(template, "UploadsStart"))).not.toContain("secretsmanager");
  });

  test("are named once, and nothing else is read from Secrets Manager", () => {
    const statements = ofRole(template, "Plan").filter(({ actions }) => actions.includes(`${read}`));
    expect(statements).toEqual([
      {
        actions: read,
        resources: ["given-AbCdEf", "by-name-??????", "from-AbCdEf", "to-AbCdEf"].map(secret),
        condition: undefined,
      },
    ]);
  });

  test("take the place of the functions' own roles: those may not read what starts the rule", () => {
    expect(JSON.stringify([...permissionsOf(template)])).not.toContain(":::keyed");
  });

  test("may be of the same app, and then their ARN is known only at deployment", () => {
    const stack = new Stack(new App(), "Stack");
    const { secretArn } = new Secret(stack, "Registry");
    new ImageReplicator(stack, "Replicator", { secretArns: [secretArn] });
    const statements = ofRole(Template.fromStack(stack), "CopyLayer");
    expect(actionsOn(stack.resolve(secretArn), statements)).toEqual(read);
  });
});

describe("the role of the state machine", () => {
  test("invokes the five functions, and none of their versions", () => {
    const statements = ofRole(synthesizeReplicator(), "StateMachine");
    expect(statements.map((each) => each.actions)).toEqual([["lambda:InvokeFunction"]]);
    expect(JSON.stringify(statements[0]?.resources)).not.toContain(":*");
    expect(statements[0]?.resources).toHaveLength(5);
  });

  test("sends traces when asked to, the one permission that takes no resource", () => {
    const wild = ofRole(synthesizeReplicator({ tracing: true }), "StateMachine").filter((each) =>
      each.resources.includes("*"),
    );
    expect(wild.flatMap((each) => each.actions).every((action) => action.startsWith("xray:"))).toBe(true);
    expect(wild).toHaveLength(1);
  });
});

describe("the roles of the two accounts", () => {
  const imageSteps = ["plan", "untar", "copy-layer", "put-manifests", "report"] as const;

  test("allow every call that a step of an image makes there", () => {
    const steps = imageSteps.map((name) => stepActions[name]);
    expect(sourceRoleActions).toEqual(expect.arrayContaining(steps.flatMap((each) => each.source)));
    expect(destinationRoleActions).toEqual(expect.arrayContaining(steps.flatMap((each) => each.destination)));
  });

  test("and with listImages and prunableRepositoryArns every call that a step of a run makes", () => {
    const steps = Object.values(stepActions);
    const source = [...sourceRoleActions, ...listingActions.source];
    const destination = [...destinationRoleActions, ...listingActions.destination, ...deletingActions];
    const called = steps.flatMap((each) => [...each.destination, ...(each.pruned ?? [])]);
    expect(source).toEqual(expect.arrayContaining(steps.flatMap((each) => each.source)));
    expect(destination).toEqual(expect.arrayContaining(called));
  });

  test("allow no call twice", () => {
    const source = [...sourceRoleActions, ...creatingActions.source];
    const destination = [...destinationRoleActions, ...creatingActions.destination, ...deletingActions];
    expect([new Set(source).size, new Set(destination).size]).toEqual([source.length, destination.length]);
  });
});
