import { PutBucketNotificationConfigurationCommand } from "@aws-sdk/client-s3";
import type { LocalAws } from "../../../local/aws.ts";
import { ACCOUNT, functionArn, queueArn, REGION, ruleTo } from "../fixture-assembly.ts";
import {
  createBucket,
  createdIn,
  deliveries,
  INBOX,
  invocations,
  messages,
  queue,
  s3Of,
  startEvents,
  upload,
} from "./local-events.ts";

const ruleArn = (name: string) => `arn:aws:events:${REGION}:${ACCOUNT}:rule/${name}`;
const keys = (alternatives: unknown[]) => ({ detail: { object: { key: alternatives } } });
const broken = { InputTransformer: { InputPathsMap: { k: "$.detail.object.key" }, InputTemplate: '"<k>"' } };
const DeadLetterConfig = { Arn: { "Fn::GetAtt": ["Undelivered", "Arn"] } };

let aws: LocalAws;

beforeAll(async () => {
  aws = await startEvents({
    Undelivered: queue("Undelivered"),
    ...ruleTo("Take", keys([{ wildcard: "images/*.tar" }]), { id: "Images" }),
    ...ruleTo("Take", keys([{ prefix: "off/" }]), { id: "Off", rule: { State: "DISABLED" } }),
    ...ruleTo("Take", keys([{ prefix: "forbidden/" }]), {
      id: "Forbidden",
      permission: null,
      target: { DeadLetterConfig },
    }),
    ...ruleTo("Take", keys([{ prefix: "other/" }]), {
      id: "OtherSource",
      permission: { SourceArn: ruleArn("Images") },
    }),
    ...ruleTo("Take", keys([{ prefix: "stranger/" }]), {
      id: "Stranger",
      permission: { Principal: "s3.amazonaws.com" },
    }),
    ...ruleTo("Take", keys([{ prefix: "broken/" }]), {
      id: "Broken",
      target: { ...broken, DeadLetterConfig },
    }),
    ...ruleTo("Take", keys([{ prefix: "twice/" }]), { id: "First" }),
    ...ruleTo("Take", keys([{ suffix: "/both" }]), { id: "Second" }),
    ...ruleTo("Take", keys([{ prefix: "struck/" }]), {
      id: "Struck",
      target: { DeadLetterConfig, RetryPolicy: { MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 60 } },
    }),
    ...ruleTo("Take", keys([{ prefix: "patient/" }]), {
      id: "Patient",
      target: { DeadLetterConfig, RetryPolicy: { MaximumEventAgeInSeconds: 60 } },
    }),
    ...ruleTo("Take", createdIn("far-bucket"), { id: "Far" }),
  });
});
afterAll(() => aws.stop());
beforeEach(() => {
  aws.calls.length = 0;
  aws.faults.clear();
});

test("a new object that a rule matches is delivered to its function, and both are in the record of calls", async () => {
  const before = invocations(aws, "Take");
  await upload(aws, "images/x.tar");
  expect(deliveries(aws)).toEqual([
    {
      service: "events",
      operation: "Deliver",
      account: ACCOUNT,
      region: REGION,
      detail: { rule: "Images", target: "Target0", eventId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
      status: 202,
    },
  ]);
  expect(aws.calls.map(({ operation }) => operation).sort()).toEqual(["Deliver", "Invoke", "PutObject"]);
  expect(invocations(aws, "Take")).toBe(before + 1);
});

test("an object that no rule matches is delivered nowhere", async () => {
  await upload(aws, "images/x.zip");
  await upload(aws, "elsewhere/x.tar");
  expect(deliveries(aws)).toEqual([]);
});

test("two rules that match are two deliveries of one event", async () => {
  await upload(aws, "twice/both");
  const [first, second] = deliveries(aws);
  expect([first?.detail["rule"], second?.detail["rule"]].sort()).toEqual(["First", "Second"]);
  expect(first?.detail["eventId"]).toBe(second?.detail["eventId"]);
});

test("a disabled rule delivers nothing", async () => {
  await upload(aws, "off/x");
  expect(deliveries(aws)).toEqual([]);
});

describe("a rule that no permission lets invoke the function", () => {
  test("delivers nothing, and the record says why", async () => {
    const before = invocations(aws, "Take");
    await upload(aws, "forbidden/x");
    expect(deliveries(aws)).toMatchObject([
      { status: 403, error: "NO_PERMISSIONS", detail: { rule: "Forbidden" } },
    ]);
    expect(invocations(aws, "Take")).toBe(before);
  });

  test("leaves the event in the target's dead-letter queue, without retries", async () => {
    await upload(aws, "forbidden/y");
    expect(messages(aws, "Undelivered")?.at(-1)).toEqual({
      body: expect.objectContaining({ detail: expect.objectContaining({ bucket: { name: INBOX } }) }),
      attributes: {
        RULE_ARN: ruleArn("Forbidden"),
        TARGET_ARN: functionArn("Take"),
        ERROR_CODE: "NO_PERMISSIONS",
        ERROR_MESSAGE: expect.stringContaining("lambda:InvokeFunction"),
      },
    });
  });

  test("is one for which the permission names another rule or another service", async () => {
    await upload(aws, "other/x");
    await upload(aws, "stranger/x");
    expect(deliveries(aws)).toMatchObject([{ error: "NO_PERMISSIONS" }, { error: "NO_PERMISSIONS" }]);
  });
});

test("an input that its key makes no JSON of is not delivered", async () => {
  await upload(aws, "broken/fine");
  await upload(aws, 'broken/"x');
  expect(deliveries(aws)).toMatchObject([{ status: 202 }, { status: 400, error: "INVALID_JSON" }]);
  expect(messages(aws, "Undelivered")?.at(-1)?.attributes).toMatchObject({ ERROR_CODE: "INVALID_JSON" });
});

describe("a fault on a delivery", () => {
  const target = { service: "events", operation: "Deliver" };

  test("delivers the event twice", async () => {
    const before = invocations(aws, "Take");
    aws.faults.add({ ...target, detail: { rule: "Images" }, fault: "duplicate" });
    await upload(aws, "images/twice.tar");
    const [first, second, ...rest] = deliveries(aws);
    expect(first).toEqual(second);
    expect(rest).toEqual([]);
    expect(invocations(aws, "Take")).toBe(before + 2);
  });

  test("is outlived by its retries", async () => {
    aws.faults.add({ ...target, fault: "throttle" });
    aws.faults.add({ ...target, fault: "error500" });
    await upload(aws, "struck/x");
    expect(deliveries(aws)).toMatchObject([
      { status: 429, error: "THROTTLING" },
      { status: 500, error: "INTERNAL_ERROR" },
      { status: 202 },
    ]);
  });

  test("that outlives the retries leaves the event in the dead-letter queue", async () => {
    aws.faults.add({ ...target, fault: "throttle", times: 10 });
    await upload(aws, "struck/y");
    expect(deliveries(aws)).toHaveLength(3);
    expect(messages(aws, "Undelivered")?.at(-1)?.attributes).toMatchObject({
      ERROR_CODE: "THROTTLING",
      RETRY_ATTEMPTS: "2",
      EXHAUSTED_RETRY_CONDITION: "MaximumRetryAttempts",
    });
  });

  test("is not retried beyond the event's age, pauses counted as long as EventBridge makes them", async () => {
    aws.faults.add({ ...target, fault: "throttle", times: 100 });
    await upload(aws, "patient/x");
    // 1 + 2 + 4 + 8 + 16 seconds are within 60, and 32 more are not.
    expect(deliveries(aws)).toHaveLength(6);
    expect(messages(aws, "Undelivered")?.at(-1)?.attributes).toMatchObject({
      EXHAUSTED_RETRY_CONDITION: "MaximumEventAgeInSeconds",
    });
  });

  test.each([
    [{ ...target, fault: "kill", before: true }, "throttle, error500, duplicate"],
    [{ ...target, fault: "lostAnswer" }, "throttle, error500, duplicate"],
    [{ service: "s3", operation: "PutObject", fault: "duplicate" }, "only service events"],
  ])("%j is refused", (fault, text) => {
    expect(() => aws.faults.add(fault as Parameters<typeof aws.faults.add>[0])).toThrow(text);
  });
});

test("a rule sees only the events of its account and region", async () => {
  const elsewhere = s3Of(aws, { region: "us-west-2" });
  await createBucket(elsewhere, "far-bucket");
  await turnOn("far-bucket", elsewhere);
  await upload(aws, "x", { Bucket: "far-bucket", s3: elsewhere });
  // The bucket's region counts, not the one that the call was signed for.
  await upload(aws, "x", { Bucket: "far-bucket", s3: s3Of(aws) });
  const stranger = s3Of(aws, { account: "444444444444" });
  await createBucket(stranger, "strangers-bucket");
  await turnOn("strangers-bucket", stranger);
  await upload(aws, "images/x.tar", { Bucket: "strangers-bucket", s3: stranger });
  expect(deliveries(aws)).toEqual([]);
});

test("queues are shown over HTTP", async () => {
  const answer = await fetch(`${aws.endpoint}/_local/queues`);
  expect(await answer.json()).toMatchObject([
    { name: "Undelivered", arn: queueArn("Undelivered"), account: ACCOUNT, region: REGION },
  ]);
});

async function turnOn(Bucket: string, s3: ReturnType<typeof s3Of>): Promise<void> {
  const NotificationConfiguration = { EventBridgeConfiguration: {} };
  await s3.send(new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration }));
}
