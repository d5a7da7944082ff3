import type { MapShape } from "./distributed-map.ts";
import type { Execution } from "./executions.ts";
import { Failure } from "./failure.ts";
import { redriveStatus } from "./redrive-status.ts";

/** The children of a Map Run, and the inputs of those that were not started. */
export interface Results {
  readonly mapRunArn: string;
  readonly shape: MapShape;
  readonly children: readonly Execution[];
  readonly pending: number;
  /** JSON texts. */
  readonly pendingInputs: () => AsyncIterable<string>;
}

/** Where results go: `write` puts an object by its key. */
export interface Destination {
  readonly bucket: string;
  readonly prefix: string;
  readonly write: (key: string, content: AsyncIterable<Uint8Array>) => Promise<void>;
}

interface ResultFile {
  readonly Key: string;
  /** Bytes. */
  readonly Size: number;
}

// Characters in one write: few writes of a record each would be slow.
const CHUNK = 64 * 1024;

/** Writes the results under `<prefix>/<map run>/` and gives what the Map state answers; throws States.ResultWriterFailed. */
export async function writeResults(results: Results, destination: Destination): Promise<object> {
  const { mapRunArn, children, shape, pending } = results;
  const succeeded = children.filter(({ ending }) => ending?.status === "SUCCEEDED");
  const failed = children.filter(({ ending }) => ending && ending.status !== "SUCCEEDED");
  const folder = `${destination.prefix}${mapRunArn.split(":").at(-1)}`;
  const file = async (status: string, count: number, records: AsyncIterable<string>) =>
    count === 0
      ? []
      : [await put(destination, `${folder}/${status}_0.json`, formatted(records, shape.outputType))];
  const compact = shape.transformation === "COMPACT";
  const files = {
    FAILED: await file("FAILED", failed.length, each(failed, recordOf)),
    PENDING: await file("PENDING", pending, pendingRecords(results)),
    SUCCEEDED: await file("SUCCEEDED", succeeded.length, each(succeeded, compact ? outputOf : recordOf)),
  };
  const manifest = { DestinationBucket: destination.bucket, MapRunArn: mapRunArn, ResultFiles: files };
  const { Key } = await put(destination, `${folder}/manifest.json`, each([manifest], JSON.stringify));
  return { MapRunArn: mapRunArn, ResultWriterDetails: { Bucket: destination.bucket, Key } };
}

/** Where a ResultWriter's parameters point; throws States.ResultWriterFailed when they are no texts. */
export function destinationOf(
  { Bucket: bucket, Prefix: prefix = "" }: { readonly Bucket: unknown; readonly Prefix?: unknown },
  write: (address: { bucket: string; key: string }, content: AsyncIterable<Uint8Array>) => Promise<void>,
): Destination {
  if (typeof bucket !== "string" || typeof prefix !== "string") {
    const cause = `Bucket ${JSON.stringify(bucket)} and Prefix ${JSON.stringify(prefix)} must be texts`;
    throw new Failure("States.ResultWriterFailed", cause);
  }
  return {
    bucket,
    prefix: prefix === "" ? "" : `${prefix.replace(/\/$/, "")}/`,
    write: (key, content) => write({ bucket, key }, content),
  };
}

/** The file of one child, as AWS writes it (developer guide, "ResultWriter"). */
function recordOf(child: Execution): string {
  const { arn, name, machine, input, startedAt, stoppedAt, ending, redriveCount } = child;
  const { status, ...outcome } = ending ?? { status: "RUNNING" };
  const result =
    "output" in outcome
      ? { Output: outcome.output, OutputDetails: { Included: true } }
      : "error" in outcome || "cause" in outcome
        ? { Error: outcome.error, Cause: outcome.cause }
        : {};
  const { redriveStatus: RedriveStatus, redriveStatusReason: RedriveStatusReason } = redriveStatus(child);
  return JSON.stringify({
    ExecutionArn: arn,
    Input: input,
    InputDetails: { Included: true },
    Name: name,
    ...result,
    RedriveCount: redriveCount,
    RedriveStatus,
    RedriveStatusReason,
    StartDate: startedAt,
    StateMachineArn: machine.arn,
    Status: status,
    StopDate: stoppedAt,
  });
}

function outputOf({ ending }: Execution): string {
  return ending?.status === "SUCCEEDED" ? ending.output : "null";
}

async function* each<Item>(
  items: readonly Item[],
  textOf: (item: Item) => string | undefined,
): AsyncGenerator<string> {
  for (const item of items) yield textOf(item) ?? "null";
}

async function* pendingRecords({ pendingInputs }: Results): AsyncGenerator<string> {
  for await (const Input of pendingInputs())
    yield JSON.stringify({ Input, InputDetails: { Included: true }, Status: "PENDING" });
}

async function* formatted(records: AsyncIterable<string>, type: "JSON" | "JSONL"): AsyncGenerator<string> {
  let separator = type === "JSON" ? "[" : "";
  for await (const record of records) {
    yield separator + record;
    separator = type === "JSON" ? "," : "\n";
  }
  yield type === "JSON" ? "]" : "\n";
}

async function put(destination: Destination, key: string, texts: AsyncIterable<string>): Promise<ResultFile> {
  let size = 0;
  const bytes = async function* () {
    for await (const text of chunked(texts)) {
      const chunk = Buffer.from(text);
      size += chunk.length;
      yield chunk;
    }
  };
  try {
    await destination.write(key, bytes());
  } catch (error) {
    throw new Failure("States.ResultWriterFailed", (error as Error).message);
  }
  return { Key: key, Size: size };
}

async function* chunked(texts: AsyncIterable<string>): AsyncGenerator<string> {
  let collected = "";
  for await (const text of texts) {
    collected += text;
    if (collected.length < CHUNK) continue;
    yield collected;
    collected = "";
  }
  yield collected;
}
