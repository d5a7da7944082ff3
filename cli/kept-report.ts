import { readObject } from "../adapters/clients/work-list.ts";
import { Failure } from "../core/errors.ts";
import type { RunReport } from "../core/model/run-report.ts";

/** Where a failed run says that its details are: at the end of its message. */
const place = /; all of them: s3:\/\/([a-z0-9.-]+)\/(runs\/\S+\/)$/;

/** In bytes: a report names the first images only. */
const maxReport = 1024 * 1024;

/**
 * The report that a failed run has left in its work bucket, by the message that it failed with; undefined when it names
 * no place, or when whoever asks may not read there.
 */
export async function keptReport(message: string): Promise<RunReport | undefined> {
  const [, bucket, prefix] = place.exec(message) ?? [];
  if (bucket === undefined) return undefined;
  try {
    return reportOf(JSON.parse(await readObject(bucket, `${prefix}report.json`, maxReport)));
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

/** What is kept has the failure besides. */
function reportOf({ failure: _, ...report }: RunReport & { readonly failure?: object }): RunReport {
  return report;
}
