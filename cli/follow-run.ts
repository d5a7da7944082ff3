import { setTimeout as delay } from "node:timers/promises";
import type { DescribeExecutionOutput } from "@aws-sdk/client-sfn";
import { Failure } from "../core/errors.ts";
import type { FailedImage, RunReport } from "../core/model/run-report.ts";
import type { Execution } from "./execution.ts";
import { executionFailure, stillRunning } from "./execution-failure.ts";
import { keptReport } from "./kept-report.ts";
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
  /** Repositories and images that have failed, the first of them, of a run that has. */
  readonly failed: readonly FailedImage[];
}

/** Looks at a run once. Throws Failure: `RequestInvalid` when there is no such execution. */
export async function lookAtRun(execution: Execution): Promise<Followed> {
  const follower = new RunFollower(execution, Date.now);
  const described = await execution.describe().catch((error: unknown) => {
    throw absent(error, execution.arn);
  });
  return ending(follower, described, await follower.look(described, asked));
}

function absent(error: unknown, arn: string): unknown {
  if (!(error instanceof Failure) || (error.cause as Error)?.name !== "ExecutionDoesNotExist") return error;
  const message = `there is no execution ${arn}; 'ecr-replicator status' without a name shows the newest`;
  return new Failure("RequestInvalid", { operation: "DescribeExecution" }, message);
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
      if (described.status !== "RUNNING") return await ending(follower, described, state);
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
  follower: RunFollower,
  { status, output = "{}", error, cause }: DescribeExecutionOutput,
  state: RunState,
): Promise<Followed> {
  if (status === "RUNNING") return { state, failed: [] };
  if (status === "SUCCEEDED") return { state, report: JSON.parse(output) as RunReport, failed: [] };
  const failure = executionFailure(status, error, cause);
  const failed = await follower.failed(state.status, mostNamed);
  return { state, report: await keptReport(failure.message), failure, failed };
}
