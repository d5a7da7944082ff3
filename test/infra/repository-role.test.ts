import { App, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { DestinationRole, type RepositoryRoleProps, SourceRole } from "../../infra/index.ts";
import { synthesizeApp } from "./synthesized.ts";

function template(props: Partial<RepositoryRoleProps>, Kind = SourceRole): Template {
  const stack = new Stack(new App(), "Roles", { env: { account: "111111111111", region: "eu-central-1" } });
  new Kind(stack, "Role", { replicatorAccount: "333333333333", ...props });
  return Template.fromStack(stack);
}

describe("SourceRole", () => {
  test("reads layers and manifests of every repository of its account", () => {
    synthesizeApp()["EcrReplicatorSourceRoles"]?.hasResourceProperties("AWS::IAM::Role", {
      RoleName: "PullImages",
      Policies: [
        {
          PolicyDocument: {
            Statement: [
              {
                Effect: "Allow",
                Action: [
                  "ecr:GetDownloadUrlForLayer",
                  "ecr:BatchGetImage",
                  "ecr:BatchCheckLayerAvailability",
                ],
                Resource: "arn:aws:ecr:*:111111111111:repository/*",
              },
            ],
          },
        },
      ],
    });
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
  test("writes layers and manifests, and reads manifests back", () => {
    synthesizeApp()["EcrReplicatorDestinationRoles"]?.hasResourceProperties("AWS::IAM::Role", {
      RoleName: "CustomEcrRole",
      Policies: [
        {
          PolicyDocument: {
            Statement: [
              {
                Effect: "Allow",
                Action: [
                  "ecr:PutImage",
                  "ecr:InitiateLayerUpload",
                  "ecr:UploadLayerPart",
                  "ecr:CompleteLayerUpload",
                  "ecr:BatchCheckLayerAvailability",
                  "ecr:BatchGetImage",
                ],
                Resource: "arn:aws:ecr:*:222222222222:repository/*",
              },
            ],
          },
        },
      ],
    });
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
    expect(trusted).toHaveLength(4);
    expect(trusted.some((id) => id.includes("StateMachine"))).toBe(false);
  });
});
