import type { RandomAccess } from "./random-access.ts";

/** Bytes that come once and in order, read as far forward as is asked; what lies between is let go. */
export class ForwardReader implements RandomAccess {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array();
  /** Where the chunk begins. */
  #at = 0;
  #size = Number.POSITIVE_INFINITY;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** In bytes; infinite until the end has been read. */
  get size(): number {
    return this.#size;
  }

  /** Reads the bytes of [offset, offset + length), or those up to the end. Throws RangeError for what has gone by. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    if (offset < this.#at) throw new RangeError(`byte ${offset} has gone by, at byte ${this.#at}`);
    const read: Uint8Array[] = [];
    let next = offset;
    while (next < offset + length && (await this.#advanceTo(next))) {
      const from = next - this.#at;
      // A chunk is valid until the next is asked for.
      const piece = Uint8Array.from(this.#chunk.subarray(from, from + offset + length - next));
      read.push(piece);
      next += piece.length;
    }
    return Buffer.concat(read);
  }

  /** Reads on to the end, for the sake of those that the bytes come from; false when that is more than so many bytes away. */
  async drain(most: number): Promise<boolean> {
    return !(await this.#advanceTo(this.#at + this.#chunk.length + most));
  }

  /** Lets go of what the bytes come from. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  /** Whether there is a chunk that has the byte at this offset. */
  async #advanceTo(offset: number): Promise<boolean> {
    while (this.#at + this.#chunk.length <= offset) {
      const { done, value } = await this.#chunks.next();
      this.#at += this.#chunk.length;
      this.#chunk = value ?? new Uint8Array();
      if (!done) continue;
      this.#size = this.#at;
      return false;
    }
    return true;
  }
}
