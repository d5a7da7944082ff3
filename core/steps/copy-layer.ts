/*
 * What exists at the destination while a layer is copied, and who knows of it:
 *
 *   before    plan has opened an upload. Its id is in the state machine's state, so it outlives
 *             any worker. The destination has no byte of it.
 *   during    the destination has the first n bytes. Only it knows n: an answer may have been lost,
 *             a worker killed, a step repeated by the state machine with the input it had before.
 *   paused    as before, and the state holds an offset that was right when the worker stopped.
 *   closed    the upload's id is gone, and the layer is there under its digest, not yet part of an image.
 *   lost      the upload's id is gone, and the layer is not there: it had expired.
 *
 * So nothing here counts what was sent. The destination is asked where it stands, except for a blob of
 * one part, which is no dearer than the question. A part is offered at that offset; the destination
 * answers with the offset that it expects next; when that is not the end of the part, reading begins
 * again there. Every interruption is this one case, and costs the part that was on its way, at most.
 */
import { Failure } from "../errors.ts";
import { parts } from "../model/byte-range.ts";
import type { CopyResult, CopyTask, PendingBlob, UnreadableBlob } from "../model/copy-task.ts";
import type { MadeLayer } from "../model/making.ts";
import { briefly } from "../model/referrer.ts";
import type { Destination, Source } from "../ports.ts";
import { makeLayer } from "./make-layer.ts";
import { pauseMargin, type Watch } from "./watch.ts";

/** How often the destination may fall back behind where reading began, for one blob, before it is called a fault. */
const maxRewinds = 3;

/**
 * Copies the blobs of a task that are still missing, one after the other, and stops between two
 * parts when time runs out. At least one part is written, so that every call gets further.
 * Throws what the sides throw; a repeated call with the same task continues where the destination stands.
 */
export async function copyLayers(
  task: CopyTask,
  source: Source,
  destination: Destination,
  watch: Watch,
): Promise<CopyResult> {
  const paused: PendingBlob[] = [];
  const made: MadeLayer[] = [];
  const unreadable: UnreadableBlob[] = [];
  let worked = false;
  for (const blob of await stillMissing(task, destination)) {
    const late = worked && watch.timeLeft() < pauseMargin;
    const left = late ? blob : await copyIfReadable(blob, source, destination, watch);
    if (left && "reason" in left) unreadable.push(left);
    else if (left && "diffId" in left) made.push(left);
    else if (left) paused.push(left);
    worked = true;
  }
  return { paused, ...(made.length > 0 && { made }), ...(unreadable.length > 0 && { unreadable }) };
}

/** Copies one blob; of an optional one that is not as it should be at the source, only the reason is told. */
async function copyIfReadable(
  blob: PendingBlob,
  source: Source,
  destination: Destination,
  watch: Watch,
): Promise<PendingBlob | MadeLayer | UnreadableBlob | undefined> {
  try {
    return await copyOrReopen(blob, source, destination, watch);
  } catch (error) {
    const gone =
      error instanceof Failure && (error.name === "SourceNotFound" || error.name === "DigestMismatch");
    if (!blob.optional || !gone) throw error;
    return { digest: blob.digest, reason: briefly(error.message) };
  }
}

/** A blob that has yet to be made is missing under a digest that nobody knows. */
async function stillMissing({ blobs }: CopyTask, destination: Destination): Promise<PendingBlob[]> {
  const known = blobs.filter(({ make }) => !make);
  const missing = known.length > 0 ? await destination.missingBlobs(known) : [];
  return blobs.filter((blob) => blob.make || missing.includes(blob));
}

/**
 * Copies one blob. When its upload is lost, a new one is opened and the blob left for the next round:
 * an upload that only this worker knew of would be lost with it.
 */
async function copyOrReopen(
  blob: PendingBlob,
  source: Source,
  destination: Destination,
  watch: Watch,
): Promise<PendingBlob | MadeLayer | undefined> {
  const { make } = blob;
  try {
    if (make) return await makeLayer({ ...blob, make }, source, destination, watch);
    return await copyBlob(blob, source, destination, watch);
  } catch (error) {
    if (!(error instanceof Failure) || error.name !== "UploadLost") throw error;
    // Another worker may have closed it; then the layer is there.
    if (!make && (await destination.missingBlobs([blob])).length === 0) return undefined;
    const upload = await destination.openUpload();
    return { ...blob, upload, from: 0, make: make && { compression: make.compression, output: 0 } };
  }
}

/** Writes a blob from its offset to its end and closes the upload, or returns it with the offset it stopped at. */
async function copyBlob(
  blob: PendingBlob,
  source: Source,
  destination: Destination,
  watch: Watch,
): Promise<PendingBlob | undefined> {
  let from = blob.size > blob.upload.partSize ? await destination.expected(blob.upload, blob) : 0;
  let rewinds = 0;
  while (from < blob.size) {
    const stop = await stream({ ...blob, from }, source, destination, watch);
    if (stop.paused) return { ...blob, from: stop.at };
    if (stop.at === stop.offered || (stop.at <= from && ++rewinds > maxRewinds)) throw refused(blob, stop.at);
    from = stop.at;
  }
  await destination.closeUpload(blob.upload, blob);
  return undefined;
}

interface Stop {
  /** The offset that the destination expects next. */
  readonly at: number;
  /** The offset of the last part that was offered. */
  readonly offered: number;
  readonly paused?: boolean;
}

/** Offers part after part, reading one while the one before is sent, until the end, a pause, or an answer that is not the next offset. */
async function stream(
  blob: PendingBlob,
  source: Source,
  destination: Destination,
  watch: Watch,
): Promise<Stop> {
  let offered = blob.from;
  let next = blob.from;
  let sending = Promise.resolve(blob.from);
  try {
    const chunks = exactly(blob, source.readBlob(blob, blob.from));
    for await (const part of parts(chunks, blob.upload.partSize, blob.size - blob.from)) {
      const at = await sending;
      if (at !== next) return { at, offered };
      if (at > blob.from && watch.timeLeft() < pauseMargin) return { at, offered, paused: true };
      sending = write(part, next);
      // Awaited in the next turn; until then a failed read must not leave it unhandled.
      sending.catch(() => {});
      offered = next;
      next += part.length;
    }
    return { at: await sending, offered };
  } finally {
    // The part's buffer must not be let go of while it is being sent.
    await Promise.allSettled([sending]);
  }

  async function write(part: Uint8Array, from: number): Promise<number> {
    const at = await destination.writePart(blob.upload, from, part);
    watch.took?.(blob, at);
    return at;
  }
}

/** Passes on the bytes of a blob, which must be as many as its descriptor says. */
async function* exactly(blob: PendingBlob, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let at = blob.from;
  for await (const chunk of chunks) {
    at += chunk.length;
    if (at > blob.size) throw mismatch(blob, "more");
    yield chunk;
  }
  if (at < blob.size) throw mismatch(blob, `only ${at}`);
}

function mismatch({ digest, size }: PendingBlob, sent: string): Failure {
  return new Failure(
    "DigestMismatch",
    { side: "source", operation: "ReadBlob" },
    `layer ${digest} has ${size} bytes by its manifest, and the source sent ${sent}`,
  );
}

function refused({ digest, upload }: PendingBlob, at: number): Failure {
  return new Failure(
    "Unavailable",
    { side: "destination", operation: "UploadLayerPart" },
    `the destination asks for byte ${at} of layer ${digest} in upload ${upload.id}, and does not take it`,
  );
}
