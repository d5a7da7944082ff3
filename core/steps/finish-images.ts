import type { FailureName } from "../errors.ts";
import { estimate } from "../model/estimate.ts";
import type { Run } from "../model/run.ts";
import type { RunReport } from "../model/run-report.ts";
import { type Totals, together } from "../model/totals.ts";
import { mostDeletes, type Pruned } from "./prune-images.ts";
import { nextOf } from "./tally-images.ts";

/** All that a run has said of itself. */
export interface FinishInput {
  readonly run: Run;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly totals: Totals;
  readonly pruned?: Pruned;
  /** The first tags that a plan would delete, as they are shown to people. */
  readonly deletions?: readonly string[];
  /** Where in S3 the report of each image is. */
  readonly details?: string;
}

/** How many images a rule copies at once, unless it says otherwise. */
export const defaultConcurrency = 40;

/** A run's failure: its name, and one sentence that a person can act on. */
export interface RunFailure {
  readonly name: FailureName;
  readonly message: string;
}

/** Says how a run ended. */
export function finishImages(input: FinishInput, now: Date): RunReport {
  const { run, startedAt, totals, pruned, details } = input;
  const { listing, copied, failed, tasks } = totals;
  const isPlan = run.mode === "plan";
  const work = {
    images: copied,
    tasks,
    manifests: totals.manifests.copied,
    bytes: totals.layers.bytesCopied,
    concurrency: run.concurrency ?? defaultConcurrency,
  };
  const deleted = isPlan ? listing.deletions : (pruned?.deleted ?? 0);
  return {
    status: statusOf(input),
    rule: run.name,
    source: run.source,
    destination: run.destination,
    repositories: {
      compared: listing.repositories,
      created: isPlan ? listing.created : totals.created,
      failed: listing.failures,
    },
    images: { selected: listing.selected, inSync: listing.inSync + totals.inSync, copied, failed },
    manifests: totals.manifests,
    layers: totals.layers,
    tags: { deleted, kept: listing.kept + (pruned?.kept ?? 0) },
    failures: together(totals.failures, listing.errors),
    examples: {
      copied: totals.copiedImages,
      failed: [...listing.failed, ...totals.failedImages],
      deleted: pruned?.examples ?? input.deletions ?? [],
    },
    warnings: warningsOf(input),
    ...(isPlan && { tasks, estimate: estimate(work) }),
    ...(details !== undefined && { details }),
    startedAt,
    seconds: Math.round((now.getTime() - Date.parse(startedAt)) / 100) / 10,
  };
}

/** What a run failed of, if it did; its images may have failed each for itself. */
export function failureOf(
  { run, totals, pruned }: Pick<FinishInput, "run" | "totals" | "pruned">,
  report: RunReport,
): RunFailure | undefined {
  const { images, repositories, examples, details } = report;
  const failed = images.failed + repositories.failed;
  if (failed > 0) {
    const [first] = examples.failed;
    const counts = Object.entries(report.failures).map(([name, count]) => `${name} ${count}`);
    const example = first ? `; the first: ${first.source}: ${first.error}: ${first.message}` : "";
    const where = details === undefined ? "" : `; all of them: ${details}`;
    const what = [
      ...(images.failed > 0 ? [`${images.failed} of ${totals.listing.selected} images`] : []),
      ...(repositories.failed > 0 ? [`${repositories.failed} of ${repositories.compared} repositories`] : []),
    ];
    const message = `${what.join(" and ")} of the rule ${run.name} failed (${counts.join(", ")})${example}${where}`;
    return { name: "ImagesFailed", message };
  }
  if (totals.listing.selected === 0 && run.mustSelect) {
    return { name: "NothingSelected", message: `${nothingSelected(run)}, and it says mustSelect` };
  }
  if (pruned?.failure) {
    const { name, message } = pruned.failure;
    const where = details === undefined ? "" : `; all of them: ${details}`;
    return { name, message: `${message}; at least ${pruned.deleted} tags had been deleted before${where}` };
  }
  return undefined;
}

function statusOf({ run, totals, pruned }: FinishInput): RunReport["status"] {
  const { listing, failed, copied } = totals;
  if (failed + listing.failures > 0 || pruned?.failure) return "Failed";
  if (run.mode === "plan") return "Planned";
  return copied > 0 || (pruned?.deleted ?? 0) > 0 ? "Replicated" : "InSync";
}

function warningsOf({ run, totals, pruned }: FinishInput): string[] {
  const { listing, warnings, rounds } = totals;
  const most = mostDeletes(run, listing.owned);
  const ended = rounds > 0 && listing.after === undefined;
  const stopped = listing.deletions > 0 && run.mode !== "plan" && nextOf(run, totals) === "FinishImages";
  return [
    ...(ended && listing.selected === 0 && listing.failures === 0 ? [nothingSelected(run)] : []),
    ...listing.warnings,
    ...warnings,
    ...(listing.kept > 0
      ? [`${listing.kept} tags were not deleted: their images are still selected, without a tag`]
      : []),
    ...(pruned?.warnings ?? []),
    ...(stopped ? [`${listing.deletions} tags were not deleted, since the run has failed`] : []),
    ...(run.mode === "plan" && listing.deletions > most
      ? [
          `the run would delete none of ${listing.deletions} tags, and fail with PruneRefused: prune.maxDeletes allows ${most}`,
        ]
      : []),
  ];
}

function nothingSelected({ name, source, tags }: Run): string {
  return `the rule ${name} selects no image of ${source}${tags ? ` with its tags ${JSON.stringify(tags)}` : ""}`;
}
