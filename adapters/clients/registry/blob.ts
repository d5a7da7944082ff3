import { Failure } from "../../../core/errors.ts";
import type { ByteRange } from "../../../core/model/byte-range.ts";
import type { Blob } from "../../../core/model/descriptor.ts";
import { quoted } from "../../../core/model/quoted.ts";
import { formatRegistryRepository } from "../../../core/model/registry-reference.ts";
import type { RangeAnswer } from "../range-request.ts";
import { readAnswers } from "../ranged-read.ts";
import { mediaTypeOf } from "./media-type.ts";
import type { Arrival } from "./redirects.ts";
import { refusal } from "./refusal.ts";
import type { Registry } from "./registry.ts";

const operation = "ReadBlob";
/** What is read again and thrown away, in bytes, where a registry knows no ranges: more would be most of the work. */
const maxSkipped = 8 * 1024 * 1024;

/**
 * The bytes of a blob from an offset to its end. A read that breaks goes on where it broke; where its bytes are is asked
 * for anew each time, since signed URLs expire. A server need not say that it accepts ranges, nor accept them where no
 * more than 8 MiB were read before. Throws what `readAnswers`, `follow` and `authorize` throw.
 */
export function readRegistryBlob(registry: Registry, blob: Blob, from: number): AsyncGenerator<Uint8Array> {
  const { sleep } = registry.network;
  return readAnswers(blob, from, (range) => open(registry, blob, range), { side: "source", sleep });
}

async function open(registry: Registry, blob: Blob, range: ByteRange): Promise<RangeAnswer> {
  const arrival = await registry.askRange(`blobs/${blob.digest}`, range, operation);
  const { answer, own } = arrival;
  const { status } = answer;
  // Another host's 401 or 403 may be that of a URL that has expired: it is read again, from a new one.
  const gone = status === 404 || status === 410;
  if (gone || (own && (status === 401 || status === 403))) {
    throw await refusal(arrival, { what: `layer ${blob.digest}`, operation }, registry);
  }
  if (status !== 200) return answer;
  if (Number(answer.headers.get("content-length")) !== blob.size) return noPage(arrival, blob);
  return range.first > 0 ? skipped(registry, blob, range, answer) : answer;
}

/** A page that says how busy or how closed a server is, is no blob of another size. */
async function noPage({ answer, host }: Arrival<RangeAnswer>, blob: Blob): Promise<RangeAnswer> {
  const mediaType = mediaTypeOf(answer);
  if (!mediaType.includes("html")) return answer;
  for await (const _ of answer.body) break;
  throw new Failure(
    "Unavailable",
    { side: "source", operation },
    `${host} answers with ${quoted(mediaType)} in place of layer ${blob.digest}`,
  );
}

/** The range, of an answer that is the whole. */
async function skipped(
  { repository }: Registry,
  blob: Blob,
  { first, last }: ByteRange,
  { body }: RangeAnswer,
): Promise<RangeAnswer> {
  if (first > maxSkipped) {
    for await (const _ of body) break;
    throw new Failure(
      "Unavailable",
      { side: "source", operation },
      `layer ${blob.digest} cannot be read on at byte ${first}: ${formatRegistryRepository(repository)} sends all of it again, since it knows no ranges`,
    );
  }
  const headers = new Map([
    ["content-range", `bytes ${first}-${last}/${blob.size}`],
    ["content-length", String(last - first + 1)],
  ]);
  return { status: 206, headers, body: without(body, first) };
}

async function* without(body: AsyncIterable<Uint8Array>, count: number): AsyncGenerator<Uint8Array> {
  let left = count;
  for await (const chunk of body) {
    if (chunk.length > left) yield chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
  }
}
