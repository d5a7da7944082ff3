import { isFailureName } from "../core/errors.ts";
import { parseFailureCause } from "../core/model/failure-cause.ts";
import type { Report } from "../core/model/report.ts";
import type { Request } from "../core/model/request.ts";
import type { FailedImage } from "../core/model/run-report.ts";
import type { ImageOutcome } from "../core/model/totals.ts";
import { readLines, readObject } from "./clients/work-list.ts";

/** Where the results of a Map Run are (Step Functions Developer Guide, "ResultWriter"). */
interface Manifest {
  readonly ResultFiles: Readonly<
    Record<"SUCCEEDED" | "FAILED" | "PENDING", readonly { readonly Key: string }[]>
  >;
}

/** What a Map Run keeps of one child. */
export interface Result {
  readonly Status: string;
  /** JSON, as are `Output` and `Cause`. */
  readonly Input?: string;
  readonly Output?: string;
  readonly Error?: string;
  readonly Cause?: string;
}

/** In bytes: the manifest lists files, each of which holds thousands of results. */
const maxManifest = 1024 * 1024;

/** How the children of a Map Run ended whose results were written as JSON lines, in no order. Throws Failure. */
export async function* mapOutcomes(workBucket: string, manifestKey: string): AsyncIterable<ImageOutcome> {
  const { ResultFiles } = JSON.parse(await readObject(workBucket, manifestKey, maxManifest)) as Manifest;
  for (const { Key } of Object.values(ResultFiles).flat()) {
    for await (const line of readLines(workBucket, Key)) yield outcomeOf(JSON.parse(line) as Result);
  }
}

function outcomeOf(result: Result): ImageOutcome {
  if (result.Status === "SUCCEEDED") return JSON.parse(result.Output ?? "") as Report;
  return failedImage(JSON.parse(result.Input ?? "{}") as Request, result);
}

/** The image whose child has failed. */
export function failedImage(
  { source, destination }: Request,
  { Status, Error: name, Cause = "" }: Result,
): FailedImage {
  const { message = Cause } = parseFailureCause(Cause);
  if (isFailureName(name)) return { source, destination, error: name, message };
  const ending = `its execution ended as ${Status}${name ? ` with ${name}` : ""}`;
  return { source, destination, error: "Unavailable", message: message ? `${ending}: ${message}` : ending };
}
