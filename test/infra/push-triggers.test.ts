import { App, Stack } from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { pushWindow } from "../../core/model/push.ts";
import { ImageReplicator, type ReplicationRule } from "../../infra/index.ts";
import { permissionsOf } from "./policies.ts";
import { synthesizeReplicator } from "./synthesized.ts";

const rule: ReplicationRule = {
  name: "team",
  source: "111111111111.dkr.ecr.us-east-1.amazonaws.com/team/*",
  destination: "222222222222.dkr.ecr.eu-central-1.amazonaws.com/mirror/team/*",
  tags: { semver: "<2 || >3" },
  prune: true,
  triggers: [{ ecrPush: true }],
};

function idOf(template: Template, type: string, part: string): string {
  return Object.keys(template.findResources(type)).find((id) => id.includes(part)) ?? "";
}

interface Transformer {
  readonly InputPathsMap: Readonly<Record<string, string>>;
  readonly InputTemplate: string;
}

function transformerOf(template: Template): Transformer {
  const [found] = Object.values(template.findResources("AWS::Events::Rule"));
  return found?.["Properties"].Targets[0].InputTransformer;
}

/** What the only event rule of a template gives its only target, with the fields of an event in place. */
function inputOf(template: Template, event: Record<string, unknown>): unknown {
  const { InputPathsMap, InputTemplate } = transformerOf(template);
  const filled = InputTemplate.replace(/<([^<>]*)>/g, (_, name) =>
    JSON.stringify(event[String(InputPathsMap[name]).slice("$.".length)]),
  );
  return JSON.parse(filled);
}

describe("a rule that pushes start", () => {
  const template = synthesizeReplicator({ rules: [rule] });
  const queue = { "Fn::GetAtt": [idOf(template, "AWS::SQS::Queue", "PushesQueue"), "Arn"] };
  const failures = { "Fn::GetAtt": [idOf(template, "AWS::SQS::Queue", "StartFailures"), "Arn"] };

  test("watches for the pushes of tags to its source, and for no other event of ECR", () => {
    template.hasResourceProperties("AWS::Events::Rule", {
      State: "ENABLED",
      EventPattern: {
        source: ["aws.ecr"],
        "detail-type": ["ECR Image Action"],
        account: ["111111111111"],
        region: ["us-east-1"],
        detail: {
          "action-type": ["PUSH"],
          result: ["SUCCESS"],
          "repository-name": [{ prefix: "team/" }],
          "image-tag": [{ "anything-but": "" }],
        },
      },
    });
    const source = "111111111111.dkr.ecr.us-east-1.amazonaws.com/team/app";
    const destination = "222222222222.dkr.ecr.eu-central-1.amazonaws.com/app";
    const one = synthesizeReplicator({ rules: [{ ...rule, source, destination }] });
    one.hasResourceProperties("AWS::Events::Rule", {
      EventPattern: Match.objectLike({ detail: Match.objectLike({ "repository-name": ["team/app"] }) }),
    });
  });

  test("hands over itself and the event, though a version range has what begins a field in a template", () => {
    const detail = { "repository-name": "team/app", "image-tag": "1.0", "action-type": "PUSH" };
    const event = { account: "111111111111", region: "us-east-1", time: "2026-11-23T07:30:13Z", detail };
    const { prune: _prune, triggers: _triggers, ...kept } = rule;
    expect(inputOf(template, { ...event, id: "not handed over" })).toEqual({ rule: kept, ...event });
  });

  test("hands over what is known only at deployment, too", () => {
    const stack = new Stack(new App(), "Stack");
    const role = new Role(stack, "Source", { assumedBy: new ServicePrincipal("lambda.amazonaws.com") });
    new ImageReplicator(stack, "Replicator", { rules: [{ ...rule, sourceRoleArn: role.roleArn }] });
    const [found] = Object.values(Template.fromStack(stack).findResources("AWS::Events::Rule"));
    const parts = found?.["Properties"].Targets[0].InputTransformer.InputTemplate["Fn::Join"][1] as unknown[];
    const text = parts.map((part) => (typeof part === "string" ? part : "arn:of-the-role")).join("");
    expect(JSON.parse(text.replace(/<([^<>]*)>/g, '"$1"'))).toMatchObject({
      rule: { name: "team", sourceRoleArn: "arn:of-the-role", tags: rule.tags },
      detail: "detail",
    });
    expect(parts).toContainEqual(stack.resolve(role.roleArn));
  });

  test("has its pushes wait as long as a window is, and queued after five tries", () => {
    template.hasResourceProperties("AWS::SQS::Queue", {
      DelaySeconds: pushWindow,
      VisibilityTimeout: 360,
      SqsManagedSseEnabled: true,
      RedrivePolicy: { deadLetterTargetArn: failures, maxReceiveCount: 5 },
    });
    template.hasResourceProperties("AWS::Events::Rule", {
      Targets: [Match.objectLike({ Arn: queue, DeadLetterConfig: { Arn: failures } })],
    });
  });

  test("is the only kind of rule that its queue and the one for failures take messages from", () => {
    const [ruled] = Object.values(template.findResources("AWS::Events::Rule"));
    const name: string = ruled?.["Properties"].Name;
    expect(name).toMatch(/^replicate-[0-9a-f]{8}-team$/);
    const rules = name.slice(0, -"team".length);
    for (const Resource of [queue, failures]) {
      template.hasResourceProperties("AWS::SQS::QueuePolicy", {
        PolicyDocument: {
          Statement: [
            Match.objectLike({ Effect: "Deny", Resource }),
            {
              Effect: "Allow",
              Action: "sqs:SendMessage",
              Principal: { Service: "events.amazonaws.com" },
              Resource,
              Condition: {
                ArnLike: { "aws:SourceArn": `arn:aws:events:eu-central-1:333333333333:rule/${rules}*` },
              },
            },
          ],
        },
      });
    }
  });

  test("has a name within 64 characters, and none that a replicator of another stack gives", () => {
    const name = "n".repeat(40);
    const names = ["One", "Two"].map((id) => {
      const stack = new Stack(new App(), id);
      new ImageReplicator(stack, "Replicator", { rules: [{ ...rule, name }] });
      const [found] = Object.values(Template.fromStack(stack).findResources("AWS::Events::Rule"));
      return found?.["Properties"].Name as string;
    });
    expect(new Set(names).size).toBe(2);
    for (const each of names) expect(each.length).toBeLessThanOrEqual(64 - "-999".length);
  });

  test("has a function that takes ten messages at once, and says which are to come again", () => {
    template.hasResourceProperties("AWS::Lambda::EventSourceMapping", {
      BatchSize: 10,
      EventSourceArn: queue,
      FunctionName: { Ref: idOf(template, "AWS::Lambda::Function", "PushesStart") },
      FunctionResponseTypes: ["ReportBatchItemFailures"],
      ScalingConfig: { MaximumConcurrency: 5 },
    });
    template.hasResourceProperties("AWS::Lambda::Function", {
      Description: "Starts the replication of what was pushed",
      Environment: {
        Variables: {
          STATE_MACHINE_ARN: {
            Ref: idOf(template, "AWS::StepFunctions::StateMachine", "ReplicatorStateMachine"),
          },
          IMAGES_STATE_MACHINE_ARN: {
            Ref: idOf(template, "AWS::StepFunctions::StateMachine", "ImagesStateMachine"),
          },
        },
      },
    });
  });

  test("has that function start executions of the two state machines, take messages, and no more", () => {
    const [logs, ...others] =
      permissionsOf(template).get(idOf(template, "AWS::IAM::Role", "PushesStart")) ?? [];
    expect(logs?.actions).toEqual(["logs:CreateLogStream", "logs:PutLogEvents"]);
    expect(others).toEqual([
      {
        actions: ["states:StartExecution"],
        resources: ["ReplicatorStateMachine", "ImagesStateMachine"].map((part) => ({
          Ref: idOf(template, "AWS::StepFunctions::StateMachine", part),
        })),
        condition: undefined,
      },
      {
        actions: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
        resources: [queue],
        condition: undefined,
      },
    ]);
  });

  test("lets just the roles that forward pushes from another account put events on the bus", () => {
    template.resourceCountIs("AWS::Events::EventBusPolicy", 1);
    template.hasResourceProperties("AWS::Events::EventBusPolicy", {
      EventBusName: Match.absent(),
      StatementId: Match.stringLikeRegexp("^[A-Za-z0-9_-]{1,64}$"),
      Statement: {
        Effect: "Allow",
        Principal: { AWS: ["arn:aws:iam::111111111111:root"] },
        Action: "events:PutEvents",
        Resource: "arn:aws:events:eu-central-1:333333333333:event-bus/default",
        Condition: {
          ArnLike: { "aws:PrincipalArn": "arn:aws:iam::*:role/ecr-replicator-pushes/*" },
        },
      },
    });
  });

  test("lets nobody put events where the source is in the pipeline's own account", () => {
    const source = "333333333333.dkr.ecr.us-east-1.amazonaws.com/team/*";
    synthesizeReplicator({ rules: [{ ...rule, source }] }).resourceCountIs("AWS::Events::EventBusPolicy", 0);
  });

  test("is watched once, however often it says so; with others, by the same function and queue", () => {
    const several = synthesizeReplicator({
      rules: [
        {
          ...rule,
          triggers: [{ ecrPush: true }, { ecrPush: true }, { schedule: { expression: "rate(1 day)" } }],
        },
        { ...rule, name: "other", destination: rule.destination.replace("mirror", "other") },
      ],
    });
    several.resourceCountIs("AWS::Events::Rule", 2);
    several.resourceCountIs("AWS::Events::EventBusPolicy", 1);
    several.resourceCountIs("AWS::Lambda::Function", 10);
    several.resourceCountIs("AWS::SQS::Queue", 2);
  });
});

describe("a rule with repositories", () => {
  test("that is started by hand takes no queue and no function more", () => {
    const { triggers: _triggers, ...byHand } = rule;
    const template = synthesizeReplicator({ rules: [byHand] });
    template.resourceCountIs("AWS::SQS::Queue", 0);
    template.resourceCountIs("AWS::Lambda::Function", 9);
  });

  test("of another partition is refused, since its events do not come here", () => {
    const source = "111111111111.dkr.ecr.cn-north-1.amazonaws.com.cn/team/*";
    const keys = "arn:aws:secretsmanager:eu-central-1:333333333333:secret:china-AbCdEf";
    const bad = [{ ...rule, source, sourceCredentialsSecretArn: keys }];
    expect(() => synthesizeReplicator({ rules: bad })).toThrow(
      'rules (rule "team"): ecrPush: the source is in the partition aws-cn, whose events do not reach aws; give it a schedule instead',
    );
  });

  test("whose settings are longer than an event's input can be is refused, to the character", () => {
    const withPolicy = (length: number) =>
      synthesizeReplicator({
        rules: [{ ...rule, createRepository: { tags: {}, repositoryPolicy: { Id: "p".repeat(length) } } }],
      });
    const { length } = transformerOf(withPolicy(1000)).InputTemplate;
    const longest = 1000 + 8192 - length;
    expect(() => withPolicy(longest)).not.toThrow();
    expect(() => withPolicy(longest + 1)).toThrow(
      'rules (rule "team"): its settings make an input of 8193 characters, and EventBridge takes 8192; give its createRepository shorter policies, or start it by schedules only',
    );
  });
});
