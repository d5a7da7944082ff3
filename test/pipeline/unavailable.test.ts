import type { LocalAws } from "../../local/aws.ts";
import type { Fault } from "../../local/faults.ts";
import { imageOf } from "../fakes/image.ts";
import { execute, requestOf } from "./execution.ts";
import { startPipeline } from "./pipeline.ts";
import { createPair, digestOfTag, push, type Repository } from "./repository.ts";
import { ecrCalls, operations } from "./traffic.ts";

let aws: LocalAws;
beforeAll(async () => {
  aws = await startPipeline();
});
afterEach(() => aws.faults.clear());
afterAll(() => aws.stop());

const content = imageOf([40]);
const before = imageOf([11]);
/** The most requests for one blob: what the SDK makes of one call, and the state machine of one step. */
const bound = 3 * 7;

async function tagged(): Promise<{ from: Repository; to: Repository }> {
  const pair = await createPair(aws);
  await push(pair.from, content, "1");
  await push(pair.to, before, "1");
  aws.calls.length = 0;
  return pair;
}

function breakFor(repository: Repository, target: object): void {
  const detail = { repositoryName: repository.name };
  aws.faults.add({ detail, times: 1_000_000, ...target } as unknown as Fault);
}

test.each([
  ["source", "BatchGetImage", "error500", "Unavailable"],
  ["destination", "UploadLayerPart", "error500", "Unavailable"],
  ["destination", "PutImage", "error500", "Unavailable"],
  ["destination", "InitiateLayerUpload", "throttle", "Throttled"],
])(
  "a %s whose %s meets %s for ever ends the execution after a bounded number of requests",
  async (side, operation, fault, name) => {
    const pair = await tagged();
    const broken = side === "source" ? pair.from : pair.to;
    breakFor(broken, { service: "ecr", operation, fault });
    const { status, error, cause } = await execute(aws, requestOf(pair));
    expect({ status, error, side: cause?.side, operation: cause?.operation }).toEqual({
      status: "FAILED",
      error: name,
      side,
      operation,
    });
    expect(ecrCalls(broken).filter((call) => call.operation === operation).length).toBeLessThanOrEqual(
      2 * bound,
    );
    expect(await digestOfTag(pair.to, "1")).toBe(before.root.digest);
  },
  60_000,
);

test("a layer that can never be read ends the execution after a bounded number of requests", async () => {
  const pair = await tagged();
  breakFor(pair.from, { service: "layers", operation: "GET layer", fault: "error500" });
  const { error, cause } = await execute(aws, requestOf(pair));
  expect({ error, side: cause?.side, operation: cause?.operation }).toEqual({
    error: "Unavailable",
    side: "source",
    operation: "ReadBlob",
  });
  // A download is begun five times in each of the step's seven calls.
  expect(aws.calls.filter(({ service }) => service === "layers").length).toBeLessThanOrEqual(5 * 7);
  expect(await digestOfTag(pair.to, "1")).toBe(before.root.digest);
}, 60_000);

test("a destination that never answers anything is still reported", async () => {
  const pair = await tagged();
  for (const operation of ["BatchGetImage", "BatchCheckLayerAvailability", "InitiateLayerUpload"]) {
    breakFor(pair.to, { service: "ecr", operation, fault: "error500" });
  }
  const { error, cause } = await execute(aws, requestOf(pair));
  expect({ error, side: cause?.side }).toEqual({ error: "Unavailable", side: "destination" });
  expect(operations(pair.to).length).toBeLessThanOrEqual(2 * bound);
}, 60_000);
