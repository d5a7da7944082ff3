import { createHash } from "node:crypto";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { type LocalAws, startLocalAws } from "../../../local/aws.ts";
import { invocations, messages } from "../events/local-events.ts";
import {
  ACCOUNT,
  functionArn,
  functionOf,
  oneTask,
  queueArn,
  REGION,
  templateOf,
  writeAssembly,
} from "../fixture-assembly.ts";

type Fields = Record<string, unknown>;

const ACTIONS = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];

/** A queue with a dead-letter queue beside it, a function that gets its messages, and a rule for events of its name. */
function fed(name: string, { queue = {}, mapping = {} }: { queue?: Fields; mapping?: Fields } = {}) {
  const arn = { "Fn::GetAtt": [`${name}Queue`, "Arn"] };
  const allowed = {
    Effect: "Allow",
    Action: "sqs:SendMessage",
    Principal: { Service: "events.amazonaws.com" },
  };
  return {
    [`${name}Dead`]: { Type: "AWS::SQS::Queue", Properties: { QueueName: `${name}Dead` } },
    [`${name}Queue`]: {
      Type: "AWS::SQS::Queue",
      Properties: {
        QueueName: `${name}Queue`,
        DelaySeconds: 120,
        VisibilityTimeout: 300,
        RedrivePolicy: { deadLetterTargetArn: { "Fn::GetAtt": [`${name}Dead`, "Arn"] }, maxReceiveCount: 3 },
        ...queue,
      },
    },
    [`${name}Policy`]: {
      Type: "AWS::SQS::QueuePolicy",
      Properties: {
        Queues: [{ Ref: `${name}Queue` }],
        PolicyDocument: { Statement: [{ ...allowed, Resource: arn }] },
      },
    },
    [`${name}Rule`]: {
      Type: "AWS::Events::Rule",
      Properties: {
        EventPattern: { source: [name] },
        Targets: [{ Id: "Queue", Arn: arn, InputPath: "$.detail" }],
      },
    },
    [`${name}Mapping`]: {
      Type: "AWS::Lambda::EventSourceMapping",
      Properties: { EventSourceArn: arn, FunctionName: { Ref: name }, ...mapping },
    },
  };
}

const reports = { FunctionResponseTypes: ["ReportBatchItemFailures"] };
const FUNCTIONS = {
  // Writes what it gets into its log.
  Take: functionOf("exports.handler = async (event) => { console.log(JSON.stringify(event)) }"),
  Fail: functionOf("exports.handler = async () => { throw new Error('no') }"),
  // Reports the messages that say so.
  Some: functionOf(`exports.handler = async ({ Records }) => ({
    batchItemFailures: Records.filter(({ body }) => JSON.parse(body).bad)
      .map(({ messageId }) => ({ itemIdentifier: messageId })),
  })`),
  // Fails twice on every message.
  Third: functionOf(`exports.handler = async ({ Records }) => {
    for (const { attributes } of Records) if (attributes.ApproximateReceiveCount < 3) throw new Error("not yet");
  }`),
  Odd: functionOf("exports.handler = async () => ({ batchItemFailures: [{ itemIdentifier: 'unknown' }] })"),
  Empty: functionOf("exports.handler = async () => ({ batchItemFailures: null })"),
  Deaf: functionOf("exports.handler = async () => ({ batchItemFailures: [{ itemIdentifier: 'unknown' }] })"),
  Off: functionOf("exports.handler = async () => 1"),
  Single: functionOf("exports.handler = async () => 1"),
  Window: functionOf("exports.handler = async () => 1"),
};

let aws: LocalAws;
const logs: string[] = [];

beforeAll(async () => {
  const template = templateOf(FUNCTIONS, oneTask("Take"), ACTIONS);
  const Resources = {
    ...(template["Resources"] as object),
    ...fed("Take"),
    // Without a delay, messages that are sent at once are received at once.
    ...fed("Fail", { queue: { DelaySeconds: 0 } }),
    ...fed("Some", { mapping: reports, queue: { DelaySeconds: 0 } }),
    ...fed("Third"),
    ...fed("Odd", { mapping: reports }),
    ...fed("Empty", { mapping: reports }),
    ...fed("Deaf"),
    ...fed("Off", { mapping: { Enabled: false } }),
    ...fed("Single", { mapping: { BatchSize: 1, ScalingConfig: { MaximumConcurrency: 2 } } }),
    ...fed("Window", { mapping: { MaximumBatchingWindowInSeconds: 60 }, queue: { DelaySeconds: 0 } }),
  };
  aws = await startLocalAws({
    assembly: writeAssembly({ Resources }),
    retryIntervalMillis: 1,
    onLog: (name, text) => void (name === "Take" && logs.push(text)),
  });
});
afterAll(() => aws.stop());

/** Sends messages to a function's queue, all at once, and waits until nothing is on its way any more. */
async function send(name: string, ...details: Fields[]): Promise<void> {
  const credentials = { accessKeyId: ACCOUNT, secretAccessKey: "any" };
  const client = new EventBridgeClient({ endpoint: aws.endpoint, region: REGION, credentials });
  const Entries = details.map((detail) => ({
    Source: name,
    DetailType: "Message",
    Detail: JSON.stringify(detail),
  }));
  await client.send(new PutEventsCommand({ Entries }));
  await aws.settled();
}

const left = (name: string) => messages(aws, `${name}Queue`)?.map(({ body }) => body);
const dead = (name: string) => messages(aws, `${name}Dead`)?.map(({ body }) => body);

test("a function gets a message as Lambda gives it, and then it is gone", async () => {
  const began = Date.now();
  await send("Take", { n: 1 });
  // What a function writes may come after its answer.
  while (!logs.join("").endsWith("\n")) await new Promise((resolve) => setImmediate(resolve));
  const { Records } = JSON.parse(logs.join(""));
  const digits = expect.stringMatching(/^\d{13}$/);
  expect(Records).toEqual([
    {
      messageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      receiptHandle: expect.any(String),
      body: '{"n":1}',
      attributes: {
        ApproximateReceiveCount: "1",
        SentTimestamp: digits,
        SenderId: expect.any(String),
        ApproximateFirstReceiveTimestamp: digits,
      },
      messageAttributes: {},
      md5OfBody: createHash("md5").update('{"n":1}').digest("hex"),
      eventSource: "aws:sqs",
      eventSourceARN: queueArn("TakeQueue"),
      awsRegion: REGION,
    },
  ]);
  expect(Number(Records[0].attributes.SentTimestamp)).toBeGreaterThanOrEqual(began);
  expect(left("Take")).toEqual([]);
});

test("a function that fails gets all of its messages back until they go to the dead-letter queue", async () => {
  await send("Fail", { n: 1 }, { n: 2 });
  expect(invocations(aws, "Fail")).toBe(3);
  expect(left("Fail")).toEqual([]);
  expect(dead("Fail")).toEqual([{ n: 1 }, { n: 2 }]);
});

test("a function that succeeds at the last receive leaves nothing", async () => {
  await send("Third", { n: 1 });
  expect(invocations(aws, "Third")).toBe(3);
  expect([left("Third"), dead("Third")]).toEqual([[], []]);
});

test("only the messages that the function names come back", async () => {
  await send("Some", { n: 1 }, { n: 2, bad: true }, { n: 3 });
  expect(invocations(aws, "Some")).toBe(3);
  expect([left("Some"), dead("Some")]).toEqual([[], [{ n: 2, bad: true }]]);
});

test("a report that names a message the function did not get brings all back", async () => {
  await send("Odd", { n: 1 });
  expect(dead("Odd")).toEqual([{ n: 1 }]);
});

test("an empty report is a success", async () => {
  await send("Empty", { n: 1 });
  expect([left("Empty"), dead("Empty"), invocations(aws, "Empty")]).toEqual([[], [], 1]);
});

test("a report that was not asked for is not heard", async () => {
  await send("Deaf", { n: 1 });
  expect([left("Deaf"), dead("Deaf"), invocations(aws, "Deaf")]).toEqual([[], [], 1]);
});

test("a mapping that is turned off leaves messages in the queue", async () => {
  await send("Off", { n: 1 });
  expect(left("Off")).toEqual([{ n: 1 }]);
  expect(invocations(aws, "Off")).toBe(0);
});

test("a batch size of one is an invocation for each message", async () => {
  await send("Single", { n: 1 }, { n: 2 }, { n: 3 });
  expect(invocations(aws, "Single")).toBe(3);
});

test("messages of one window are one invocation, and no more than ten", async () => {
  await send("Window", ...Array(10).fill({ n: 1 }));
  expect(invocations(aws, "Window")).toBe(1);
  expect(left("Window")).toEqual([]);
});

test("a function that Lambda throttles gets its message later", async () => {
  const before = invocations(aws, "Take");
  const detail = { functionName: "Take" };
  aws.faults.add({ service: "lambda", operation: "Invoke", detail, fault: "throttle", times: 2 });
  await send("Take", { n: 2 });
  expect(invocations(aws, "Take")).toBe(before + 1);
  expect(dead("Take")).toEqual([]);
});

describe("refused by name:", () => {
  /** Of a function with the time that it has when nothing is said: 3 seconds. */
  async function deploying(resources: Fields, actions: string | string[] = ACTIONS): Promise<string> {
    const template = templateOf(
      { Take: functionOf("exports.handler = async () => 1", { Timeout: undefined }) },
      oneTask("Take"),
      actions,
    );
    const Resources = { ...(template["Resources"] as object), ...resources };
    try {
      const { stop } = await startLocalAws({ assembly: writeAssembly({ Resources }) });
      await stop();
      return "deployed";
    } catch (error) {
      return (error as Error).message;
    }
  }
  const mapping = (fields: Fields) => fed("Take", { mapping: fields });
  const queue = (fields: Fields) => fed("Take", { queue: fields });
  const redrive = (deadLetterTargetArn: string, maxReceiveCount: unknown) =>
    queue({ RedrivePolicy: { deadLetterTargetArn, maxReceiveCount } });

  test.each<[string, Fields, string]>([
    [
      "nothing of what is right",
      fed("Take", { mapping: reports, queue: { VisibilityTimeout: 3 } }),
      "deployed",
    ],
    ["a batch of eleven", mapping({ BatchSize: 11 }), "BatchSize is 11; 1 to 10"],
    ["a batch of none", mapping({ BatchSize: 0 }), "BatchSize is 0; 1 to 10"],
    ["a window", mapping({ MaximumBatchingWindowInSeconds: 301 }), "301; 0 to 300"],
    ["a response type", mapping({ FunctionResponseTypes: ["Other"] }), "FunctionResponseTypes has Other"],
    ["a filter", mapping({ FilterCriteria: {} }), "FilterCriteria"],
    ["a concurrency", mapping({ ScalingConfig: { MaximumConcurrency: 1 } }), "MaximumConcurrency is 1"],
    ["a switch", mapping({ Enabled: "maybe" }), "Enabled is maybe"],
    ["a stream", mapping({ EventSourceArn: "arn:aws:kinesis:x:y:z" }), "EventSourceArn is arn:aws:kinesis"],
    [
      "an absent queue",
      mapping({ EventSourceArn: queueArn("No") }),
      `queue ${queueArn("No")} does not exist`,
    ],
    ["an absent function", mapping({ FunctionName: functionArn("No") }), "function arn:aws:lambda"],
    [
      "a queue's second function",
      { ...fed("Take"), Again: fed("Take")["TakeMapping"] },
      "already has a function",
    ],
    [
      "a visibility below the function's timeout",
      queue({ VisibilityTimeout: 2 }),
      "2 seconds is less than Function",
    ],
    ["a delay", queue({ DelaySeconds: 901 }), "DelaySeconds is 901; 0 to 900"],
    ["a visibility", queue({ VisibilityTimeout: 43_201 }), "VisibilityTimeout is 43201"],
    ["an absent dead-letter queue", redrive(queueArn("No"), 1), `queue ${queueArn("No")} does not exist`],
    ["no receives at all", redrive(queueArn("TakeDead"), 0), "maxReceiveCount is 0; 1 to 1000"],
    ["a redrive's field", queue({ RedrivePolicy: { other: 1 } }), "RedrivePolicy: other"],
  ])("%s", async (_, resources, text) => {
    expect(await deploying(resources)).toContain(text);
  });

  test.each(["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"])(
    "a role without %s",
    async (missing) => {
      const others = ACTIONS.filter((action) => action !== `sqs:${missing}`);
      expect(await deploying(fed("Take"), others)).toContain(`permissions to call ${missing} on SQS`);
    },
  );
});
