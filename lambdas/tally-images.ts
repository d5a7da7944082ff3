import { mapOutcomes } from "../adapters/map-outcomes.ts";
import type { ImageOutcome, Totals } from "../core/model/totals.ts";
import { tallyImages } from "../core/steps/tally-images.ts";
import type { Listed } from "./list-images.ts";
import { workBucket } from "./run-files.ts";
import { type RunState, runStep } from "./run-step.ts";

/** What the Distributed Map says of where its results are. */
interface Copied {
  readonly ResultWriterDetails: { readonly Key: string };
}

/** Adds up how the images of one round ended. */
export const handler = runStep(
  "tally-images",
  ({ run, listing, totals, copied }: RunState & { listing: Listed; totals?: Totals; copied?: Copied }) =>
    tallyImages({ run, listing, totals }, outcomesOf(listing, copied)),
  ({ next, copied, inSync, failed }) => ({ next, copied, inSync, failed }),
);

/** What an earlier round has copied is in the state, too. */
async function* outcomesOf(listing: Listed, copied: Copied | undefined): AsyncIterable<ImageOutcome> {
  if (!listing.copies || !copied) return;
  yield* mapOutcomes(workBucket, copied.ResultWriterDetails.Key);
}
