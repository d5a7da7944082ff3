import { App, Stack } from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { ImageReplicator, type ReplicationRule } from "../../infra/index.ts";
import { permissionsOf } from "./policies.ts";
import { synthesizeReplicator } from "./synthesized.ts";

const rule: ReplicationRule = {
  name: "team",
  source: "111111111111.dkr.ecr.eu-central-1.amazonaws.com/team/*",
  destination: "222222222222.dkr.ecr.eu-central-1.amazonaws.com/mirror/team/*",
  tags: { semver: ">=1.2 <2" },
  prune: true,
  triggers: [
    { schedule: { expression: "cron(0 3 * * ? *)", timezone: "Europe/Berlin", flexibleMinutes: 15 } },
    { schedule: { expression: "rate(6 hours)" } },
  ],
};

function idOf(template: Template, type: string, part: string): string {
  return Object.keys(template.findResources(type)).find((id) => id.includes(part)) ?? "";
}

describe("a rule with schedules", () => {
  const template = synthesizeReplicator({ rules: [rule] });
  const [daily, often] = Object.values(template.findResources("AWS::Scheduler::Schedule")).map(
    (schedule) => schedule["Properties"],
  );
  const machine = { Ref: idOf(template, "AWS::StepFunctions::StateMachine", "ImagesStateMachine") };
  const failures = { "Fn::GetAtt": [idOf(template, "AWS::SQS::Queue", "StartFailures"), "Arn"] };

  test("is run as it stands, at each of its times", () => {
    template.resourceCountIs("AWS::Scheduler::Schedule", 2);
    expect(daily).toMatchObject({
      ScheduleExpression: "cron(0 3 * * ? *)",
      ScheduleExpressionTimezone: "Europe/Berlin",
      FlexibleTimeWindow: { Mode: "FLEXIBLE", MaximumWindowInMinutes: 15 },
    });
    expect(often).toMatchObject({ ScheduleExpression: "rate(6 hours)", FlexibleTimeWindow: { Mode: "OFF" } });
    expect(often?.ScheduleExpressionTimezone).toBeUndefined();
    for (const schedule of [daily, often]) {
      expect(schedule?.Target.Arn).toEqual(machine);
      expect(JSON.parse(schedule?.Target.Input)).toEqual(rule);
    }
  });

  test("is tried for an hour, and then queued", () => {
    expect(daily?.Target).toMatchObject({
      RetryPolicy: { MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 185 },
      DeadLetterConfig: { Arn: failures },
    });
  });

  test("is started by a role of Scheduler's that may do that, queue what it could not start, and no more", () => {
    const id = idOf(template, "AWS::IAM::Role", "Schedules");
    expect(permissionsOf(template).get(id)).toEqual([
      { actions: ["states:StartExecution"], resources: [machine], condition: undefined },
      { actions: ["sqs:SendMessage"], resources: [failures], condition: undefined },
    ]);
    const role = template.findResources("AWS::IAM::Role")[id]?.["Properties"];
    expect(role.Path).toBeUndefined();
    expect(role.AssumeRolePolicyDocument.Statement).toEqual([
      {
        Action: "sts:AssumeRole",
        Effect: "Allow",
        Principal: { Service: "scheduler.amazonaws.com" },
        Condition: {
          StringEquals: {
            "aws:SourceAccount": "333333333333",
            "aws:SourceArn": "arn:aws:scheduler:eu-central-1:333333333333:schedule-group/default",
          },
        },
      },
    ]);
  });

  test("takes no function, no event rule and no queue but the one for failures", () => {
    template.resourceCountIs("AWS::Lambda::Function", 9);
    template.resourceCountIs("AWS::Events::Rule", 0);
    template.resourceCountIs("AWS::SQS::Queue", 1);
  });

  test("may have what is known only at deployment", () => {
    const stack = new Stack(new App(), "Stack");
    const role = new Role(stack, "Source", { assumedBy: new ServicePrincipal("lambda.amazonaws.com") });
    const [, schedule] = rule.triggers ?? [];
    const rules = [{ ...rule, sourceRoleArn: role.roleArn, triggers: schedule ? [schedule] : [] }];
    new ImageReplicator(stack, "Replicator", { rules });
    Template.fromStack(stack).hasResourceProperties("AWS::Scheduler::Schedule", {
      Target: { Input: { "Fn::Join": ["", Match.arrayWith([stack.resolve(role.roleArn)])] } },
    });
  });
});

describe("the name of a schedule", () => {
  function namesIn(stackName: string, ids: string[], name = "team"): string[] {
    const stack = new Stack(new App(), stackName);
    for (const [at, id] of ids.entries()) {
      const destination = `222222222222.dkr.ecr.eu-central-1.amazonaws.com/mirror${at}/*`;
      new ImageReplicator(stack, id, { rules: [{ ...rule, name, destination }] });
    }
    const schedules = Template.fromStack(stack).findResources("AWS::Scheduler::Schedule");
    return Object.values(schedules).map((schedule) => schedule["Properties"].Name);
  }

  test("begins with that of the rule, and stays when the stack is deployed again", () => {
    const names = namesIn("One", ["Replicator"]);
    expect(names).toEqual([expect.stringMatching(/^team-0-[0-9a-f]{8}$/), expect.stringMatching(/^team-1-/)]);
    expect(namesIn("One", ["Replicator"])).toEqual(names);
  });

  test("is another in another stack, and for another replicator of the stack", () => {
    const names = [...namesIn("One", ["Replicator", "Other"]), ...namesIn("Two", ["Replicator"])];
    expect(new Set(names).size).toBe(6);
  });

  test("has 64 characters at most, which Scheduler takes", () => {
    const [longest = ""] = namesIn("S".repeat(128), ["Replicator"], "r".repeat(40));
    expect(longest.length).toBeLessThanOrEqual(64);
  });
});
