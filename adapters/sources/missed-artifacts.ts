/** The most reasons that are told: they travel in a state of 256 KiB. */
const mostReasons = 5;

/** Why artifacts that refer to an image may have been missed, each reason once. */
export class MissedArtifacts {
  readonly #reasons = new Set<string>();

  add(reason: string): void {
    if (this.#reasons.size < mostReasons) this.#reasons.add(reason);
  }

  warnings(): string[] {
    return [...this.#reasons].map((reason) => `signatures and the like may be missing: ${reason}`);
  }
}
