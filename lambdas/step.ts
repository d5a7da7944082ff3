import { Logger } from "@aws-lambda-powertools/logger";
import type { Context } from "aws-lambda";
import { Failure } from "../core/errors.ts";
import { parseRequest, type Request } from "../core/model/request.ts";
import { encodeFailure } from "./step-failure.ts";

/** The logger of the steps of an image, which puts the step, the execution and the image on every line. */
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
  return async (state, context) => {
    const logger = loggerOf(name, state, context);
    try {
      const request = parseRequest(state.request);
      const output = await run({ ...state, request }, context);
      logger.info(`${name} done`, { result: summary(output) });
      return output;
    } catch (error) {
      logger.error(`${name} failed`, { failure: described(error) });
      throw encodeFailure(error);
    }
  };
}

/** The logger of a function, which puts the step, the execution and the image on every line. */
export function loggerOf(name: string, { execution, request }: State, context: Context): Logger {
  stepLogger.addContext(context);
  stepLogger.resetKeys();
  const { rule, source, destination } = Object(request) as Partial<Request>;
  stepLogger.appendKeys({ step: name, execution, rule, source, destination });
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
