import { Logger } from "@aws-lambda-powertools/logger";
import type { Context } from "aws-lambda";
import { parseRun, type Run } from "../core/model/run.ts";
import { described } from "./step.ts";
import { encodeFailure } from "./step-failure.ts";

/** The logger of the steps of a run, which puts the step, the execution and the rule on every line. */
export const runLogger = new Logger({ serviceName: "ecr-replicator" });

/** What the state of every step of a run carries, beside what the steps before have added. */
export interface RunState {
  readonly run: Run;
  /** The execution's ARN. */
  readonly execution: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** How often the execution had been redriven when this run of its rule began. */
  readonly redrives: number;
}

/** As `step`, for the steps of a run: it checks the rule, and logs under the execution and the rule. */
export function runStep<In extends RunState, Out>(
  name: string,
  run: (state: In, context: Context) => Promise<Out>,
  summary: (output: Out) => object,
): (state: In, context: Context) => Promise<Out> {
  return async (state, context) => {
    runLogger.addContext(context);
    runLogger.resetKeys();
    runLogger.appendKeys({ step: name, execution: state.execution, rule: Object(state.run).name });
    try {
      const output = await run({ ...state, run: parseRun(state.run) }, context);
      runLogger.info(`${name} done`, { result: summary(output) });
      return output;
    } catch (error) {
      runLogger.error(`${name} failed`, { failure: described(error) });
      throw encodeFailure(error);
    }
  };
}
