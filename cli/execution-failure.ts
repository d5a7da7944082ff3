import { Failure, isFailureName } from "../core/errors.ts";
import type { FailureCause } from "../core/model/report.ts";

/** What an execution that has not succeeded ended with, as the Failure that its last step threw, if one did. */
export function executionFailure(status: string | undefined, error: string | undefined, cause = ""): Failure {
  const { side, operation = "RunExecution", message = cause } = parseCause(cause);
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

/** A function's error comes as Lambda has it, where no state has come after it (Lambda Developer Guide, "Node.js errors"). */
function parseCause(cause: string): Partial<FailureCause> {
  const fields = parse(cause);
  const { errorMessage } = fields as { errorMessage?: unknown };
  return typeof errorMessage === "string" ? { message: errorMessage, ...parse(errorMessage) } : fields;
}

function parse(text: string): Partial<FailureCause> {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}
