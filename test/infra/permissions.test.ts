import type { Template } from "aws-cdk-lib/assertions";
import { destinationRoleActions, sourceRoleActions, stepActions } from "../../infra/permissions.ts";
import { permissionsOf, type Statement } from "./policies.ts";
import { synthesizeApp, synthesizeReplicator } from "./synthesized.ts";

const sourceRole = "arn:aws:iam::111111111111:role/PullImages";
const destinationRole = "arn:aws:iam::222222222222:role/CustomEcrRole";
const sourceRepository = "arn:aws:ecr:eu-central-1:333333333333:repository/from/*";
const destinationRepository = "arn:aws:ecr:eu-central-1:333333333333:repository/to";

function allStatements(templates: Template[]): Statement[] {
  return templates.flatMap((template) => [...permissionsOf(template).values()].flat());
}

function ofRole(template: Template, step: string): Statement[] {
  const [, statements] =
    [...permissionsOf(template)].find(([id]) => new RegExp(`Replicator${step}Role`).test(id)) ?? [];
  if (!statements) throw new Error(`no role of ${step}`);
  return statements;
}

function actionsOn(resource: string, statements: Statement[]): string[] {
  return statements
    .filter((each) => each.resources.includes(resource))
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
    expect(new Set(wild)).toEqual(
      new Set([
        "arn:aws:ecr:*:111111111111:repository/*",
        "arn:aws:ecr:*:222222222222:repository/*",
        "arn:aws:s3:::my-bucket/*",
        sourceRepository,
      ]),
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

  test("Report may assume the destination's role only", () => {
    expect(actionsOn(sourceRole, ofRole(withRoles, "Report"))).toEqual([]);
    expect(actionsOn(destinationRole, ofRole(withRoles, "Report"))).toEqual(["sts:AssumeRole"]);
  });

  test("writes to its own log group and nothing else, unless it was given more", () => {
    for (const step of ["Plan", "CopyLayer", "PutManifests", "Report"]) {
      const statements = ofRole(synthesizeReplicator(), step);
      expect(statements).toHaveLength(1);
      expect(statements[0]?.actions).toEqual(["logs:CreateLogStream", "logs:PutLogEvents"]);
      expect(JSON.stringify(statements[0]?.resources)).toContain(`Replicator${step}Logs`);
    }
  });

  const own: [string, string[], string[]][] = [
    [
      "Plan",
      ["ecr:BatchGetImage"],
      ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:InitiateLayerUpload"],
    ],
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
  test("invokes the four functions, and none of their versions", () => {
    const statements = ofRole(synthesizeReplicator(), "StateMachine");
    expect(statements.map((each) => each.actions)).toEqual([["lambda:InvokeFunction"]]);
    expect(JSON.stringify(statements[0]?.resources)).not.toContain(":*");
    expect(statements[0]?.resources).toHaveLength(4);
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
