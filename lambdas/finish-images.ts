import type { Context } from "aws-lambda";
import { writeObject } from "../adapters/clients/work-list.ts";
import type { RunReport } from "../core/model/run-report.ts";
import { noTotals, type Totals } from "../core/model/totals.ts";
import { failureOf, finishImages, type RunFailure } from "../core/steps/finish-images.ts";
import { nameOf, type Pruned } from "../core/steps/prune-images.ts";
import { announce } from "./announce.ts";
import { putMetrics } from "./metrics.ts";
import { deletionsOf, filesOf, workBucket } from "./run-files.ts";
import { type RunState, runLogger, runStep } from "./run-step.ts";
import { type Caught, decodeFailure } from "./step-failure.ts";

/** The state of a run that has come to its end, one way or the other. */
interface Ended extends RunState {
  readonly totals?: Totals;
  readonly pruned?: Pruned;
  /** What a step has failed with. */
  readonly failure?: Caught;
}

/** What comes after: the run's report is its output, or, since it was redriven, it begins again. */
export type Finished =
  | { readonly next: "Finished"; readonly report: RunReport }
  | { readonly next: "RestartImages" };

/** How many deletions of a plan are named. */
const mostNamed = 20;

const finish = runStep("finish-images", end, ({ report, failure }) => ({ report, failure }));

/**
 * Says how a run ended: with its report, or with an error, so that the run may be redriven. A redriven run begins
 * again, and finds only what is left to do.
 */
export async function handler(
  { state, redrives }: { readonly state: Ended; readonly redrives: number },
  context: Context,
): Promise<Finished> {
  if (redrives > state.redrives) return { next: "RestartImages" };
  const { report, failure } = await finish(state, context);
  if (failure) throw errorOf(failure);
  return { next: "Finished", report };
}

/** The error that ends an execution: its message is JSON, as that of every other step. */
function errorOf({ name, message }: RunEnding): Error {
  const error = new Error(JSON.stringify({ operation: "ReplicateImages", message }));
  error.name = name;
  error.stack = undefined;
  return error;
}

type RunEnding = RunFailure | { readonly name: string; readonly message: string };

async function end(state: Ended): Promise<{ report: RunReport; failure: RunEnding | undefined }> {
  const { run, startedAt, totals = noTotals(), pruned } = state;
  const files = filesOf(state);
  const details = `s3://${workBucket}/${files.prefix}/`;
  const deletions = run.mode === "plan" ? await firstDeletions(state) : undefined;
  const report = finishImages({ run, startedAt, totals, pruned, deletions, details }, new Date());
  const failure = state.failure ? decodeFailure(state.failure) : failureOf({ run, totals }, report);
  const ended: RunReport = failure ? { ...report, status: "Failed" } : report;
  await writeObject(workBucket, files.report, JSON.stringify({ ...ended, failure }, null, 2));
  if (run.mode !== "plan") await tell(ended, failure, state.execution);
  return { report: ended, failure };
}

async function tell(report: RunReport, failure: RunEnding | undefined, execution: string): Promise<void> {
  const { rule, images, layers, tags, seconds } = report;
  putMetrics(
    { rule, failure: failure?.name },
    {
      RunsSucceeded: [failure ? 0 : 1, "Count"],
      RunsFailed: [failure ? 1 : 0, "Count"],
      ImagesSelected: [images.selected, "Count"],
      ImagesInStep: [images.inSync + images.copied, "Count"],
      TagsDeleted: [tags.deleted, "Count"],
      RunSeconds: [seconds, "Seconds"],
    },
  );
  const message = failure?.message ?? sentence(report);
  const detail = { execution, ...report, error: failure?.name, message, bytesCopied: layers.bytesCopied };
  await announce("Rule Run", detail, runLogger);
}

function sentence({ rule, status, images, tags }: RunReport): string {
  const deleted = tags.deleted > 0 ? `, ${tags.deleted} tags deleted` : "";
  return `${rule}: ${status}: ${images.copied} images copied, ${images.inSync} of ${images.selected} in sync${deleted}`;
}

async function firstDeletions(state: Ended): Promise<string[]> {
  const names: string[] = [];
  if (!state.totals) return names;
  for await (const deletion of deletionsOf({ ...state, totals: state.totals })) {
    if (names.push(nameOf(state.run, deletion)) === mostNamed) break;
  }
  return names;
}
