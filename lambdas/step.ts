import { Logger } from "@aws-lambda-powertools/logger";
import type { Context } from "aws-lambda";
import { Failure } from "../core/errors.ts";
import { parseRequest, type Request } from "../core/model/request.ts";
import { encodeFailure } from "./step-failure.ts";

/** The logger of all functions, which puts what `logUnder` was given on every line. */
export const stepLogger = new Logger({ serviceName: "ecr-replicator" });

/** What every step's state carries, beside what the steps before have added. */
export interface State {
  readonly request: Request;
  /** The execution's ARN, for the logs. */
  readonly execution: string;
}

/**
 * A Lambda handler around one step: it checks the request, logs what was done under the execution
 * and the image, and throws failures in the form that `report` reads. Only named fields are logged.
 */
export function step<In extends State, Out>(
  name: string,
  run: (state: In, context: Context) => Promise<Out>,
  summary: (output: Out) => object,
): (state: In, context: Context) => Promise<Out> {
  const checked = (state: In, context: Context) =>
    run({ ...state, request: parseRequest(state.request) }, context);
  return logged(name, { keysOf, run: checked, summary });
}

/** What `logged` makes a handler of. */
export interface LoggedStep<In, Out> {
  /** What stands on every line of the log. */
  readonly keysOf: (state: In) => object;
  readonly run: (state: In, context: Context) => Promise<Out>;
  readonly summary: (output: Out) => object;
}

/** A Lambda handler that logs what was done, or what failed, and throws failures in the form that is read afterwards. */
export function logged<In, Out>(
  name: string,
  { keysOf, run, summary }: LoggedStep<In, Out>,
): (state: In, context: Context) => Promise<Out> {
  return async (state, context) => {
    logUnder({ step: name, ...keysOf(state) }, context);
    try {
      const output = await run(state, context);
      stepLogger.info(`${name} done`, { result: summary(output) });
      return output;
    } catch (error) {
      stepLogger.error(`${name} failed`, { failure: described(error) });
      throw encodeFailure(error);
    }
  };
}

/** Puts these keys on every line that follows, and no others. */
export function logUnder(keys: object, context: Context): void {
  stepLogger.addContext(context);
  stepLogger.resetKeys();
  stepLogger.appendKeys({ ...keys });
}

function keysOf({ execution, request }: State): object {
  const { rule, source, destination } = Object(request) as Partial<Request>;
  return { execution, rule, source, destination };
}

/** The logger of a function, which puts the step, the execution and the image on every line. */
export function loggerOf(name: string, state: State, context: Context): Logger {
  logUnder({ step: name, ...keysOf(state) }, context);
  return stepLogger;
}

/** An error as it is logged, field by field: an SDK's carries more than a log should. */
export function described(error: unknown): object {
  if (!(error instanceof Error)) return { message: String(error) };
  const { name, message, stack } = error;
  return error instanceof Failure
    ? { name, side: error.side, operation: error.operation, message }
    : { name, message, stack };
}
