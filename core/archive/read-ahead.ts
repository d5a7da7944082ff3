import { type RandomAccess, readPlace } from "./random-access.ts";

/** What is read of a header's surroundings: room for a long name before it, and for a few small entries after it. */
const smallestWindow = 4 * 1024;

/** Reached where small entries follow each other closely, so that a hundred thousand of them need only hundreds of reads. */
const largestWindow = 256 * 1024;

/** Forward reading through a window: what lies close together is read at once, and what lies between is left out. */
export class ReadAhead implements RandomAccess {
  readonly #archive: RandomAccess;
  #offset = 0;
  #window: Uint8Array = new Uint8Array();

  constructor(archive: RandomAccess) {
    this.#archive = archive;
  }

  get size(): number {
    return this.#archive.size;
  }

  /** The bytes of [offset, offset + length), or those up to the archive's end. Valid until the next read. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    const wanted = Math.min(length, this.#archive.size - offset);
    if (offset < this.#offset || offset + wanted > this.#offset + this.#window.length) {
      const size = Math.min(Math.max(wanted, this.#nextWindow(offset)), this.#archive.size - offset);
      this.#window = await readPlace(this.#archive, { offset, size });
      this.#offset = offset;
    }
    const from = offset - this.#offset;
    return this.#window.subarray(from, from + wanted);
  }

  /** Twice the last where reading goes on close to its end, and the smallest again after a jump. */
  #nextWindow(offset: number): number {
    const end = this.#offset + this.#window.length;
    const goesOn = this.#window.length > 0 && offset < end + smallestWindow;
    return goesOn ? Math.min(this.#window.length * 2, largestWindow) : smallestWindow;
  }
}
