import type { Context } from "aws-lambda";
import { WorkList } from "../adapters/clients/work-list.ts";
import { openRuleSides } from "../adapters/open-rule.ts";
import type { Listing } from "../core/model/listing.ts";
import type { Totals } from "../core/model/totals.ts";
import { defaultConcurrency } from "../core/steps/finish-images.ts";
import { listImages } from "../core/steps/list-images.ts";
import { filesOf, workBucket } from "./run-files.ts";
import { type RunState, runStep } from "./run-step.ts";
import { surroundings } from "./surroundings.ts";

/** A comparison, and where what it has found is: the input of the Distributed Map. */
export interface Listed extends Listing {
  readonly next: "CopyImages" | "TallyImages";
  /** The list of requests, one on each line; absent when there is none. */
  readonly copies?: { readonly key: string };
  /** Where the results are to go. */
  readonly results: string;
  readonly concurrency: number;
}

const sides = openRuleSides(surroundings);

/** Compares the two sides of a rule and lists what differs in the work bucket. */
export const handler = runStep(
  "list-images",
  list,
  ({ repositories, selected, inSync, differing, deletions }) => ({
    repositories,
    selected,
    inSync,
    differing,
    deletions,
  }),
);

async function list(state: RunState & { totals?: Totals }, context: Context): Promise<Listed> {
  const { run, totals } = state;
  const round = totals?.rounds ?? 0;
  const files = filesOf(state);
  const copies = new WorkList(workBucket, files.copies(round));
  const deletions = new WorkList(workBucket, files.deletions(round));
  try {
    const listing = await listImages(run, totals?.listing.after, {
      sides,
      findings: { copy: (request) => copies.add(request), remove: (deletion) => deletions.add(deletion) },
      now: new Date(),
      timeLeft: () => context.getRemainingTimeInMillis(),
    });
    const [listed] = await Promise.all([copies.close(), deletions.close()]);
    return {
      ...listing,
      next: listed ? "CopyImages" : "TallyImages",
      ...(listed && { copies: { key: listed.key } }),
      results: files.results(round),
      concurrency: run.concurrency ?? defaultConcurrency,
    };
  } catch (error) {
    await Promise.all([copies.abort(), deletions.abort()]);
    throw error;
  }
}
