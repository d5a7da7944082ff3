import type { LocalAws } from "../../../local/aws.ts";
import { functionArn, functionOf, queueArn, ruleTo } from "../fixture-assembly.ts";
import {
  deliveries,
  eventInvokeConfig,
  FUNCTIONS,
  invocations,
  messages,
  queue,
  startEvents,
  upload,
} from "./local-events.ts";

const OnFailure = { Destination: queueArn("Failures") };
const onKey = (prefix: string) => ({ detail: { object: { key: [{ prefix }] } } });
// Fails until its environment has seen one request three times, which tells that retries keep their request id.
const third = `const seen = {}; exports.handler = async (event, { awsRequestId }) => {
  seen[awsRequestId] = (seen[awsRequestId] ?? 0) + 1;
  if (seen[awsRequestId] < 3) throw new Error("not yet");
}`;

let aws: LocalAws;

beforeAll(async () => {
  aws = await startEvents(
    {
      Failures: queue("Failures"),
      FailConfig: eventInvokeConfig("Fail", { DestinationConfig: { OnFailure } }),
      OnceConfig: eventInvokeConfig("Once", { MaximumRetryAttempts: 0, DestinationConfig: { OnFailure } }),
      OldConfig: eventInvokeConfig("Old", {
        MaximumEventAgeInSeconds: 100,
        DestinationConfig: { OnFailure },
      }),
      BusyConfig: eventInvokeConfig("Busy", {
        MaximumEventAgeInSeconds: "60",
        DestinationConfig: { OnFailure },
      }),
      ...ruleTo("Fail", onKey("fail/")),
      ...ruleTo("Once", onKey("once/")),
      ...ruleTo("Old", onKey("old/")),
      ...ruleTo("Busy", onKey("busy/")),
      ...ruleTo("Lost", onKey("lost/")),
      ...ruleTo("Third", onKey("third/"), { target: { InputPath: "$.detail.object.key" } }),
    },
    {
      Fail: FUNCTIONS.Fail,
      Once: FUNCTIONS.Fail,
      Old: FUNCTIONS.Fail,
      Lost: FUNCTIONS.Fail,
      Busy: FUNCTIONS.Take,
      Third: functionOf(third),
    },
  );
});
afterAll(() => aws.stop());
beforeEach(() => {
  aws.calls.length = 0;
  aws.faults.clear();
});

const failure = () => messages(aws, "Failures")?.at(-1)?.body;

test("a function that fails is run twice more, then the event ends in its queue with the record of it", async () => {
  await upload(aws, "fail/x");
  const [delivery] = deliveries(aws);
  expect(deliveries(aws)).toHaveLength(1);
  expect(invocations(aws, "Fail")).toBe(3);
  expect(failure()).toEqual({
    version: "1.0",
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    requestContext: {
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      functionArn: `${functionArn("Fail")}:$LATEST`,
      condition: "RetriesExhausted",
      approximateInvokeCount: 3,
    },
    requestPayload: expect.objectContaining({
      id: delivery?.detail["eventId"],
      detail: expect.objectContaining({ reason: "PutObject" }),
    }),
    responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
    responsePayload: { errorType: "TooLate", errorMessage: "it is late", trace: expect.any(Array) },
  });
});

test("without retries it is run once", async () => {
  await upload(aws, "once/x");
  expect(invocations(aws, "Once")).toBe(1);
  expect(failure()?.requestContext).toMatchObject({
    condition: "RetriesExhausted",
    approximateInvokeCount: 1,
  });
});

test("an event that grows too old is not tried again, pauses counted as long as Lambda makes them", async () => {
  await upload(aws, "old/x");
  // A minute until the second try is within 100 seconds; two more until the third are not.
  expect(invocations(aws, "Old")).toBe(2);
  expect(failure()?.requestContext).toMatchObject({
    condition: "EventAgeExceeded",
    approximateInvokeCount: 2,
  });
});

test("a retry that succeeds ends it, and every try has the same request id", async () => {
  const before = messages(aws, "Failures")?.length;
  await upload(aws, "third/x");
  expect(invocations(aws, "Third")).toBe(3);
  expect(messages(aws, "Failures")).toHaveLength(before ?? -1);
});

test("throttling uses no retry up: the function is run when it ends", async () => {
  const before = invocations(aws, "Busy");
  aws.faults.add({ service: "lambda", operation: "Invoke", fault: "throttle", times: 4 });
  await upload(aws, "busy/x");
  expect(aws.calls.filter(({ operation }) => operation === "Invoke").map(({ error }) => error)).toEqual([
    ...Array(4).fill("Lambda.TooManyRequestsException"),
    undefined,
  ]);
  expect(invocations(aws, "Busy")).toBe(before + 1);
});

test("throttling that does not end ends in the queue without an answer of the function", async () => {
  aws.faults.add({ service: "lambda", operation: "Invoke", fault: "throttle", times: 100 });
  await upload(aws, "busy/y");
  expect(failure()?.requestContext).toMatchObject({ condition: "EventAgeExceeded" });
  expect(failure()).not.toHaveProperty("responsePayload");
  expect(failure()).not.toHaveProperty("responseContext");
});

test("a function without a queue for failures loses the event, as it does in AWS", async () => {
  const before = messages(aws, "Failures")?.length;
  await upload(aws, "lost/x");
  expect(invocations(aws, "Lost")).toBe(3);
  expect(messages(aws, "Failures")).toHaveLength(before ?? -1);
});
