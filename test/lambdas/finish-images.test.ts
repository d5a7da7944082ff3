import type { Context } from "aws-lambda";
import { noTotals, type Totals } from "../../core/model/totals.ts";
import type { Pruned } from "../../core/steps/prune-images.ts";
import { interruptedPrune } from "../../lambdas/interrupted-prune.ts";
import { stepLogger } from "../../lambdas/step.ts";
import { FakeEventBus } from "../fakes/event-bus.ts";
import { stdoutOf } from "./stdout.ts";

const run = {
  name: "team",
  source: "111111111111.dkr.ecr.us-east-1.amazonaws.com/team/*",
  destination: "222222222222.dkr.ecr.eu-central-1.amazonaws.com/mirror/*",
};
const state = {
  run,
  execution: "arn:aws:states:eu-central-1:333333333333:execution:ReplicateImages:1",
  startedAt: "2026-11-23T03:00:00Z",
  redrives: 0,
};
const image = { source: `${run.source}/app:1`, destination: `${run.destination}/app:1` };
const context = { functionName: "finish-images", awsRequestId: "1" } as unknown as Context;

let bus: FakeEventBus;
let handler: typeof import("../../lambdas/finish-images.ts").handler;
const environment = { ...process.env };
beforeAll(async () => {
  bus = await FakeEventBus.start();
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: bus.endpoint,
    AWS_REGION: "eu-central-1",
    AWS_ACCESS_KEY_ID: "333333333333",
    AWS_SECRET_ACCESS_KEY: "local",
    AWS_MAX_ATTEMPTS: "1",
    WORK_BUCKET: "work",
  });
  // The name of the bucket is read when the function starts.
  ({ handler } = await import("../../lambdas/finish-images.ts"));
});
afterAll(() => {
  process.env = environment;
  bus.stop();
});

const logged: unknown[] = [];
for (const level of ["info", "error"] as const) {
  jest.spyOn(stepLogger, level).mockImplementation((...said: unknown[]) => {
    logged.push(said[0]);
  });
}

function totals({ selected = 0, ...given }: Partial<Totals> & { selected?: number } = {}): Totals {
  const none = noTotals();
  return { ...none, listing: { ...none.listing, repositories: 1, selected, inSync: 1 }, ...given };
}

/** What the function answers or throws, and what it tells. */
async function finished(given: object, redrives = 0) {
  let answer: unknown;
  let error: Error | undefined;
  const lines = await stdoutOf(async () => {
    try {
      answer = await handler({ state: { ...state, ...given }, redrives }, context);
    } catch (thrown) {
      error = thrown as Error;
    }
  });
  const metrics = lines.map((line) => {
    const { _aws, ...values } = JSON.parse(line);
    return values;
  });
  return { answer, error, metrics, events: bus.taken() };
}

test("a run that succeeded is told of by one line of metrics and one event", async () => {
  const ended = totals({ selected: 3, copied: 2, copiedImages: [{ ...image, bytes: 7 }] });
  const { answer, metrics, events } = await finished({ totals: ended });
  expect(metrics).toEqual([
    {
      Rule: "team",
      RunsSucceeded: 1,
      RunsFailed: 0,
      ImagesSelected: 3,
      ImagesInStep: 3,
      TagsDeleted: 0,
      RunSeconds: expect.any(Number),
    },
  ]);
  const { report } = answer as { report: object };
  expect(events).toHaveLength(1);
  expect(events[0]).toMatchObject({
    kind: "Rule Run",
    detail: {
      ...report,
      execution: state.execution,
      status: "Replicated",
      message: "the rule team is in step: of 3 images 2 were copied and 1 in sync",
    },
  });
  expect(events[0]?.detail).not.toHaveProperty("error");
});

test("a run of which images failed is told of with the failure's name, and fails with it", async () => {
  const failed = totals({
    selected: 3,
    failed: 1,
    failures: { AccessDenied: 1 },
    failedImages: [{ ...image, error: "AccessDenied", message: "the role may not" }],
  });
  const { error, metrics, events } = await finished({ totals: failed });
  expect(error?.name).toBe("ImagesFailed");
  expect(metrics).toMatchObject([
    { Rule: "team", Failure: "ImagesFailed", RunsSucceeded: 0, RunsFailed: 1, ImagesInStep: 1 },
  ]);
  expect(events[0]?.detail).toMatchObject({ status: "Failed", error: "ImagesFailed" });
  expect(events[0]?.detail["message"]).toMatch(
    /^the run of the rule team failed: ImagesFailed: 1 of 3 images of the rule team failed \(AccessDenied 1\)/,
  );
});

test.each([
  ["Throttled", "Throttled", "too much"],
  ["Sandbox.Timedout", "Unavailable", "a step ended with Sandbox.Timedout: too much"],
  ["States.ItemReaderFailed", "Unavailable", "a step ended with States.ItemReaderFailed: too much"],
])("a run of which a step ended with %s fails with %s", async (caught, name, text) => {
  const failure = { Error: caught, Cause: JSON.stringify({ errorMessage: "too much" }) };
  const { error, metrics, events } = await finished({ failure });
  expect(error?.name).toBe(name);
  expect(JSON.parse(error?.message ?? "")).toEqual({ operation: "ReplicateImages", message: text });
  expect(error?.stack).toBe("");
  expect(metrics).toMatchObject([{ Failure: name, RunsSucceeded: 0, RunsFailed: 1 }]);
  expect(events).toMatchObject([{ detail: { status: "Failed", error: name } }]);
});

test("a run whose prune was interrupted until no try was left tells what had been deleted", async () => {
  const pruned: Pruned = {
    deleted: 300,
    kept: 1,
    examples: [`${image.destination}0`],
    warnings: [],
    failure: { name: "Throttled", message: "slow down" },
  };
  const { name, message } = interruptedPrune(pruned) as Error;
  const failure = { Error: name, Cause: JSON.stringify({ errorType: name, errorMessage: message }) };
  const { error, metrics, events } = await finished({ totals: totals({ selected: 1 }), failure });
  expect(error?.name).toBe("Throttled");
  expect(JSON.parse(error?.message ?? "").message).toMatch(
    /^slow down; at least 300 tags had been deleted before; all of them: s3:/,
  );
  expect(metrics).toMatchObject([{ Failure: "Throttled", TagsDeleted: 300, RunsFailed: 1 }]);
  expect(events).toMatchObject([{ detail: { status: "Failed", tags: { deleted: 300, kept: 1 } } }]);
});

test.each([
  [{ totals: totals({ selected: 3, copied: 2 }) }],
  [{ totals: totals({ selected: 3, failed: 1, failures: { Throttled: 1 } }) }],
  [{ failure: { Error: "AccessDenied", Cause: "{}" } }],
])("of a plan nothing is told, however it ended: %#", async (given) => {
  const { metrics, events } = await finished({ ...given, run: { ...run, mode: "plan" } });
  expect({ metrics, events }).toEqual({ metrics: [], events: [] });
});

test("of a run that was redriven nothing is told before it ends", async () => {
  const { answer, metrics, events } = await finished({ failure: { Error: "AccessDenied" } }, 1);
  expect({ answer, metrics, events }).toEqual({
    answer: { next: "RestartImages", run },
    metrics: [],
    events: [],
  });
});

test("an event has room for the largest report of a run", async () => {
  const name = `222222222222.dkr.ecr.eu-central-1.amazonaws.com/${"n".repeat(256)}:${"t".repeat(128)}`;
  const told = { source: name, destination: name };
  const failedImages = Array(20).fill({ ...told, error: "UnsupportedImage", message: "漢".repeat(500) });
  const none = noTotals();
  const largest = totals({
    listing: {
      ...none.listing,
      selected: 100_000,
      failures: 20,
      failed: failedImages,
      created: Array(20).fill(name),
      warnings: Array(20).fill("漢".repeat(500)),
    },
    failed: 20,
    failures: { UnsupportedImage: 20 },
    copiedImages: Array(20).fill({ ...told, bytes: 1 }),
    failedImages,
    warnings: Array(20).fill("漢".repeat(500)),
  });
  const pruned = {
    deleted: 20,
    kept: 20,
    examples: Array(20).fill(name),
    warnings: Array(20).fill("漢".repeat(500)),
  };
  const { events } = await finished({ totals: largest, pruned });
  expect(events[0]?.bytes).toBeGreaterThan(100_000);
  expect(events[0]?.bytes).toBeLessThan(262_144 * 0.9);
});

test("a run whose event is refused has succeeded all the same, and its log says so", async () => {
  logged.length = 0;
  bus.refusal = { status: 400, body: { __type: "AccessDeniedException", message: "not authorized" } };
  const { answer } = await finished({ totals: totals({ selected: 1 }) });
  bus.refusal = undefined;
  expect(answer).toMatchObject({ next: "Finished" });
  expect(logged).toContain("event not put");
});

test("a run of a part of a rule does not count as one of the whole, which the alarm on lag looks for", async () => {
  const { metrics } = await finished({ totals: totals({ selected: 1 }), run: { ...run, part: true } });
  expect(metrics[0]).toMatchObject({ RunsFailed: 0, ImagesSelected: 1 });
  expect(metrics[0]).not.toHaveProperty("RunsSucceeded");
});

test("a run of what is no rule is told of, too, though it has no report", async () => {
  const { error, metrics, events } = await finished({ run: { ...run, colour: "red" } });
  expect(error?.name).toBe("RequestInvalid");
  expect(metrics[0]).toMatchObject({ Rule: "team", RunsFailed: 1 });
  expect(events).toEqual([
    expect.objectContaining({
      detail: expect.objectContaining({ status: "Failed", rule: "team", error: "RequestInvalid" }),
    }),
  ]);
});

test("a run that was stopped, redriven and then went well ends, and does not begin again", async () => {
  const { answer, events } = await finished({ totals: totals({ selected: 1 }) }, 1);
  expect(answer).toMatchObject({ next: "Finished", report: { status: "InSync" } });
  expect(events).toHaveLength(1);
});

test("a refused prune says where all that it would delete is listed", async () => {
  const failure = { Error: "PruneRefused", Cause: JSON.stringify({ errorMessage: '{"message":"9 of 10"}' }) };
  const { error } = await finished({ failure, totals: totals({ selected: 1 }) });
  expect(error?.message).toContain("9 of 10; all of them: s3://work/runs/ReplicateImages/team/1/");
});
