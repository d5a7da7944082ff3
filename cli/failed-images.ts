import type { DescribeMapRunOutput, ExecutionStatus } from "@aws-sdk/client-sfn";
import { failedImage } from "../adapters/map-outcomes.ts";
import { eachAtOnce } from "../core/concurrently.ts";
import type { Request } from "../core/model/request.ts";
import type { FailedImage } from "../core/model/run-report.ts";
import type { MapRun } from "./map-run.ts";

/** How many executions are asked at once. */
const asking = 5;

/** How images fail, and what a Map Run counts them as. */
const failures = [
  ["FAILED", "failed"],
  ["TIMED_OUT", "timedOut"],
  ["ABORTED", "aborted"],
] as const satisfies readonly (readonly [
  ExecutionStatus,
  keyof NonNullable<DescribeMapRunOutput["itemCounts"]>,
])[];

/** A Map Run as it was described last. */
export interface DescribedMapRun {
  readonly mapRun: Pick<MapRun, "children" | "describeChild">;
  readonly described?: DescribeMapRunOutput;
}

/**
 * The images of some Map Runs that have failed, so many at most. Those of a run that was stopped have not failed for
 * having been stopped with it. Throws Failure.
 */
export async function failedImages(
  mapRuns: readonly DescribedMapRun[],
  isStopped: boolean,
  most: number,
): Promise<FailedImage[]> {
  const failed: FailedImage[] = [];
  for (const { mapRun, described } of mapRuns) {
    for (const [status, name] of failures) {
      if (!described?.itemCounts?.[name] || (isStopped && status === "ABORTED")) continue;
      for await (const page of mapRun.children(status)) {
        if (failed.length >= most) return failed;
        const wanted = page.slice(0, most - failed.length);
        failed.push(...(await askedFor(mapRun, wanted, status)));
      }
    }
  }
  return failed;
}

async function askedFor(
  mapRun: DescribedMapRun["mapRun"],
  arns: readonly string[],
  status: ExecutionStatus,
): Promise<FailedImage[]> {
  const found: FailedImage[] = [];
  await eachAtOnce(asking, arns, async (arn) => {
    const { input = "{}", error, cause } = await mapRun.describeChild(arn);
    const request = JSON.parse(input) as Request;
    found.push(failedImage(request, { Status: status, Error: error, Cause: cause }));
  });
  return found;
}
