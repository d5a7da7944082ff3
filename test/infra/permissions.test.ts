import { App, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { ImageReplicator } from "../../infra/image-replicator.ts";
import { destinationRoleActions, sourceRoleActions, stepActions } from "../../infra/permissions.ts";
import { permissionsOf, type Statement } from "./policies.ts";
import { synthesizeApp, synthesizeReplicator } from "./synthesized.ts";

const sourceRole = "arn:aws:iam::111111111111:role/PullImages";
const destinationRole = "arn:aws:iam::222222222222:role/CustomEcrRole";
const sourceRepository = "arn:aws:ecr:eu-central-1:333333333333:repository/from/*";
const destinationRepository = "arn:aws:ecr:eu-central-1:333333333333:repository/to";

const destination = "222222222222.dkr.ecr.eu-central-1.amazonaws.com/{basename}:latest";

/** The inflated archives in a work bucket of the template. */
function objectsOf(bucket: string): object {
  return { "Fn::Join": ["", [{ "Fn::GetAtt": [bucket, "Arn"] }, "/inflated/*"]] };
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

  test("name each resource, with a wildcard at most inside an ECR name or for the objects of a bucket", () => {
    const wild = everything
      .flatMap((each) => each.resources)
      .filter((resource) => JSON.stringify(resource).includes("*"));
    expect(new Set(wild.map((resource) => JSON.stringify(resource)))).toEqual(
      new Set(
        [
          "arn:aws:ecr:*:111111111111:repository/*",
          "arn:aws:ecr:*:222222222222:repository/*",
          "arn:aws:s3:::my-bucket/*",
          "arn:aws:s3:::replication-inbox/images/*",
          sourceRepository,
          objectsOf("ImageReplicatorWorkBucketC5407910"),
          objectsOf(idOf(ownRole, "AWS::S3::Bucket")),
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
      expect(others).toHaveLength(work.length > 0 ? 2 : 0);
    },
  );

  const fromInbox = { s3: { bucket: "inbox", prefix: "a/" } };
  const withArchives = synthesizeReplicator({
    sourceBucketNames: ["given"],
    rules: [
      { name: "own-role", destination, triggers: [fromInbox, { s3: { bucket: "whole" } }] },
      { name: "role", destination, sourceRoleArn: sourceRole, triggers: [{ s3: { bucket: "others" } }] },
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
      rules: [rule, { ...rule, name: "b" }],
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
  ];
  test.each(own)("%s uses repositories with its own role by what it calls", (step, source, destination) => {
    expect(actionsOn(sourceRepository, ofRole(withRepositories, step))).toEqual(source);
    expect(actionsOn(destinationRepository, ofRole(withRepositories, step))).toEqual(destination);
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
  const steps = Object.values(stepActions);

  test("allow every call that a step makes there", () => {
    expect(sourceRoleActions).toEqual(expect.arrayContaining(steps.flatMap((each) => each.source)));
    expect(destinationRoleActions).toEqual(expect.arrayContaining(steps.flatMap((each) => each.destination)));
  });
});
