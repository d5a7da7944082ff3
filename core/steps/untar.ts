import type { PackedArchive } from "../archive/archive-source.ts";
import { ForwardReader } from "../archive/forward-reader.ts";
import { inflate } from "../archive/inflate.ts";
import { type Output, PartWriter } from "../archive/part-writer.ts";
import { walkTar } from "../archive/tar-entries.ts";
import { unreadable } from "../archive/unreadable.ts";
import { parts } from "../model/byte-range.ts";
import { quoted } from "../model/quoted.ts";
import { pauseMargin } from "./watch.ts";

/** What inflating looks at, and tells. */
export interface UntarWatch {
  /** The milliseconds left until the worker is stopped; infinite where nobody stops it. */
  readonly timeLeft: () => number;
  /** Told how many bytes of the archive, as it is, have been read. */
  readonly read?: (bytes: number) => void;
}

/** What was inflated: the version of the archive, and its size before and after in bytes. */
export interface Untarred {
  readonly etag: string;
  readonly size: number;
  readonly inflated: number;
}

/** In bytes; an upload to Amazon S3 has at most 10,000 parts (Amazon S3 User Guide, "multipart upload limits"). */
export const partSize = 16 * 1024 * 1024;

/** The most bytes that an archive can inflate to. */
export const maxInflatedSize = 10_000 * partSize;

/** The most bytes after the end of a tar, where writers fill up a block: what makes up gigabytes of them is no archive. */
const maxPadding = 64 * 1024 * 1024;

/** What is inflated at a time, in bytes: little at a time takes longer. */
const readSize = 256 * 1024;

/** After so many milliseconds it can be told how long the rest will take, roughly. */
const trial = 20_000;

/** How much longer than there is time it may seem to take: the beginning of an archive is not like the rest. */
const leniency = 1.5;

/**
 * Inflates an archive into an output, from its beginning to its end. What comes is walked through as a tar, by the same
 * rules by which it will be read, so that what is none, is damaged or too large is found early. Throws `UnsupportedImage`
 * for that, and for an archive that would take longer than there is time; nothing is left in the output then.
 */
export async function untar(
  archive: PackedArchive,
  output: Output,
  watch: UntarWatch,
  limit = maxInflatedSize,
): Promise<Untarred> {
  const { etag, format, size } = archive;
  const writer = new PartWriter(output, partSize);
  const inflated = inflate(format, parts(inTime(archive, watch), readSize, size));
  const bytes = new ForwardReader(copied(inflated, writer, limit));
  try {
    await walk(bytes, `what the ${format} archive holds`, limit);
    await writer.finish();
    await output.complete();
    return { etag, size, inflated: writer.size };
  } catch (error) {
    await writer.settled();
    // What is left of it then expires; what went wrong first is what has to be known.
    await output.abort().catch(() => {});
    throw error;
  } finally {
    await bytes.close();
  }
}

async function walk(bytes: ForwardReader, what: string, limit: number): Promise<void> {
  for await (const { name, place } of walkTar(bytes, what)) {
    if (place.offset + place.size <= limit) continue;
    throw unreadable(
      `the archive is too large: with entry ${quoted(name)}, of ${place.size} bytes, it inflates to more than ${limit} bytes`,
    );
  }
  if (await bytes.drain(maxPadding)) return;
  throw unreadable(`${what} goes on for more than ${maxPadding} bytes after the end of the archive`);
}

async function* copied(
  chunks: AsyncIterable<Uint8Array>,
  writer: PartWriter,
  limit: number,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    if (writer.size + chunk.length > limit) {
      throw unreadable(`the archive is too large: it inflates to more than ${limit} bytes`);
    }
    await writer.add(chunk);
    yield chunk;
  }
}

/** The bytes of an archive, as long as it seems that there is time for all of them. */
async function* inTime(archive: PackedArchive, watch: UntarWatch): AsyncGenerator<Uint8Array> {
  const { size } = archive;
  const given = watch.timeLeft();
  let read = 0;
  for await (const chunk of archive.stream({ offset: 0, size })) {
    yield chunk;
    read += chunk.length;
    watch.read?.(read);
    const left = watch.timeLeft();
    const taken = given - left;
    const time = given - pauseMargin;
    const hopeless = taken > trial && (taken / read) * size > time * leniency;
    if (read < size && (left < pauseMargin || hopeless)) throw tooSlow({ read, size, taken, time });
  }
}

/** Bytes and milliseconds: what was read in what time, of what, and in what time it should be. */
interface Pace {
  readonly read: number;
  readonly size: number;
  readonly taken: number;
  readonly time: number;
}

function tooSlow({ read, size, taken, time }: Pace): Error {
  const mebibytes = (bytes: number) => Math.floor(bytes / 1024 ** 2);
  const possible = (Math.max(time, 0) * read) / Math.max(taken, 1);
  return unreadable(
    `the archive is too large to be inflated in the time of one function: ${mebibytes(read)} of its ${mebibytes(size)} MiB took ${Math.round(taken / 1000)} s, and at that rate ${mebibytes(possible)} MiB could be; put it into the bucket without compression, or give the untar function more memory`,
  );
}
