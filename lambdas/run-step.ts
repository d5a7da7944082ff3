import type { Context } from "aws-lambda";
import { parseRun, type Run } from "../core/model/run.ts";
import { logged } from "./step.ts";

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
  return logged(name, {
    keysOf: ({ execution, run: rule }: In) => ({ execution, rule: Object(rule).name }),
    run: (state, context) => run({ ...state, run: parseRun(state.run) }, context),
    summary,
  });
}
