import { Failure, isFailureName } from "../core/errors.ts";
import { parseFailureCause } from "../core/model/failure-cause.ts";

/** What an execution that has not succeeded ended with, as the Failure that its last step threw, if one did. */
export function executionFailure(status: string | undefined, error: string | undefined, cause = ""): Failure {
  const { side, operation = "RunExecution", message = cause } = parseFailureCause(cause);
  if (isFailureName(error)) return new Failure(error, { side, operation }, message);
  const ending = `the execution ended as ${status}${error ? ` with ${error}` : ""}`;
  return new Failure("Unavailable", { side, operation }, `${ending}${message ? `: ${message}` : ""}`);
}

/** A failure of looking at an execution, whose message says that the execution is not over. */
export function stillRunning(error: unknown, arn: string): unknown {
  if (!(error instanceof Failure)) return error;
  const { name, side, operation, message } = error;
  const goesOn = `${message}; the execution goes on: ${arn}`;
  return new Failure(name, { side, operation, cause: error }, goesOn);
}
