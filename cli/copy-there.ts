import { setTimeout as delay } from "node:timers/promises";
import { Failure, type FailureName, failureNames } from "../core/errors.ts";
import type { FailureCause, Report } from "../core/model/report.ts";
import type { Request } from "../core/model/request.ts";
import { Execution } from "./execution.ts";
import { ExecutionHistory } from "./execution-history.ts";
import type { Progress } from "./progress.ts";

/** How often an execution is looked at, in milliseconds. DescribeExecution allows 15 calls a second to an account. */
const interval = 1_000;

/** Runs a request on a deployed state machine and follows it to its end. Throws the Failure that the execution ended with. */
export async function copyThere(
  stateMachineArn: string,
  request: Request,
  progress: Progress,
): Promise<Report> {
  const execution = await Execution.start(stateMachineArn, request);
  progress.note(`execution ${execution.arn}`);
  const history = new ExecutionHistory(execution, progress);
  for (;;) {
    // Described first: the history of what has ended is whole.
    const { status, output = "", error, cause } = await execution.describe();
    await history.readOn();
    if (status === "SUCCEEDED") return JSON.parse(output) as Report;
    if (status !== "RUNNING") throw failed(status, error, cause);
    await delay(interval);
  }
}

function failed(status: string | undefined, error: string | undefined, cause = ""): Failure {
  const { side, operation = "RunExecution", message = cause } = parseCause(cause);
  if (isFailureName(error)) return new Failure(error, { side, operation }, message);
  const ending = `the execution ended as ${status}${error ? ` with ${error}` : ""}`;
  return new Failure("Unavailable", { side, operation }, `${ending}${message ? `: ${message}` : ""}`);
}

function isFailureName(name: string | undefined): name is FailureName {
  return (failureNames as readonly (string | undefined)[]).includes(name);
}

function parseCause(cause: string): Partial<FailureCause> {
  try {
    return Object(JSON.parse(cause));
  } catch {
    return {};
  }
}
