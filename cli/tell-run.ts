import type { Failure } from "../core/errors.ts";
import type { Report } from "../core/model/report.ts";
import type { FailedImage, RunReport } from "../core/model/run-report.ts";
import { exitCode, failureFields, failureText } from "./failure-text.ts";
import { reportText } from "./report-text.ts";
import { failedText, runReportText } from "./run-report-text.ts";

/** How a run ended, here or on a state machine. */
export interface Ended {
  /** An image's, when it was an execution for one that was looked at. */
  readonly report?: RunReport | Report;
  readonly failure?: Failure;
  /** Images that have failed, where the report does not name them. */
  readonly failed?: readonly FailedImage[];
}

/** Prints how a run ended, as JSON with some fields before it or as text, and gives the process's exit status. */
export function tellRun({ report, failure, failed = [] }: Ended, json: boolean, before: object = {}): number {
  if (json) {
    const rest = { ...(failure && failureFields(failure)), ...(failed.length > 0 && { failed }) };
    process.stdout.write(`${JSON.stringify({ ...before, ...report, ...rest }, null, 2)}\n`);
  } else {
    if (report) process.stdout.write(textOf(report));
    for (const image of failed) process.stdout.write(`failed  ${failedText(image)}\n`);
  }
  if (!failure) return 0;
  process.stderr.write(failureText(failure));
  return exitCode(failure);
}

function textOf(report: RunReport | Report): string {
  return "repositories" in report ? runReportText(report, process.stdout.isTTY === true) : reportText(report);
}
