import type { Archive } from "../../core/archive/archive-source.ts";
import type { Place } from "../../core/archive/random-access.ts";

/** Bytes at an offset of an archive that is zeros everywhere else. */
export interface Segment {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** The most bytes that one read may ask for: those of all manifests under one tag. */
const largestRead = 32 * 1024 * 1024;

/** The bytes that a stream gives at a time. */
const streamed = 64 * 1024;

/** An archive in memory, or one of any size of which only some segments are, that refuses to be read without end. */
export class WatchedArchive implements Archive {
  readonly pin = { etag: '"of the fuzzing"' };
  readonly size: number;
  reads = 0;
  bytesRead = 0;
  /** No more reads and bytes than these are given; a reader that wants more fails with a plain error. */
  allowed: { reads: number; bytes: number } = { reads: 0, bytes: 0 };
  readonly #segments: readonly Segment[];

  /** Segments neither overlap nor reach beyond the size. */
  constructor(size: number, segments: readonly Segment[]) {
    this.size = size;
    this.#segments = segments;
  }

  /** The same bytes cut off at a size, or followed by zeros up to it. */
  ofSize(size: number): WatchedArchive {
    return new WatchedArchive(size, this.#segments);
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const what = `read ${this.reads + 1}, of ${length} bytes at ${offset} of ${this.size}`;
    if (!Number.isSafeInteger(offset) || offset < 0 || offset >= this.size)
      throw new Error(`${what}: begins outside`);
    if (!Number.isSafeInteger(length) || length < 1) throw new Error(`${what}: of no length`);
    if (length > largestRead) throw new Error(`${what}: more than memory should hold`);
    this.reads++;
    this.bytesRead += length;
    if (this.reads > this.allowed.reads) throw new Error(`${what}: more than ${this.allowed.reads} reads`);
    if (this.bytesRead > this.allowed.bytes)
      throw new Error(`${what}: more than ${this.allowed.bytes} bytes`);
    return this.bytes(offset, Math.min(length, this.size - offset));
  }

  async *stream({ offset, size }: Place): AsyncGenerator<Uint8Array> {
    for (let at = offset; at < offset + size; at += streamed) {
      yield await this.read(at, Math.min(streamed, offset + size - at));
    }
  }

  /** Lets an image cost what the limits on manifests and layers allow. */
  within<T>(read: () => Promise<T>): Promise<T> {
    this.allowed = {
      reads: this.reads + 2_100,
      bytes: this.bytesRead + Math.min(64 * 1024 * 1024, 8 * this.size + 65_536),
    };
    return read();
  }

  /** The same bytes, not counted. */
  bytes(from: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (const segment of this.#segments) {
      const [first, end] = [
        Math.max(from, segment.offset),
        Math.min(from + length, segment.offset + segment.bytes.length),
      ];
      if (first < end)
        bytes.set(segment.bytes.subarray(first - segment.offset, end - segment.offset), first - from);
    }
    return bytes;
  }
}

/** An archive of these bytes. */
export function archiveOf(bytes: Uint8Array): WatchedArchive {
  return new WatchedArchive(bytes.length, [{ offset: 0, bytes }]);
}
