import type { Failure } from "../core/errors.ts";
import type { Report } from "../core/model/report.ts";
import type { FailedImage, RunReport } from "../core/model/run-report.ts";
import { failureFields, failureText } from "./failure-text.ts";
import { reportText } from "./report-text.ts";
import { failedRows, runReportText } from "./run-report-text.ts";

/** How a run or a copy ended, here or on a state machine. */
export interface Ended {
  /** An image's, when it was an execution for one that was looked at. */
  readonly report?: RunReport | Report;
  readonly failure?: Failure;
  /** Repositories and images that have failed, which the report may not name. */
  readonly failed?: readonly FailedImage[];
}

/** Prints how a run ended, as JSON with some fields before it or as text, and gives the process's exit status. */
export function tellRun({ report, failure, failed = [] }: Ended, json: boolean, before: object = {}): 0 | 1 {
  if (json) {
    const rest = { ...(failure && failureFields(failure)), ...(failed.length > 0 && { failed }) };
    process.stdout.write(`${JSON.stringify({ ...before, ...report, ...rest }, null, 2)}\n`);
  } else {
    process.stdout.write(report ? textOf(report, failed) : failedRows(failed));
  }
  if (!failure) return 0;
  process.stderr.write(failureText(failure));
  // Its name may be that of wrong usage, but what was wrong with the command line had been told before.
  return 1;
}

function textOf(report: RunReport | Report, failed: readonly FailedImage[]): string {
  if (!("repositories" in report)) return reportText(report);
  return runReportText(withFailed(report, failed), process.stdout.isTTY === true);
}

/** A state machine's report names the first only. */
function withFailed(report: RunReport, failed: readonly FailedImage[]): RunReport {
  const { examples } = report;
  const key = ({ source, destination }: FailedImage) => `${source} ${destination}`;
  const named = new Set(examples.failed.map(key));
  const more = failed.filter((image) => !named.has(key(image)));
  return { ...report, examples: { ...examples, failed: [...examples.failed, ...more] } };
}
