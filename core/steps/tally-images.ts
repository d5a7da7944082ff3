import type { Listing } from "../model/listing.ts";
import type { Run } from "../model/run.ts";
import { type ImageOutcome, noTotals, Tally, type Totals } from "../model/totals.ts";

/** What one round of a run has brought: a comparison, and how the images ended that differed. */
export interface TallyInput {
  readonly run: Run;
  readonly listing: Listing;
  /** Those of the rounds before; absent in the first. */
  readonly totals?: Totals;
}

/** The totals, and what comes next. */
export interface Tallied extends Totals {
  readonly next: "ListImages" | "PruneImages" | "FinishImages";
}

/** Adds a round to the totals of the rounds before. Nothing is deleted after a failure, or for a plan. */
export async function tallyImages(
  { run, listing, totals = noTotals() }: TallyInput,
  outcomes: AsyncIterable<ImageOutcome>,
): Promise<Tallied> {
  const tally = new Tally(totals);
  tally.listed(listing);
  for await (const outcome of outcomes) tally.ended(outcome);
  return { ...tally.totals, next: nextOf(run, tally.totals) };
}

/** What comes after a round of a run. */
export function nextOf(run: Run, { listing, failed }: Totals): Tallied["next"] {
  if (listing.after !== undefined || listing.waiting !== undefined) return "ListImages";
  const nothing = run.mustSelect === true && listing.selected === 0;
  const mayPrune =
    run.prune !== undefined && run.mode !== "plan" && failed + listing.failures === 0 && !nothing;
  return mayPrune && listing.deletions > 0 ? "PruneImages" : "FinishImages";
}
