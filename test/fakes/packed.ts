import type { PackedArchive } from "../../core/archive/archive-source.ts";
import type { Output } from "../../core/archive/part-writer.ts";
import type { Place } from "../../core/archive/random-access.ts";
import { digestOf } from "../../core/model/digest.ts";

/** Bytes in chunks of a size, of which each is overwritten before the next. */
export async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(size);
  for (let at = 0; at < bytes.length; at += size) {
    const chunk = bytes.subarray(at, at + size);
    buffer.set(chunk);
    yield buffer.subarray(0, chunk.length);
  }
}

/** All that comes; chunks are copied, since each is valid until the next is asked for. */
export async function collected(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const copies: Uint8Array[] = [];
  for await (const chunk of chunks) copies.push(Uint8Array.from(chunk));
  return Buffer.concat(copies);
}

/** A compressed archive that counts what is read of it. */
export class MemoryPacked implements PackedArchive {
  readonly etag = '"of the test"';
  readonly format: "gzip" | "zstd";
  readonly size: number;
  /** Bytes that were asked for. */
  read = 0;
  /** Streams that were begun and not let go of. */
  open = 0;
  readonly #chunks: () => AsyncIterable<Uint8Array>;

  constructor(
    format: "gzip" | "zstd",
    content: Uint8Array | { size: number; chunks(): AsyncIterable<Uint8Array> },
  ) {
    this.format = format;
    this.size = content instanceof Uint8Array ? content.length : content.size;
    this.#chunks = content instanceof Uint8Array ? () => chunksOf(content, 64 * 1024) : content.chunks;
  }

  async *stream({ offset, size }: Place): AsyncGenerator<Uint8Array> {
    if (offset !== 0 || size !== this.size) throw new RangeError("a packed archive is read as a whole");
    this.open++;
    try {
      for await (const chunk of this.#chunks()) {
        this.read += chunk.length;
        yield chunk;
      }
    } finally {
      this.open--;
    }
  }
}

/** What is written in parts, of which it keeps sizes and the digest of the whole. */
export class MemoryOutput implements Output {
  state: "empty" | "begun" | "complete" | "aborted" = "empty";
  /** The most parts that were on their way at once. */
  peak = 0;
  readonly sizes: number[] = [];
  readonly #parts: Uint8Array[] = [];
  #sending = 0;
  readonly #keep: boolean;

  /** Without keeping the bytes, sizes are all that is known. */
  constructor({ keep = true } = {}) {
    this.#keep = keep;
  }

  async write(part: Uint8Array, number: number): Promise<void> {
    this.#open("write a part");
    if (number !== this.sizes.length + 1) throw new Error(`part ${number} follows ${this.sizes.length}`);
    this.sizes.push(part.length);
    this.peak = Math.max(this.peak, ++this.#sending);
    // Taken some time later, as by a network: until then the bytes must stay.
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#keep) this.#parts[number - 1] = Uint8Array.from(part);
    this.#sending--;
  }

  async complete(): Promise<void> {
    this.#open("complete");
    if (this.sizes.length === 0) throw new Error("cannot complete what has no part");
    if (this.#sending > 0) throw new Error(`${this.#sending} parts are on their way`);
    this.state = "complete";
  }

  async abort(): Promise<void> {
    if (this.#sending > 0) throw new Error(`${this.#sending} parts are on their way`);
    this.state = "aborted";
  }

  get digest(): string {
    return digestOf(Buffer.concat(this.#parts));
  }

  #open(what: string): void {
    if (this.state === "complete" || this.state === "aborted")
      throw new Error(`cannot ${what}: it is ${this.state}`);
    this.state = "begun";
  }
}
