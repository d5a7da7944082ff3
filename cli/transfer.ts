import type { PendingBlob } from "../core/model/copy-task.ts";
import type { Blob } from "../core/model/descriptor.ts";

/** A layer on its way, and how many of its bytes the destination has. */
export interface Movement {
  readonly blob: Blob;
  readonly at: number;
}

/** The least time that a rate is told after, in milliseconds: before, it says little. */
const leastElapsed = 500;

/** The least share that a time left is told after: small layers end first, and say nothing of large ones. */
const leastShare = 0.05;

/** What has been copied of all the layers of an image, how fast, and what is left. */
export class Transfer {
  readonly #now: () => number;
  readonly #movements = new Map<string, Movement>();
  #begun: number | undefined;
  /** The bytes that were there when the layers were planned: they cost no time. */
  #before = 0;

  /** `now` is a clock in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Takes up a round of layers; those of earlier rounds stay counted. */
  add(blobs: readonly PendingBlob[]): void {
    this.#begun ??= this.#now();
    for (const blob of blobs) {
      if (!this.#movements.has(blob.digest)) this.#before += blob.from;
      this.#movements.set(blob.digest, { blob, at: blob.from });
    }
  }

  copied(blob: Blob, at: number): void {
    this.#movements.set(blob.digest, { blob, at });
  }

  /** The layers that are not there yet, those that move before those that wait. */
  get unfinished(): Movement[] {
    const open = this.#all.filter(({ blob, at }) => at < blob.size);
    return open.toSorted((a, b) => Number(b.at > 0) - Number(a.at > 0));
  }

  get layers(): number {
    return this.#movements.size;
  }

  /** In bytes. */
  get size(): number {
    return this.#all.reduce((sum, { blob }) => sum + blob.size, 0);
  }

  /** In bytes. */
  get done(): number {
    return this.#all.reduce((sum, { at }) => sum + at, 0);
  }

  /** Bytes per second since the first round, or undefined while there is nothing to tell. */
  get rate(): number | undefined {
    const elapsed = this.#now() - (this.#begun ?? this.#now());
    const moved = this.done - this.#before;
    return elapsed < leastElapsed || moved <= 0 ? undefined : (moved * 1_000) / elapsed;
  }

  /** In seconds at this rate, or undefined while there is nothing to tell. */
  get left(): number | undefined {
    const { rate, size, done } = this;
    return rate && done >= leastShare * size ? (size - done) / rate : undefined;
  }

  get #all(): Movement[] {
    return [...this.#movements.values()];
  }
}

/** The first digits of a blob's digest: enough to tell layers apart. */
export function shortDigest({ digest }: Blob): string {
  return digest.slice("sha256:".length, "sha256:".length + 12);
}
