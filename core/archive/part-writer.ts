/** Where something large is written in parts: nothing of it is there before it is complete. */
export interface Output {
  /** Takes the part of a number, from 1; several may be on their way. Its bytes must stay as they are meanwhile. */
  write(part: Uint8Array, number: number): Promise<void>;
  /** Makes what was written one, and seen. */
  complete(): Promise<void>;
  /** Leaves nothing of what was written. */
  abort(): Promise<void>;
}

/** How many parts are on their way at once, while another is filled. */
export const maxSending = 3;

/** Cuts what it is given into parts of one size, and a last one of what remains, and writes several at once. */
export class PartWriter {
  readonly #output: Output;
  readonly #partSize: number;
  /** Buffers that are used again. */
  readonly #free: Buffer[] = [];
  readonly #sending = new Set<Promise<void>>();
  #filling: Buffer | undefined;
  #filled = 0;
  #number = 0;
  #size = 0;
  #failure: { readonly error: unknown } | undefined;

  constructor(output: Output, partSize: number) {
    this.#output = output;
    this.#partSize = partSize;
  }

  /** The bytes that were given. */
  get size(): number {
    return this.#size;
  }

  /** Takes bytes in; waits while too many parts are on their way. Throws what writing any part threw. */
  async add(bytes: Uint8Array): Promise<void> {
    for (let taken = 0; taken < bytes.length; ) {
      if (this.#failure) throw this.#failure.error;
      this.#filling ??= this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#partSize);
      const count = Math.min(bytes.length - taken, this.#partSize - this.#filled);
      this.#filling.set(bytes.subarray(taken, taken + count), this.#filled);
      this.#filled += count;
      this.#size += count;
      taken += count;
      if (this.#filled === this.#partSize) await this.#send();
    }
  }

  /** Writes what remains, and waits for all parts. Throws what writing any of them threw. */
  async finish(): Promise<void> {
    if (this.#filled > 0) await this.#send();
    await this.settled();
    if (this.#failure) throw this.#failure.error;
  }

  /** Waits until no part is on its way, however that ends. */
  async settled(): Promise<void> {
    await Promise.all(this.#sending);
  }

  async #send(): Promise<void> {
    while (this.#sending.size === maxSending) await Promise.race(this.#sending);
    if (this.#failure || !this.#filling) return;
    const sent = this.#write(this.#filling, this.#filled, ++this.#number);
    this.#sending.add(sent);
    sent.then(() => this.#sending.delete(sent));
    this.#filling = undefined;
    this.#filled = 0;
  }

  async #write(buffer: Buffer, length: number, number: number): Promise<void> {
    try {
      await this.#output.write(buffer.subarray(0, length), number);
      this.#free.push(buffer);
    } catch (error) {
      this.#failure ??= { error };
    }
  }
}
