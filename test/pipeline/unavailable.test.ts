import type { LocalAws } from "../../local/aws.ts";
import type { Fault } from "../../local/faults.ts";
import { imageOf } from "../fakes/image.ts";
import { type Execution, execute, requestOf } from "./execution.ts";
import { startPipeline } from "./pipeline.ts";
import { createPair, digestOfTag, push, type Repository } from "./repository.ts";

type Pair = { from: Repository; to: Repository };
type Side = "source" | "destination";
type Broken = readonly [side: Side, operation: string, fault: string, error: string];

/** The most requests for one thing: what the SDK makes of one call, and the state machine of one step. */
const bound = 6 * 7;
const boundThrottled = 6 * 11;
const broken: readonly Broken[] = [
  ["source", "BatchGetImage", "error500", "Unavailable"],
  ["destination", "BatchGetImage", "error500", "Unavailable"],
  ["destination", "InitiateLayerUpload", "throttle", "Throttled"],
  ["destination", "UploadLayerPart", "error500", "Unavailable"],
  ["destination", "UploadLayerPart", "lostAnswer", "Unavailable"],
  ["destination", "PutImage", "error500", "Unavailable"],
];

const before = imageOf([11]);
let aws: LocalAws;
let ended: { pair: Pair; execution: Execution }[];
let unreadable: { pair: Pair; execution: Execution };

// All at once, since they spend their time waiting.
beforeAll(async () => {
  aws = await startPipeline();
  const reading = runBroken("source", { service: "layers", operation: "GET layer", fault: "error500" });
  const running = broken.map(([side, operation, fault]) =>
    runBroken(side, { service: "ecr", operation, fault }),
  );
  ended = await Promise.all(running);
  unreadable = await reading;
});
afterAll(() => aws.stop());

async function runBroken(side: Side, target: object): Promise<{ pair: Pair; execution: Execution }> {
  const pair = await createPair(aws);
  await push(pair.from, imageOf([40]), "1");
  await push(pair.to, before, "1");
  const detail = { repositoryName: side === "source" ? pair.from.name : pair.to.name };
  aws.faults.add({ detail, times: 1_000_000, ...target } as unknown as Fault);
  return { pair, execution: await execute(aws, requestOf(pair)) };
}

test.each(broken.map((each, at) => [...each, at] as const))(
  "a %s whose %s meets %s for ever ends the execution as it should, after a bounded number of requests: %s",
  async (side, operation, _, name, at) => {
    const { pair, execution } = ended[at] as { pair: Pair; execution: Execution };
    const { status, error, cause } = execution;
    const expected = { status: "FAILED", error: name, side, operation };
    expect({ status, error, side: cause?.side, operation: cause?.operation }).toEqual(expected);
    const requests = callsOf(side === "source" ? pair.from : pair.to, operation);
    expect(requests).toBeGreaterThan(1);
    // An upload is opened for the config and for the layer.
    expect(requests).toBeLessThanOrEqual(name === "Throttled" ? 2 * boundThrottled : bound);
    expect(await digestOfTag(pair.to, "1")).toBe(before.root.digest);
  },
);

test("a layer that can never be read ends the execution after a bounded number of downloads", async () => {
  const { pair, execution } = unreadable;
  const { error, cause } = execution;
  expect({ error, side: cause?.side, operation: cause?.operation }).toEqual({
    error: "Unavailable",
    side: "source",
    operation: "ReadBlob",
  });
  // A download is begun five times in each of the step's seven calls.
  expect(callsOf(pair.from, "GET layer")).toBeLessThanOrEqual(5 * 7);
  expect(await digestOfTag(pair.to, "1")).toBe(before.root.digest);
});

function callsOf({ name, account }: Repository, operation: string): number {
  const same = aws.calls.filter((call) => call.operation === operation && call.account === account);
  return same.filter(({ detail }) => detail["repositoryName"] === name).length;
}
