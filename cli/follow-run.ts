import { setTimeout as delay } from "node:timers/promises";
import type { DescribeExecutionOutput } from "@aws-sdk/client-sfn";
import { failedImage } from "../adapters/map-outcomes.ts";
import { eachAtOnce } from "../core/concurrently.ts";
import { Failure } from "../core/errors.ts";
import type { Request } from "../core/model/request.ts";
import type { FailedImage, RunReport } from "../core/model/run-report.ts";
import type { Execution } from "./execution.ts";
import { executionFailure, stillRunning } from "./execution-failure.ts";
import type { Live } from "./live.ts";
import { RunFollower, type RunState } from "./run-follower.ts";
import { runView } from "./run-state-text.ts";

/** How often a run is looked at, in milliseconds: DescribeMapRun allows one call a second to an account. */
const interval = 2_000;

/** How many images are asked for their bytes each time: DescribeExecution allows 15 calls a second to an account. */
const asked = 20;

/** How many of a failed run's images are named; the report in the work bucket has the first, and the results all. */
const mostNamed = 50;

/** How often in a row looking may fail, of a run that may take hours. */
const mostMisses = 5;

/** A run that was looked at, and how it ended, if it did. */
export interface Followed {
  readonly state: RunState;
  readonly report?: RunReport;
  readonly failure?: Failure;
  /** Images that have failed, of a run that has. */
  readonly failed: readonly FailedImage[];
}

/** Looks at a run once. Throws Failure. */
export async function lookAtRun(execution: Execution): Promise<Followed> {
  const described = await execution.describe();
  return ending(execution, described, await new RunFollower(execution, Date.now).look(described, asked));
}

/** Follows a run to its end, and shows how it goes. Throws Failure, which says that the run goes on. */
export async function followRun(execution: Execution, live: Live): Promise<Followed> {
  const follower = new RunFollower(execution, Date.now);
  for (let misses = 0; ; await delay(interval)) {
    try {
      // Described first: the history of what has ended is whole.
      const described = await execution.describe();
      const state = await follower.look(described, asked);
      live.show(runView(state));
      if (described.status !== "RUNNING") return await ending(execution, described, state);
      misses = 0;
    } catch (error) {
      misses += 1;
      if (!mayPass(error) || misses > mostMisses) throw stillRunning(error, execution.arn);
      live.note(`${error.message}; looking again`);
    }
  }
}

function mayPass(error: unknown): error is Failure {
  return error instanceof Failure && (error.name === "Throttled" || error.name === "Unavailable");
}

async function ending(
  execution: Execution,
  { status, output = "{}", error, cause }: DescribeExecutionOutput,
  state: RunState,
): Promise<Followed> {
  if (status === "RUNNING") return { state, failed: [] };
  if (status === "SUCCEEDED") return { state, report: JSON.parse(output) as RunReport, failed: [] };
  return { state, failure: executionFailure(status, error, cause), failed: await failedImages(execution) };
}

/** Images that have failed in the last round. */
async function failedImages(execution: Execution): Promise<FailedImage[]> {
  const [last] = (await execution.mapRuns()).toSorted(
    (a, b) => (b.item.startDate?.getTime() ?? 0) - (a.item.startDate?.getTime() ?? 0),
  );
  const failed: FailedImage[] = [];
  for (const status of ["FAILED", "TIMED_OUT", "ABORTED"] as const) {
    for await (const page of last?.mapRun.children(status) ?? []) {
      await eachAtOnce(5, page.slice(0, mostNamed - failed.length), async (arn) => {
        const child = await last?.mapRun.describeChild(arn);
        const request = JSON.parse(child?.input ?? "{}") as Request;
        failed.push(failedImage(request, { Status: status, Error: child?.error, Cause: child?.cause }));
      });
      if (failed.length >= mostNamed) return failed;
    }
  }
  return failed;
}
