import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { App, Duration, Stack } from "aws-cdk-lib";
import { EventField, Rule, RuleTargetInput } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Code, Function as LambdaFunctionConstruct, Runtime } from "aws-cdk-lib/aws-lambda";
import { SqsDestination } from "aws-cdk-lib/aws-lambda-destinations";
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type CfnBucket,
  ObjectOwnership,
} from "aws-cdk-lib/aws-s3";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import { startLocalAws } from "../../../local/aws.ts";
import { messages, s3Of } from "../events/local-events.ts";
import {
  ACCOUNT,
  bucketWithEvents,
  functionOf,
  MACHINE_ARN,
  oneTask,
  queueArn,
  REGION,
  ruleTo,
  templateOf,
  writeAssembly,
} from "../fixture-assembly.ts";

type Fields = Record<string, unknown>;

/** Deploys a function `One` with these resources besides; the outputs, or the text of the refusal. */
async function deploying(
  resources: Record<string, Fields>,
  Outputs: Fields = {},
  actions = "sqs:SendMessage",
) {
  const template = templateOf(
    { One: functionOf("exports.handler = async () => 1") },
    oneTask("One"),
    actions,
  );
  const Resources = { ...(template["Resources"] as object), ...resources };
  try {
    const aws = await startLocalAws({ assembly: writeAssembly({ Resources, Outputs }) });
    await aws.stop();
    return aws.stacks[0]?.outputs;
  } catch (error) {
    return (error as Error).message;
  }
}

const pattern = { source: ["aws.s3"] };
const resource = (Type: string, Properties: Fields = {}) => ({ Type, Properties });
const getAtt = (id: string, attribute: string) => ({ Value: { "Fn::GetAtt": [id, attribute] } });

test("rules, queues and buckets have AWS's names and attributes", async () => {
  const Resources = {
    ...ruleTo("One", pattern, { id: "Mine" }),
    Generated: resource("AWS::Events::Rule", {
      EventPattern: pattern,
      EventBusName: "default",
      Description: "It",
    }),
    Bus: resource("AWS::Events::EventBus", { Name: "mine", Description: "Mine" }),
    OnBus: resource("AWS::Events::Rule", { Name: "On", EventPattern: pattern, EventBusName: { Ref: "Bus" } }),
    Failures: resource("AWS::SQS::Queue", {
      MessageRetentionPeriod: 1209600,
      KmsMasterKeyId: "alias/aws/sqs",
    }),
    Inbox: bucketWithEvents("inbox-bucket"),
  };
  const outputs = await deploying(Resources, {
    RuleRef: { Value: { Ref: "Mine" } },
    RuleArn: getAtt("Mine", "Arn"),
    GeneratedArn: getAtt("Generated", "Arn"),
    BusRef: { Value: { Ref: "Bus" } },
    BusArn: getAtt("Bus", "Arn"),
    OnBusRef: { Value: { Ref: "OnBus" } },
    OnBusArn: getAtt("OnBus", "Arn"),
    QueueRef: { Value: { Ref: "Failures" } },
    QueueArn: getAtt("Failures", "Arn"),
    QueueName: getAtt("Failures", "QueueName"),
    BucketArn: getAtt("Inbox", "Arn"),
  });
  expect(outputs).toEqual({
    RuleRef: "Mine",
    RuleArn: `arn:aws:events:${REGION}:${ACCOUNT}:rule/Mine`,
    GeneratedArn: expect.stringMatching(/:rule\/Fixture-Generated-[0-9a-f]{12}$/),
    BusRef: "mine",
    BusArn: `arn:aws:events:${REGION}:${ACCOUNT}:event-bus/mine`,
    OnBusRef: "mine|On",
    OnBusArn: `arn:aws:events:${REGION}:${ACCOUNT}:rule/mine/On`,
    QueueRef: expect.stringMatching(
      /^https:\/\/sqs\.eu-central-1\.amazonaws\.com\/333333333333\/Fixture-Failures-/,
    ),
    QueueArn: expect.stringMatching(/^arn:aws:sqs:eu-central-1:333333333333:Fixture-Failures-[0-9a-f]{12}$/),
    QueueName: expect.stringMatching(/^Fixture-Failures-/),
    BucketArn: "arn:aws:s3:::inbox-bucket",
  });
});

test("what has no effect is accepted: policies of buckets, a bucket's lifecycle and protection", async () => {
  const PolicyDocument = {
    Statement: [{ Effect: "Deny", Action: "*", Principal: "*", Resource: "*", Condition: { Bool: {} } }],
  };
  const outputs = await deploying({
    Bucket: resource("AWS::S3::Bucket", {
      BucketEncryption: {},
      PublicAccessBlockConfiguration: {},
      OwnershipControls: {},
      LifecycleConfiguration: { Rules: [] },
    }),
    BucketPolicy: resource("AWS::S3::BucketPolicy", { Bucket: { Ref: "Bucket" }, PolicyDocument }),
  });
  expect(outputs).toEqual({});
});

describe("refused by name:", () => {
  const rule = (changes: Parameters<typeof ruleTo>[2]) => ruleTo("One", pattern, { id: "It", ...changes });
  const target = (fields: Fields) => rule({ target: fields });
  const config = (fields: Fields) => ({
    It: resource("AWS::Lambda::EventInvokeConfig", {
      FunctionName: { Ref: "One" },
      Qualifier: "$LATEST",
      ...fields,
    }),
  });
  const bucket = (NotificationConfiguration: unknown) => ({
    It: resource("AWS::S3::Bucket", { NotificationConfiguration }),
  });
  const bus = (name: string, account = ACCOUNT) => `arn:aws:events:${REGION}:${account}:event-bus/${name}`;
  const busPolicy = (fields: Fields) => ({
    It: resource("AWS::Events::EventBusPolicy", { StatementId: "It", Action: "events:PutEvents", ...fields }),
  });
  const queuePolicy = (count: number, Sid = "S") => ({
    It: resource("AWS::SQS::QueuePolicy", {
      Queues: [],
      PolicyDocument: {
        Statement: Array(count).fill({ Sid, Effect: "Deny", Action: "*", Principal: "*", Resource: "*" }),
      },
    }),
  });
  const foreign = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:One`;

  test.each<[string, Record<string, Fields>, string]>([
    ["a schedule", rule({ rule: { ScheduleExpression: "rate(1 day)" } }), "ScheduleExpression"],
    ["a bus", rule({ rule: { EventBusName: "mine" } }), "EventBusName is mine"],
    ["a state", rule({ rule: { State: "PAUSED" } }), "State is PAUSED"],
    ["a rule without a pattern", rule({ rule: { EventPattern: undefined } }), "Fixture/It: EventPattern"],
    [
      "an operator",
      ruleTo("One", { source: [{ cidr: "10.0.0.0/8" }] }, { id: "It" }),
      "EventPattern.source: operator cidr",
    ],
    ["a target's field", target({ RoleArn: "x" }), "Targets.0: RoleArn"],
    [
      "a queue that does not exist",
      target({ Arn: queueArn("Q") }),
      `Targets.0.Arn: queue ${queueArn("Q")} does not exist`,
    ],
    ["a state machine as target", target({ Arn: MACHINE_ARN }), `Targets.0.Arn is ${MACHINE_ARN}`],
    ["a bus that does not exist", target({ Arn: bus("other") }), "event bus arn:aws:events"],
    ["a bus without a role", target({ Arn: bus("default") }), "RoleArn is missing"],
    ["a bus's role that does not exist", target({ Arn: bus("default"), RoleArn: "x" }), "role x does not"],
    [
      "a bus's role of another service",
      target({ Arn: bus("default"), RoleArn: { "Fn::GetAtt": ["FunctionRole", "Arn"] } }),
      "cannot be assumed by events.amazonaws.com",
    ],
    [
      "a bus's role that trusts another rule",
      {
        ...target({ Arn: bus("default"), RoleArn: { "Fn::GetAtt": ["Forwarder", "Arn"] } }),
        Forwarder: resource("AWS::IAM::Role", {
          AssumeRolePolicyDocument: {
            Statement: [
              {
                Effect: "Allow",
                Action: "sts:AssumeRole",
                Principal: { Service: "events.amazonaws.com" },
                Condition: { ArnEquals: { "aws:SourceArn": bus("other").replace("event-bus", "rule") } },
              },
            ],
          },
        }),
      },
      `cannot be assumed by events.amazonaws.com for arn:aws:events:${REGION}:${ACCOUNT}:rule/It`,
    ],
    ["an input for a bus", target({ Arn: bus("default"), Input: "{}" }), "Input is given"],
    [
      "a rule's bus of another account",
      rule({ rule: { EventBusName: bus("default", "1".repeat(12)) } }),
      "EventBusName is arn",
    ],
    [
      "a bus's field",
      { It: resource("AWS::Events::EventBus", { Name: "b", DeadLetterConfig: {} }) },
      "DeadLetterConfig",
    ],
    ["a bus policy's id", busPolicy({ StatementId: "a b", Principal: "*" }), "StatementId is a b"],
    [
      "a bus policy's bus",
      busPolicy({ EventBusName: "other", Principal: "*" }),
      "event bus other does not exist",
    ],
    ["a bus policy's action", busPolicy({ Action: "events:*", Principal: "*" }), "Action is events:*"],
    ["a bus policy's account", busPolicy({ Principal: "12" }), "Principal is 12"],
    ["a bus policy's organisation", busPolicy({ Principal: "*", Condition: {} }), "Condition"],
    [
      "a bus policy's condition",
      busPolicy({
        Statement: {
          Effect: "Allow",
          Action: "events:PutEvents",
          Principal: "*",
          Resource: "*",
          Condition: { StringEquals: { "events:source": "x" } },
        },
      }),
      "condition key events:source is not supported",
    ],
    [
      "a queue policy's queue",
      {
        It: resource("AWS::SQS::QueuePolicy", {
          Queues: ["https://x"],
          PolicyDocument: { Statement: [{ Effect: "Deny", Action: "*", Principal: "*", Resource: "*" }] },
        }),
      },
      "queue https://x does not exist",
    ],
    ["a queue policy's number of statements", queuePolicy(21), "OverLimit: 21 statements were found in"],
    [
      "a queue policy's size",
      queuePolicy(20, "s".repeat(400)),
      "OverLimit: Submitted policy is over max allowed size.",
    ],
    [
      "a function's policy",
      rule({ permission: { SourceArn: `arn:aws:events:${REGION}:333333333333:rule/${"r".repeat(20_480)}` } }),
      "is bigger than the limit (20480).",
    ],
    ["a function of another region", target({ Arn: foreign }), "Targets.0.Arn is arn:aws:lambda:us-east-1"],
    [
      "a function that does not exist",
      target({ Arn: foreign.replace("us-east-1", REGION).replace("One", "Two") }),
      "function:Two does not exist",
    ],
    [
      "too many retries",
      target({ RetryPolicy: { MaximumRetryAttempts: 186 } }),
      "MaximumRetryAttempts is 186; 0 to 185",
    ],
    ["an age", target({ RetryPolicy: { MaximumEventAgeInSeconds: 59 } }), "60 to 86400"],
    ["a retry policy's field", target({ RetryPolicy: { Backoff: 1 } }), "Backoff"],
    [
      "a dead-letter queue",
      target({ DeadLetterConfig: { Arn: queueArn("Absent") } }),
      `queue ${queueArn("Absent")}`,
    ],
    ["six targets", rule({ rule: { Targets: Array(6).fill({}) } }), "6 Targets"],
    ["an input", target({ InputTransformer: { InputTemplate: "<x>" } }), "placeholder <x>"],
    ["a permission's field", rule({ permission: { FunctionUrlAuthType: "NONE" } }), "FunctionUrlAuthType"],
    ["a permission's function", rule({ permission: { FunctionName: "Two" } }), "function Two does not exist"],
    ["three retries", config({ MaximumRetryAttempts: 3 }), "MaximumRetryAttempts is 3; 0 to 2"],
    ["an event's age", config({ MaximumEventAgeInSeconds: 21_601 }), "60 to 21600"],
    ["a version", config({ Qualifier: "1" }), "Qualifier is 1"],
    ["a destination on success", config({ DestinationConfig: { OnSuccess: {} } }), "OnSuccess"],
    [
      "a topic as destination",
      config({
        DestinationConfig: { OnFailure: { Destination: "arn:aws:sns:eu-central-1:333333333333:t" } },
      }),
      "queue arn:aws:sns:eu-central-1:333333333333:t does not exist",
    ],
    ["a FIFO queue", { It: resource("AWS::SQS::Queue", { FifoQueue: true }) }, "FifoQueue"],
    [
      "a bucket's topic",
      bucket({ TopicConfigurations: [] }),
      "NotificationConfiguration: TopicConfigurations",
    ],
    ["a bucket's event setting", bucket({ EventBridgeConfiguration: { Other: 1 } }), "Other"],
    ["a bucket policy's field", { It: resource("AWS::S3::BucketPolicy", { Other: 1 }) }, "Other"],
  ])("%s", async (_, resources, text) => {
    expect(await deploying(resources)).toContain(text);
  });

  test("a failure destination that the function's role may not send to", async () => {
    const resources = {
      Failures: resource("AWS::SQS::Queue", { QueueName: "Failures" }),
      ...config({ DestinationConfig: { OnFailure: { Destination: queueArn("Failures") } } }),
    };
    expect(await deploying(resources)).toEqual({});
    expect(await deploying(resources, {}, "sqs:ReceiveMessage")).toContain(
      `does not have permissions to call SendMessage on ${queueArn("Failures")}`,
    );
  });
});

test("what CDK makes of a rule, a hardened bucket, a function and its queue is deployed and works", async () => {
  const app = new App({ outdir: mkdtempSync(join(tmpdir(), "cdk-")) });
  const stack = new Stack(app, "Made");
  const failures = new Queue(stack, "Failures", {
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
  });
  const start = new LambdaFunctionConstruct(stack, "Start", {
    runtime: Runtime.NODEJS_24_X,
    handler: "index.handler",
    code: Code.fromInline("exports.handler = async () => { throw new Error('no') }"),
    role: new Role(stack, "Role", { assumedBy: new ServicePrincipal("lambda.amazonaws.com") }),
    onFailure: new SqsDestination(failures),
    retryAttempts: 1,
    maxEventAge: Duration.hours(1),
  });
  const inbox = new Bucket(stack, "Inbox", {
    bucketName: "cdk-inbox",
    enforceSSL: true,
    encryption: BucketEncryption.S3_MANAGED,
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    lifecycleRules: [{ abortIncompleteMultipartUploadAfter: Duration.days(1) }],
  });
  (inbox.node.defaultChild as CfnBucket).notificationConfiguration = {
    eventBridgeConfiguration: { eventBridgeEnabled: true },
  };
  const event = RuleTargetInput.fromObject({
    rule: "inbox",
    tag: "{tag}",
    detail: EventField.fromPath("$.detail"),
  });
  new Rule(stack, "Rule", {
    eventPattern: {
      source: ["aws.s3"],
      detailType: ["Object Created"],
      detail: { bucket: { name: [inbox.bucketName] }, object: { key: [{ wildcard: "images/*.tar" }] } },
    },
    targets: [new LambdaFunction(start, { event, deadLetterQueue: failures, retryAttempts: 3 })],
  });
  const assembly = app.synth().directory;
  const aws = await startLocalAws({ assembly, retryIntervalMillis: 1 });
  await s3Of(aws).send(new PutObjectCommand({ Bucket: "cdk-inbox", Key: "images/x.tar", Body: "image" }));
  await aws.settled();
  const [queue] = aws.queues();
  expect(messages(aws, queue?.name ?? "")).toMatchObject([
    {
      body: {
        requestContext: { approximateInvokeCount: 2 },
        requestPayload: { rule: "inbox", tag: "{tag}", detail: { object: { key: "images/x.tar", size: 5 } } },
      },
    },
  ]);
  await aws.stop();
});
