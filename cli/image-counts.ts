import type { DescribeMapRunOutput } from "@aws-sdk/client-sfn";

/** How many of the images that differ have ended, and how many have not. */
export interface ImageCounts {
  readonly total: number;
  /** Copied, planned or failed. */
  readonly ended: number;
  readonly failed: number;
  readonly running: number;
  /** Of a run that was stopped, also those that were running. */
  readonly waiting: number;
}

/** What is known of a run beside its Map Runs. */
export interface RunKnowledge {
  /** How many images were found to differ: not all of them may have a Map Run yet. */
  readonly differing: number;
  /** Whether it was ended from outside, which ends its images, too. */
  readonly isStopped: boolean;
}

/** The images of all Map Runs of a run. */
export function imageCounts(
  mapRuns: readonly (DescribeMapRunOutput | undefined)[],
  { differing, isStopped }: RunKnowledge,
): ImageCounts {
  const sum = (name: keyof NonNullable<DescribeMapRunOutput["itemCounts"]>) =>
    mapRuns.reduce((all, mapRun) => all + (mapRun?.itemCounts?.[name] ?? 0), 0);
  const total = Math.max(differing, sum("total"));
  const failed = sum("failed") + sum("timedOut") + (isStopped ? 0 : sum("aborted"));
  const ended = sum("succeeded") + failed;
  const running = isStopped ? 0 : sum("running");
  return { total, ended, failed, running, waiting: Math.max(0, total - ended - running) };
}
