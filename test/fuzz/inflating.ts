import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import fc from "fast-check";
import type { PackedArchive } from "../../core/archive/archive-source.ts";
import { inflate } from "../../core/archive/inflate.ts";
import type { Output } from "../../core/archive/part-writer.ts";
import { untar } from "../../core/steps/untar.ts";
import { type ByteChange, byteChange, withByteChanges } from "./byte-mutation.ts";
import { checkFailure } from "./failing.ts";
import { type HeaderChange, headerChange, withHeaderChanges } from "./header-mutation.ts";
import type { Property } from "./property.ts";
import { writtenArchives } from "./written-archives.ts";

interface Compressed {
  readonly format: PackedArchive["format"];
  readonly archive: number;
  readonly headers: HeaderChange[];
  /** Where the archive is cut into members or frames, in thousandths, and what lies between them. */
  readonly cuts: number[];
  readonly between: Uint8Array;
  readonly changes: ByteChange[];
  /** The bytes that are read at a time. */
  readonly chunk: number;
}

const none = <T>(): T[] => [];

const inputs: fc.Arbitrary<Compressed> = fc.record({
  format: fc.constantFrom("gzip", "zstd"),
  archive: fc.nat(writtenArchives.length - 1),
  headers: fc.oneof(
    { arbitrary: fc.constant(none<HeaderChange>()), weight: 3 },
    { arbitrary: fc.array(headerChange, { maxLength: 2 }), weight: 1 },
  ),
  cuts: fc.array(fc.nat(1_000), { maxLength: 3 }),
  between: fc.oneof(
    { arbitrary: fc.constant<Uint8Array>(new Uint8Array()), weight: 6 },
    {
      arbitrary: fc.constantFrom("502a4d1800000000", "5f2a4d180200000099aa", "00", "0000000000").map(hex),
      weight: 2,
    },
    { arbitrary: fc.uint8Array({ maxLength: 20 }), weight: 1 },
  ),
  changes: fc.array(byteChange, { maxLength: 2 }),
  chunk: fc.oneof(
    { arbitrary: fc.integer({ min: 1, max: 20 }), weight: 1 },
    { arbitrary: fc.constantFrom(100, 512, 65_536), weight: 4 },
  ),
});

function hex(digits: string): Uint8Array {
  return Buffer.from(digits, "hex");
}

const written = writtenArchives.map((archive) => archive.write(JSON.stringify));

/** The most that is inflated: no change makes an archive of some kilobytes this large, but as a bomb. */
const limit = 2 * 1024 * 1024;

/** The milliseconds after which inflating is said to hang, on a machine of any speed. */
const patience = 200_000;

/** A compressed archive is inflated whole into an output, or nothing is left there. */
export const inflating: Property<Compressed> = {
  name: "compressed archives with changes",
  share: 5,
  inputs,
  bytes: (input) => packed(input).bytes,
  async check(input) {
    const { raw, bytes, isWhole } = packed(input);
    const alone = await inTime(inflateAlone(input, bytes));
    const output = new MemoryOutput();
    const outcome = await inTime(untarred(input.format, bytes, output));
    output.check(outcome === "inflated");
    if (outcome !== "inflated") {
      if (isWhole && input.headers.length === 0) throw new Error(`refused what is right: ${outcome}`);
      return outcome;
    }
    if (!alone) throw new Error("was inflated, and not in chunks of other sizes");
    if (!output.bytes().equals(alone))
      throw new Error("was inflated to other bytes in chunks of other sizes");
    const another = input.format === "gzip" ? gunzipSync : zstdDecompressSync;
    compare(alone, isWhole ? raw : another(bytes), isWhole);
    return outcome;
  },
};

function packed({ format, archive, headers, cuts, between, changes }: Compressed) {
  const raw = withHeaderChanges(written[archive] ?? new Uint8Array(), headers);
  const ends = [...cuts.map((cut) => Math.floor((cut * raw.length) / 1_000)), raw.length].sort(
    (a, b) => a - b,
  );
  const frames = ends.map((end, at) => raw.subarray(ends[at - 1] ?? 0, end));
  const compress = format === "gzip" ? gzipSync : zstdCompressSync;
  const bytes = Buffer.concat(
    frames.flatMap((frame, at) => [at > 0 ? between : new Uint8Array(), compress(frame)]),
  );
  const isWhole = changes.length === 0 && between.length === 0;
  return { raw, bytes: withByteChanges(bytes, changes), isWhole };
}

async function untarred(format: Compressed["format"], bytes: Uint8Array, output: Output): Promise<string> {
  const stream = () => chunksOf(bytes, 65_536);
  try {
    const watch = { timeLeft: () => Number.POSITIVE_INFINITY };
    await untar({ etag: '"1"', format, size: bytes.length, stream }, output, watch, limit);
    return "inflated";
  } catch (error) {
    return checkFailure(error).name;
  }
}

/** What becomes of the bytes in chunks of the input's own size; undefined when they are refused. */
async function inflateAlone({ format, chunk }: Compressed, bytes: Uint8Array): Promise<Buffer | undefined> {
  const made: Uint8Array[] = [];
  try {
    for await (const piece of inflate(format, chunksOf(bytes, chunk))) made.push(Uint8Array.from(piece));
    return Buffer.concat(made);
  } catch (error) {
    checkFailure(error);
    return undefined;
  }
}

/** Chunks in one buffer: each is valid until the next is asked for. */
async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.alloc(size);
  for (let at = 0; at < bytes.length; at += size) {
    const chunk = bytes.subarray(at, at + size);
    buffer.set(chunk);
    yield buffer.subarray(0, chunk.length);
    buffer.fill(0xff);
  }
}

/** What is right is equal to the last byte. Of what was changed another may inflate only the first part. */
function compare(found: Uint8Array, expected: Uint8Array, isWhole: boolean): void {
  if (!isWhole && found.length !== expected.length) return;
  if (!Buffer.from(found).equals(expected))
    throw new Error(`${found.length} bytes were inflated, and other ones than compressed`);
}

async function inTime<T>(done: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`hangs for ${patience} ms`)), patience);
  });
  return Promise.race([done, late]).finally(() => clearTimeout(timer));
}

/** Holds what is written, and counts how that ended. */
class MemoryOutput implements Output {
  completed = 0;
  aborted = 0;
  pending = 0;
  readonly #parts: Uint8Array[] = [];

  async write(part: Uint8Array, number: number): Promise<void> {
    if (this.completed + this.aborted > 0) throw new Error("a part came after the end");
    this.pending++;
    await new Promise(setImmediate);
    this.#parts[number - 1] = Uint8Array.from(part);
    this.pending--;
  }

  async complete(): Promise<void> {
    this.completed++;
  }

  async abort(): Promise<void> {
    this.aborted++;
  }

  /** Throws when it was not ended as it should be, once. */
  check(inflated: boolean): void {
    const { completed, aborted } = this;
    const asItShould = inflated ? completed === 1 && aborted === 0 : completed === 0 && aborted === 1;
    if (asItShould && this.pending === 0) return;
    throw new Error(
      `${inflated ? "inflated" : "failed"}, and completed ${completed} and aborted ${aborted} times`,
    );
  }

  bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }
}
