import { type IncomingMessage, request as requestHttp } from "node:http";
import { Agent, request as requestHttps } from "node:https";
import { setTimeout as delay } from "node:timers/promises";
import { Failure, type FailureName } from "../../core/errors.ts";
import { byteRange, parseContentRange, rangeHeader } from "../../core/model/byte-range.ts";
import type { Blob } from "../../core/model/descriptor.ts";

/** How often a read may break at one offset before it is given up. */
const attempts = 5;

/** How long a connection may bring nothing, in milliseconds. */
const idle = 60_000;

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/** Where the bytes of a blob can be read now: asked for again at every attempt, since a signed URL expires. */
export type Locate = () => Promise<URL>;

/**
 * The bytes of a blob from an offset to its end, read with closed ranges. A read that breaks, or a
 * URL that has expired, is followed by another that begins where it broke.
 * Throws `Unavailable` after five attempts that brought no byte, `SourceNotFound` when the blob is
 * gone, and `DigestMismatch` when it is not as long as it should be.
 */
export async function* readRanges(blob: Blob, from: number, locate: Locate): AsyncGenerator<Uint8Array> {
  let at = from;
  let broken = 0;
  while (at < blob.size) {
    const url = await locate();
    const before = at;
    try {
      for await (const chunk of await open(url, blob, at)) {
        at += chunk.length;
        broken = 0;
        yield chunk;
      }
      if (at === before) throw new Error("the answer was empty");
    } catch (error) {
      if (error instanceof Failure && error.name !== "Unavailable") throw error;
      if (++broken >= attempts) throw unavailable(blob, at, error);
      await delay(2 ** broken * 50 * (1 + Math.random()));
    }
  }
}

/** One GET; its answer is used only when it is the range that was asked for, of a blob of the right size. */
async function open(url: URL, blob: Blob, at: number): Promise<IncomingMessage> {
  const range = byteRange(at, blob.size - at);
  const response = await get(url, rangeHeader(range));
  const sent = contentRange(response);
  if (sent && sent.first === range.first && sent.last === range.last && sent.total === blob.size)
    return response;
  response.destroy();
  if (sent || response.statusCode === 416) {
    throw failure(
      "DigestMismatch",
      `layer ${blob.digest} has ${blob.size} bytes by its manifest, and the source has ${sent?.total ?? "fewer"}`,
    );
  }
  if (response.statusCode === 404) {
    throw failure("SourceNotFound", `layer ${blob.digest} is no longer in the source`);
  }
  throw new Error(`HTTP status ${response.statusCode}`);
}

/** A server that ignores the range sends the whole, which is the range when that is the whole. */
function contentRange({ statusCode, headers }: IncomingMessage): ReturnType<typeof parseContentRange> {
  if (statusCode === 206) return parseContentRange(headers["content-range"]);
  const length = Number(headers["content-length"]);
  if (statusCode !== 200 || !Number.isSafeInteger(length) || length < 1) return undefined;
  return { ...byteRange(0, length), total: length };
}

function get(url: URL, range: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const secure = url.protocol === "https:";
    const options = { headers: { range }, timeout: idle, ...(secure ? { agent } : {}) };
    const request = (secure ? requestHttps : requestHttp)(url, options, resolve);
    request.on("timeout", () => request.destroy(new Error(`no byte came for ${idle / 1000} s`)));
    request.on("error", reject);
    request.end();
  });
}

function unavailable(blob: Blob, at: number, error: unknown): Failure {
  return failure(
    "Unavailable",
    `layer ${blob.digest} cannot be read at byte ${at}: ${attempts} attempts brought nothing, the last ended with ${(error as Error).message}`,
    error,
  );
}

function failure(name: FailureName, message: string, cause?: unknown): Failure {
  return new Failure(name, { side: "source", operation: "ReadBlob", cause }, message);
}
