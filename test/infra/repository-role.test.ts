import { App, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { Repository } from "aws-cdk-lib/aws-ecr";
import type { CfnRole } from "aws-cdk-lib/aws-iam";
import { Bucket } from "aws-cdk-lib/aws-s3";
import type { Rule } from "../../core/model/rule.ts";
import {
  DestinationRole,
  type DestinationRoleProps,
  type RepositoryRoleProps,
  SourceRole,
  type SourceRoleProps,
} from "../../infra/index.ts";
import { readReplicationFile } from "../../infra/replication-file.ts";
import { synthesizeApp } from "./synthesized.ts";

function template(props: Partial<SourceRoleProps>, Kind = SourceRole): Template {
  const stack = new Stack(new App(), "Roles", { env: { account: "111111111111", region: "eu-central-1" } });
  new Kind(stack, "Role", { replicatorAccount: "333333333333", ...props });
  return Template.fromStack(stack);
}

function destinationTemplate(props: Partial<DestinationRoleProps>): Template {
  const stack = new Stack(new App(), "Roles", { env: { account: "222222222222", region: "eu-central-1" } });
  new DestinationRole(stack, "Role", { replicatorAccount: "333333333333", ...props });
  return Template.fromStack(stack);
}

function onlyRole(from: Template | undefined) {
  const roles = Object.values(from?.findResources("AWS::IAM::Role") ?? {});
  expect(roles).toHaveLength(1);
  return roles[0]?.["Properties"];
}

/** What a role may do on repositories besides, where they may be created. */
const creating = {
  source: [
    "ecr:DescribeRepositories",
    "ecr:GetLifecyclePolicy",
    "ecr:GetRepositoryPolicy",
    "ecr:ListTagsForResource",
  ],
  destination: [
    "ecr:DescribeRepositories",
    "ecr:CreateRepository",
    "ecr:TagResource",
    "ecr:UntagResource",
    "ecr:ListTagsForResource",
    "ecr:PutLifecyclePolicy",
    "ecr:GetLifecyclePolicy",
    "ecr:SetRepositoryPolicy",
    "ecr:GetRepositoryPolicy",
  ],
};
const reading = ["ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage", "ecr:BatchCheckLayerAvailability"];
const writing = [
  "ecr:PutImage",
  "ecr:InitiateLayerUpload",
  "ecr:UploadLayerPart",
  "ecr:CompleteLayerUpload",
  "ecr:BatchCheckLayerAvailability",
  "ecr:BatchGetImage",
  "ecr:DescribeImages",
  "ecr:GetDownloadUrlForLayer",
];

const listing = { source: ["ecr:ListImages", "ecr:DescribeImages"], destination: ["ecr:ListImages"] };

/** The policy of a role with a statement for each of these lists of actions, and others. */
function repositoriesOf(
  account: string,
  actions: readonly (string[] | string)[],
  others: readonly object[] = [],
): object {
  const Resource = `arn:aws:ecr:*:${account}:repository/*`;
  return {
    PolicyName: "Repositories",
    PolicyDocument: {
      Version: "2012-10-17",
      Statement: [...actions.map((Action) => ({ Effect: "Allow", Action, Resource })), ...others],
    },
  };
}

describe("SourceRole", () => {
  const repositories = (...actions: (string[] | string)[]) => repositoriesOf("111111111111", actions);

  test("reads every repository of its account, lists them, reads what settings they have, and the bucket of the shipped app, and nothing else", () => {
    const archives = {
      PolicyName: "Archives",
      PolicyDocument: {
        Version: "2012-10-17",
        Statement: [
          { Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::my-bucket/*" },
          { Effect: "Allow", Action: "s3:ListBucket", Resource: "arn:aws:s3:::my-bucket" },
        ],
      },
    };
    const properties = onlyRole(synthesizeApp()["EcrReplicatorSourceRoles"]);
    expect(properties).toMatchObject({ RoleName: "PullImages" });
    expect(properties["Policies"]).toEqual([
      repositories([...reading, ...listing.source, ...creating.source], "ecr:DescribeRepositories"),
      archives,
    ]);
  });

  test("reads no bucket when it was given none", () => {
    const without = synthesizeApp({ sourceBuckets: undefined })["EcrReplicatorSourceRoles"];
    expect(onlyRole(without)["Policies"]).toHaveLength(1);
    expect(onlyRole(template({ bucketNames: [] }))).toEqual(onlyRole(template({})));
  });

  test.each([undefined, false])(
    "reads no settings when repositories are not created: %p",
    (createRepositories) => {
      const without = synthesizeApp({ sourceBuckets: undefined, createRepositories, rules: [] });
      expect(onlyRole(without["EcrReplicatorSourceRoles"])["Policies"]).toEqual([repositories(reading)]);
    },
  );

  test("reads each of several buckets, in the partition of its stack", () => {
    const [, archives] = onlyRole(template({ bucketNames: ["one", "two"] }))["Policies"];
    const arn = (rest: string) => ({
      "Fn::Join": ["", ["arn:", { Ref: "AWS::Partition" }, `:s3:::${rest}`]],
    });
    expect(archives.PolicyDocument.Statement).toEqual([
      { Effect: "Allow", Action: "s3:GetObject", Resource: [arn("one/*"), arn("two/*")] },
      { Effect: "Allow", Action: "s3:ListBucket", Resource: [arn("one"), arn("two")] },
    ]);
  });

  const longest = `a${"-".repeat(61)}z`;
  test.each(["abc", "3.a", "a-b.c9", longest])("accepts the bucket name %j", (name) => {
    expect(() => template({ bucketNames: [name] })).not.toThrow();
  });

  const refused = [
    "",
    "ab",
    `${longest}z`,
    "My-bucket",
    "my_bucket",
    "-my-bucket",
    "my-bucket.",
    "my-bucket\n",
    "my-bucket/images",
    "s3://my-bucket",
    "arn:aws:s3:::my-bucket",
    "my-*",
    "bücher",
  ];
  test.each(refused)("refuses the bucket name %j", (name) => {
    expect(() => template({ bucketNames: ["my-bucket", name] })).toThrow(
      `bucketNames: "${name}" is no bucket name: 3 to 63 lower-case letters`,
    );
  });

  test("accepts a bucket of the same app, whose name is known only at deployment", () => {
    const stack = new Stack(new App(), "Stack");
    const { bucketName } = new Bucket(stack, "Images");
    const props = { replicatorAccount: "333333333333", bucketNames: [bucketName] };
    expect(() => new SourceRole(stack, "Role", props)).not.toThrow();
  });

  test("is kept to the repositories it was given, under the name it was given", () => {
    const repositoryArns = ["arn:aws:ecr:eu-central-1:111111111111:repository/team/app"];
    template({ repositoryArns, roleName: "Reader" }).hasResourceProperties("AWS::IAM::Role", {
      RoleName: "Reader",
      Policies: [{ PolicyDocument: { Statement: [{ Resource: repositoryArns[0] }] } }],
    });
  });

  test("keeps its name when a name is passed as undefined", () => {
    template({ roleName: undefined }).hasResourceProperties("AWS::IAM::Role", { RoleName: "PullImages" });
  });
});

describe("DestinationRole", () => {
  const policies = (...actions: (string[] | string)[]) => [repositoriesOf("222222222222", actions)];

  const mirror = "arn:aws:ecr:eu-central-1:222222222222:repository/mirror/team/*";
  const deletes = (Resource: string | string[]) => ({
    Effect: "Allow",
    Action: "ecr:BatchDeleteImage",
    Resource,
  });

  test("writes layers and manifests, reads them back, lists, creates repositories and, in those that its rule prunes, deletes images in the shipped app", () => {
    const properties = onlyRole(synthesizeApp()["EcrReplicatorDestinationRoles"]);
    expect(properties).toMatchObject({ RoleName: "CustomEcrRole" });
    const actions = [...writing, ...listing.destination, ...creating.destination];
    expect(properties["Policies"]).toEqual([
      repositoriesOf("222222222222", [actions, "ecr:DescribeRepositories"], [deletes(mirror)]),
    ]);
  });

  test.each([undefined, false])("creates no repositories unless it is to: %p", (createRepositories) => {
    const app = synthesizeApp({ createRepositories, rules: [] });
    const properties = onlyRole(app["EcrReplicatorDestinationRoles"]);
    expect(properties["Policies"]).toEqual(policies(writing));
  });

  test("deletes no images unless a rule prunes", () => {
    const rules = (readReplicationFile("replication.yaml").rules ?? []).map((rule) => ({
      ...rule,
      prune: undefined,
    }));
    const role = onlyRole(synthesizeApp({ rules })["EcrReplicatorDestinationRoles"]);
    expect(JSON.stringify(role)).toContain('"ecr:ListImages"');
    expect(JSON.stringify(role)).not.toContain("Delete");
  });

  test("deletes images in the shipped app from what its rules prune with this role, and from nothing else", () => {
    const rules = readReplicationFile("replication.yaml").rules ?? [];
    const team = rules.find(({ name }) => name === "team") as Rule;
    const to = (name: string, also: object = {}): Rule => ({
      ...team,
      name: name.replace(/\W+/g, "-"),
      destination: `222222222222.dkr.ecr.eu-west-1.amazonaws.com/${name}/*`,
      ...also,
    });
    const others = [
      to("west"),
      to("kept", { prune: undefined }),
      to("by-another", { destinationRoleArn: "arn:aws:iam::222222222222:role/MyCustomEcrRole" }),
      to("by-no-role", { destinationRoleArn: undefined, destinationExternalId: undefined }),
    ];
    const role = onlyRole(synthesizeApp({ rules: [...rules, ...others] })["EcrReplicatorDestinationRoles"]);
    const { Statement } = role["Policies"][0].PolicyDocument;
    const west = "arn:aws:ecr:eu-west-1:222222222222:repository/west/*";
    expect(Statement.slice(2)).toEqual([deletes([mirror, west])]);
  });

  test("deletes images from the repositories that it was given for that, and from none without them", () => {
    const statements = (prunableRepositoryArns?: string[]) =>
      onlyRole(destinationTemplate({ prunableRepositoryArns }))["Policies"][0].PolicyDocument.Statement;
    expect(statements([mirror]).slice(1)).toEqual([deletes(mirror)]);
    expect(statements([])).toEqual(statements());
    expect(JSON.stringify(statements())).not.toContain("Delete");
    expect(() => statements(["mirror/*"])).toThrow(
      'prunableRepositoryArns: "mirror/*" is not a repository ARN',
    );
  });

  test("creates only the repositories that it was given", () => {
    const repositoryArns = ["arn:aws:ecr:eu-central-1:111111111111:repository/mirror/*"];
    const [policy] = onlyRole(template({ repositoryArns, createRepositories: true }, DestinationRole))[
      "Policies"
    ];
    expect(policy.PolicyDocument.Statement).toEqual([
      { Effect: "Allow", Action: [...writing, ...creating.destination], Resource: repositoryArns[0] },
    ]);
  });
});

describe.each([SourceRole, DestinationRole])("the lists of %p", (Kind) => {
  const team = "arn:aws:ecr:eu-central-1:111111111111:repository/team/*";

  test("are of the images that it was given, and of the names of all repositories beside them", () => {
    const repositoryArns = [team, team.replace("team/*", "base")];
    const [policy] = onlyRole(template({ repositoryArns, listImages: true }, Kind))["Policies"];
    const [own, names] = policy.PolicyDocument.Statement;
    expect(own).toMatchObject({
      Action: expect.arrayContaining(["ecr:ListImages"]),
      Resource: repositoryArns,
    });
    expect(own.Action).not.toContain("ecr:DescribeRepositories");
    expect(names).toEqual({
      Effect: "Allow",
      Action: "ecr:DescribeRepositories",
      Resource: "arn:aws:ecr:eu-central-1:111111111111:repository/*",
    });
  });

  test("are none unless it is to list", () => {
    const role = onlyRole(template({ repositoryArns: [team], listImages: false }, Kind));
    expect(JSON.stringify(role)).not.toMatch(/ecr:(List|DescribeRepositories)/);
  });

  test("may be of a repository of the same app, whose ARN is known only at deployment", () => {
    const stack = new Stack(new App(), "Stack");
    const { repositoryArn } = new Repository(stack, "Images");
    const props = { replicatorAccount: "333333333333", repositoryArns: [repositoryArn], listImages: true };
    const { role } = new Kind(stack, "Role", props);
    const [policy] = stack.resolve((role.node.defaultChild as CfnRole).policies);
    const names = JSON.stringify(policy.policyDocument.Statement[1].Resource);
    expect(names).toContain(":repository/*");
    expect(names).not.toContain("*:");
  });
});

describe.each([SourceRole, DestinationRole])("the trust of %p", (Kind) => {
  test("is the replicator's account, for roles under the functions' path only", () => {
    template({}, Kind).hasResourceProperties("AWS::IAM::Role", {
      AssumeRolePolicyDocument: {
        Statement: [
          {
            Effect: "Allow",
            Action: "sts:AssumeRole",
            Principal: {
              AWS: { "Fn::Join": ["", ["arn:", { Ref: "AWS::Partition" }, ":iam::333333333333:root"]] },
            },
            Condition: {
              ArnLike: {
                "aws:PrincipalArn": {
                  "Fn::Join": [
                    "",
                    ["arn:", { Ref: "AWS::Partition" }, ":iam::333333333333:role/ecr-replicator/*"],
                  ],
                },
              },
            },
          },
        ],
      },
    });
  });

  test("requires the external id when there is one", () => {
    template({ externalId: "from-team-a" }, Kind).hasResourceProperties("AWS::IAM::Role", {
      AssumeRolePolicyDocument: {
        Statement: [{ Condition: { StringEquals: { "sts:ExternalId": "from-team-a" } } }],
      },
    });
  });

  test("takes in an operator beside the functions when there is one", () => {
    const operatorArn = "arn:aws:iam::333333333333:role/Platform*";
    const [role] = Object.values(template({ operatorArn }, Kind).findResources("AWS::IAM::Role"));
    const [statement] = role?.["Properties"].AssumeRolePolicyDocument.Statement ?? [];
    const principals = statement.Condition.ArnLike["aws:PrincipalArn"];
    expect(principals).toHaveLength(2);
    expect(JSON.stringify(principals[0])).toContain("role/ecr-replicator/*");
    expect(principals[1]).toBe(operatorArn);
  });
});

describe("a role for the replicator", () => {
  const refused: [Partial<RepositoryRoleProps>, string][] = [
    [{ replicatorAccount: "33333333333" }, 'replicatorAccount: "33333333333" is not an account id'],
    [{ replicatorAccount: "*" }, 'replicatorAccount: "*"'],
    [{ externalId: "x" }, 'externalId: "x" is not 2 to 1224'],
    [{ operatorArn: "*" }, 'operatorArn: "*" is not the ARN of a role or user'],
    [{ operatorArn: "arn:aws:iam::333333333333:role/*" }, 'operatorArn: "arn:aws:iam::333333333333:role/*"'],
    [{ externalId: "two words" }, 'externalId: "two words"'],
    [{ repositoryArns: ["*"] }, 'repositoryArns: "*" is not a repository ARN'],
  ];
  test.each(refused)("refuses %j", (props, message) => {
    expect(() => template(props)).toThrow(message);
  });

  test("trusts exactly the path under which the functions' roles are", () => {
    const pipeline = synthesizeApp()["EcrReplicator"];
    const roles = Object.entries(pipeline?.findResources("AWS::IAM::Role") ?? {});
    const trusted = roles
      .filter(([, role]) => role["Properties"].Path === "/ecr-replicator/")
      .map(([id]) => id);
    expect(trusted).toHaveLength(11);
    expect(trusted.some((id) => id.includes("StateMachine"))).toBe(false);
  });
});
