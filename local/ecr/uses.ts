import type { Descriptor } from "./manifest.ts";

/** How many times each digest is named, so that the question "by anything?" needs no walk over all images. */
export class Uses {
  readonly #counts = new Map<string, number>();

  has(digest: string): boolean {
    return this.#counts.has(digest);
  }

  add(named: readonly Descriptor[]): void {
    for (const { digest } of named) this.#counts.set(digest, (this.#counts.get(digest) ?? 0) + 1);
  }

  remove(named: readonly Descriptor[]): void {
    for (const { digest } of named) {
      const left = (this.#counts.get(digest) ?? 1) - 1;
      if (left === 0) this.#counts.delete(digest);
      else this.#counts.set(digest, left);
    }
  }
}
