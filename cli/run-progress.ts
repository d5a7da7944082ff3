import type { Listing } from "../core/model/listing.ts";
import type { ImageOutcome } from "../core/model/totals.ts";
import type { RunWatch } from "../core/replicate-rule.ts";
import { bytes, count, duration, grouped } from "./amount.ts";
import type { Live } from "./live.ts";

/** How often the line is drawn anew, in milliseconds. */
const interval = 500;

/** Before, rate and time left say little, in milliseconds. */
const leastElapsed = 2_000;

/** Shows how far the run of a rule in this process is: each failure in a line of its own, and one line for all. */
export class RunProgress implements RunWatch {
  readonly #live: Live;
  readonly #now: () => number;
  readonly #timer: NodeJS.Timeout;
  readonly #verb: string;
  #found = 0;
  #ended = 0;
  #failed = 0;
  #bytes = 0;
  #begun: number | undefined;
  #compared = false;
  #doing = "comparing source and destination";

  /** `now` is a clock in milliseconds. */
  constructor(live: Live, now: () => number, mode: "plan" | "apply" = "apply") {
    this.#live = live;
    this.#now = now;
    this.#verb = mode === "plan" ? "planned" : "ended";
    this.#timer = setInterval(() => this.show(), interval).unref();
    this.show();
  }

  found(): void {
    this.#begun ??= this.#now();
    this.#found += 1;
  }

  listed({ repositories, selected, differing }: Listing): void {
    this.#compared = true;
    const where = repositories === 1 ? "1 repository" : `${grouped(repositories)} repositories`;
    this.show();
    this.#live.note(`compared ${where}: ${grouped(differing)} of ${count(selected, "image")} to copy`);
  }

  took(amount: number): void {
    this.#bytes += amount;
  }

  ended(outcome: ImageOutcome): void {
    this.#ended += 1;
    if ("error" in outcome) {
      this.#failed += 1;
      this.#live.note(`failed: ${outcome.source}: ${outcome.error}: ${outcome.message}`);
    }
    this.show();
  }

  pruning(tags: number): void {
    if (this.#found > 0) this.#live.note(this.#sum());
    this.#found = 0;
    // Whether they may be deleted has yet to be seen.
    this.#doing = `pruning: ${count(tags, "tag")} to delete`;
    this.show();
  }

  /** Shows how far it is now. */
  show(): void {
    const line = this.#found > 0 ? this.#sum() : this.#doing;
    this.#live.show({ block: [line], line });
  }

  end(): void {
    clearInterval(this.#timer);
    this.#live.end();
  }

  #sum(): string {
    const elapsed = this.#now() - (this.#begun ?? this.#now());
    const left = (elapsed / this.#ended) * (this.#found - this.#ended);
    const isTelling = elapsed >= leastElapsed;
    return [
      `${grouped(this.#ended)} of ${this.#compared ? "" : "at least "}${count(this.#found, "image")} ${this.#verb}`,
      ...(this.#failed > 0 ? [`of which ${grouped(this.#failed)} failed`] : []),
      ...(this.#bytes > 0 ? [bytes(this.#bytes)] : []),
      ...(this.#bytes > 0 && isTelling ? [`${bytes((this.#bytes * 1_000) / elapsed)}/s`] : []),
      ...(this.#compared && isTelling && this.#ended > 0 && left > 0
        ? [`about ${duration(left / 1_000)} left`]
        : []),
    ].join(", ");
  }
}
