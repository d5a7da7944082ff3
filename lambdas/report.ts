import type { Context } from "aws-lambda";
import { openDestination } from "../adapters/open.ts";
import type { Plan, Unpacking } from "../core/model/plan.ts";
import type { FailureReport, Report } from "../core/model/report.ts";
import { type ReportInput, report, reportFailure } from "../core/steps/report.ts";
import { loggerOf, type State, step, stepLogger } from "./step.ts";
import { type Caught, decodeFailure } from "./step-failure.ts";
import { tellOfFailure, tellOfSuccess } from "./tell-image.ts";

const reportSuccess = step(
  "report",
  async (state: State & ReportInput) => {
    const ended = report(state, new Date());
    await tellOfSuccess(state, ended, stepLogger);
    return ended;
  },
  (output: Report) => output,
);

/** Says how the execution ended: its output, or, when a step has failed, the error and cause to fail it with. */
export async function handler(
  state: (State & ReportInput) | (State & { plan?: Plan | Unpacking; failure: Caught }),
  context: Context,
): Promise<Report | FailureReport> {
  if (!("failure" in state)) return reportSuccess(state, context);
  const { plan } = state;
  const failure = decodeFailure(state.failure);
  const failed = await reportFailure({ plan, failure }, openDestination);
  const logger = loggerOf("report", state, context);
  logger.error("execution failed", { failure: { ...failed } });
  await tellOfFailure(state, failed, logger);
  return failed;
}
