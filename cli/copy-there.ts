import { setTimeout as delay } from "node:timers/promises";
import type { Report } from "../core/model/report.ts";
import type { Request } from "../core/model/request.ts";
import { Execution } from "./execution.ts";
import { executionFailure, stillRunning } from "./execution-failure.ts";
import { ExecutionHistory } from "./execution-history.ts";
import type { Progress } from "./progress.ts";
import type { Ended } from "./tell-run.ts";

/** How often an execution is looked at, in milliseconds. DescribeExecution allows 15 calls a second to an account. */
const interval = 1_000;

/** Runs a request on a deployed state machine and follows it to its end. Throws Failure, which says that the execution goes on. */
export async function copyThere(
  stateMachineArn: string,
  request: Request,
  progress: Progress,
): Promise<Ended> {
  const execution = await Execution.start(stateMachineArn, request);
  progress.note(`execution ${execution.arn}`);
  const history = new ExecutionHistory(execution, progress);
  for (;;) {
    const { status, output = "", error, cause } = await look(execution, history);
    if (status === "SUCCEEDED") return { report: JSON.parse(output) as Report };
    if (status !== "RUNNING") return { failure: executionFailure(status, error, cause) };
    await delay(interval);
  }
}

/** Looks at an execution. When that fails, the execution is not over, and the message says so. */
async function look(execution: Execution, history: ExecutionHistory) {
  try {
    // Described first: the history of what has ended is whole.
    const described = await execution.describe();
    await history.readOn();
    return described;
  } catch (error) {
    throw stillRunning(error, execution.arn);
  }
}
