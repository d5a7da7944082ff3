import { Failure, type FailureName, type Side } from "../../core/errors.ts";
import { type ByteRange, byteRange, parseContentRange } from "../../core/model/byte-range.ts";
import type { Blob } from "../../core/model/descriptor.ts";
import { type Reading, readOn } from "./continued-read.ts";
import { type RangeAnswer, requestRange } from "./range-request.ts";

/** Where the bytes of a blob can be read now: asked for again at every attempt, since a signed URL expires. */
export type Locate = () => Promise<URL>;

/** Sends a GET of a closed range, wherever the blob can be read now. */
export type AskRange = (range: ByteRange) => Promise<RangeAnswer>;

/** How blobs are read, and from which side. */
export type ReadOptions = Pick<Reading, "sleep"> & { readonly side?: Side };

/**
 * The bytes of a blob from an offset to its end, read with closed ranges. A read that breaks, or a
 * URL that has expired, is followed by another that begins where it broke.
 * Throws `Unavailable` after five attempts that brought no byte, `SourceNotFound` when the blob is
 * gone, and `DigestMismatch` when it is not as long as it should be.
 */
export function readRanges(
  blob: Blob,
  from: number,
  locate: Locate,
  side: Side = "source",
): AsyncGenerator<Uint8Array> {
  return readAnswers(blob, from, async (range) => requestRange(await locate(), range), { side });
}

/** As `readRanges`, by requests of the caller's own. */
export function readAnswers(
  blob: Blob,
  from: number,
  ask: AskRange,
  options: ReadOptions = {},
): AsyncGenerator<Uint8Array> {
  const { side = "source" } = options;
  const reading = { ...options, side, what: `layer ${blob.digest}`, from, end: blob.size };
  return readOn(reading, async (at) => {
    const range = byteRange(at, blob.size - at);
    return bodyOf(await ask(range), range, blob, side);
  });
}

/** The body, which is used only when it is the range that was asked for, of a blob of the right size. */
async function bodyOf(
  answer: RangeAnswer,
  range: ByteRange,
  blob: Blob,
  side: Side,
): Promise<AsyncIterable<Uint8Array>> {
  const sent = sentRange(answer);
  if (sent && sent.first === range.first && sent.last === range.last && sent.total === blob.size) {
    return answer.body;
  }
  // Leaving the loop closes the connection.
  for await (const _ of answer.body) break;
  if (answer.status === 416 || (sent && sent.total !== blob.size)) {
    throw failure(
      "DigestMismatch",
      side,
      `layer ${blob.digest} has ${blob.size} bytes by its manifest, and the ${side} has ${sent?.total ?? "fewer"}`,
    );
  }
  if (answer.status === 404) {
    throw failure("SourceNotFound", side, `layer ${blob.digest} is no longer in the ${side}`);
  }
  throw new Error(
    sent ? `bytes ${sent.first} to ${sent.last}, which were not asked for` : `HTTP status ${answer.status}`,
  );
}

/** A server that ignores the range sends the whole, which is the range when that is the whole. */
function sentRange({ status, headers }: RangeAnswer): ReturnType<typeof parseContentRange> {
  const length = Number(headers.get("content-length"));
  if (status === 206) {
    const sent = parseContentRange(headers.get("content-range"));
    return sent && sent.last - sent.first + 1 === length ? sent : undefined;
  }
  return status === 200 && length > 0 ? { ...byteRange(0, length), total: length } : undefined;
}

function failure(name: FailureName, side: Side, message: string): Failure {
  return new Failure(name, { side, operation: "ReadBlob" }, message);
}
