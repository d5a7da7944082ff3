import type { FailedRepository, Listing } from "../core/model/listing.ts";
import type { Execution } from "./execution.ts";
import { newsOf } from "./execution-history.ts";

/** What a plan does where others copy. */
const planning = "planning images";

/** The states of ReplicateImages that take time, and what happens in them. */
const doings: Readonly<Record<string, string>> = {
  ListImages: "comparing source and destination",
  CopyImages: "copying images",
  TallyImages: "adding up",
  PruneImages: "pruning",
  FinishImages: "reporting",
};

/** How many images a run has found so far. */
export type Found = Pick<Listing, "selected" | "inSync" | "differing" | "deletions">;

/** What the history of a rule's run says of it, read on from where it last stopped. */
export class RunHistory {
  readonly #execution: Pick<Execution, "events">;
  #seen = 0;
  /** The state that was entered last, of those that take time. */
  #state = "";
  /** What the comparisons of repositories have found; undefined before the first has ended. */
  found: Found | undefined;
  /** The first repositories of each comparison that could not be compared. */
  failed: readonly FailedRepository[] = [];
  /** When the run began, or, since it was redriven, began again; in milliseconds. */
  begunAt = 0;

  constructor(execution: Pick<Execution, "events">) {
    this.#execution = execution;
  }

  /** What is being done, in a few words. */
  doing(isPlan: boolean): string {
    return isPlan && this.#state === "CopyImages" ? planning : (doings[this.#state] ?? "starting");
  }

  /** Reads what is new. Throws Failure. */
  async readOn(): Promise<void> {
    for (const event of await newsOf(this.#execution, this.#seen)) {
      this.#seen = event.id ?? this.#seen;
      const { name: entered = "" } = event.stateEnteredEventDetails ?? {};
      if (entered in doings) this.#state = entered;
      if (entered === "StartImages" || entered === "RestartImages") {
        this.begunAt = event.timestamp?.getTime() ?? 0;
        this.found = undefined;
        this.failed = [];
      }
      const { name, output = "{}" } = event.stateExitedEventDetails ?? {};
      if (name === "ListImages") this.#listed(JSON.parse(output));
    }
  }

  #listed({ listing }: { listing?: Found & Partial<Pick<Listing, "failed">> }): void {
    if (!listing) return;
    this.failed = [...this.failed, ...(listing.failed ?? [])];
    const before = this.found ?? { selected: 0, inSync: 0, differing: 0, deletions: 0 };
    this.found = {
      selected: before.selected + listing.selected,
      inSync: before.inSync + listing.inSync,
      differing: before.differing + listing.differing,
      deletions: before.deletions + listing.deletions,
    };
  }
}
