import type { Context } from "aws-lambda";
import { WorkList } from "../adapters/clients/work-list.ts";
import { openRuleSides } from "../adapters/open-rule.ts";
import { type Listing, noListing } from "../core/model/listing.ts";
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
  /** The list of those that are to be copied after these; absent when there is none. */
  readonly rest?: { readonly key: string };
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

async function list(
  state: RunState & { totals?: Totals; listing?: Listed },
  context: Context,
): Promise<Listed> {
  const { run, totals, listing: before } = state;
  const round = totals?.rounds ?? 0;
  const files = filesOf(state);
  const batch = { results: files.results(round), concurrency: run.concurrency ?? defaultConcurrency };
  if (before?.rest) {
    const { after } = before;
    return {
      ...noListing,
      ...(after !== undefined && { after }),
      ...batch,
      next: "CopyImages",
      copies: before.rest,
    };
  }
  const [firsts, others, deletions] = [files.firsts(round), files.copies(round), files.deletions(round)].map(
    (key) => new WorkList(workBucket, key),
  ) as [WorkList, WorkList, WorkList];
  try {
    const listing = await listImages(run, totals?.listing.after, {
      sides,
      findings: {
        copy: (request, isFirst) => (isFirst ? firsts : others).add(request),
        remove: (deletion) => deletions.add(deletion),
      },
      now: new Date(),
      timeLeft: () => context.getRemainingTimeInMillis(),
    });
    const [first, other] = await Promise.all([firsts.close(), others.close(), deletions.close()]);
    const copies = first ?? other;
    return {
      ...listing,
      ...batch,
      next: copies ? "CopyImages" : "TallyImages",
      ...(copies && { copies: { key: copies.key } }),
      ...(first && other && { rest: { key: other.key }, waiting: other.count }),
    };
  } catch (error) {
    await Promise.all([firsts.abort(), others.abort(), deletions.abort()]);
    throw error;
  }
}
