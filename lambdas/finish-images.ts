import type { Context } from "aws-lambda";
import { writeObject } from "../adapters/clients/work-list.ts";
import { isFailureName } from "../core/errors.ts";
import type { Run } from "../core/model/run.ts";
import type { RunReport } from "../core/model/run-report.ts";
import { noTotals, type Totals } from "../core/model/totals.ts";
import { failureOf, finishImages, type RunFailure } from "../core/steps/finish-images.ts";
import { nameOf, type Pruned } from "../core/steps/prune-images.ts";
import { announce } from "./announce.ts";
import { prunedBefore } from "./interrupted-prune.ts";
import { putMetrics } from "./metrics.ts";
import { deletionsOf, filesOf, workBucket } from "./run-files.ts";
import { type RunState, runStep } from "./run-step.ts";
import { stepLogger } from "./step.ts";
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
  | { readonly next: "RestartImages"; readonly run: Run };

/** How many deletions of a plan are named. */
const mostNamed = 20;

const finish = runStep("finish-images", end, (output) => output);

/**
 * Says how a run ended: with its report, or with an error, so that the run may be redriven. A redriven run that has
 * failed begins again, and finds only what is left to do.
 */
export async function handler(
  { state, redrives }: { readonly state: Ended; readonly redrives: number },
  context: Context,
): Promise<Finished> {
  const ending = finish({ ...state, isRedriven: redrives > state.redrives }, context);
  const { report, failure } = await ending.catch(async (error: Error) => {
    await tellOfNoReport(state, error);
    throw error;
  });
  if (!failure) return { next: "Finished", report };
  if (redrives > state.redrives) return { next: "RestartImages", run: state.run };
  throw errorOf(failure);
}

/** What is no rule, or could not be reported, has no report to tell of. */
async function tellOfNoReport({ run, execution }: Ended, error: Error): Promise<void> {
  const { name: rule } = Object(run) as Partial<Run>;
  const { message } = decodeFailure({
    Error: error.name,
    Cause: JSON.stringify({ errorMessage: error.message }),
  });
  putMetrics({ rule, failure: error.name }, { RunsSucceeded: 0, RunsFailed: 1 });
  const text = `a run of the rule ${rule} failed: ${error.name}: ${message}`;
  const detail = {
    execution,
    status: "Failed",
    ...(typeof rule === "string" && { rule }),
    error: error.name,
  };
  await announce("Rule Run", { ...detail, message: text }, stepLogger);
}

/** The error that ends an execution: its message is JSON, as that of every other step. */
function errorOf({ name, message }: RunEnding): Error {
  const error = new Error(JSON.stringify({ operation: "ReplicateImages", message }));
  error.name = name;
  // The functions' runtime reads it as a text; without one, it loses name and message (aws-lambda-ric 3, toRapidResponse).
  error.stack = "";
  return error;
}

type RunEnding = RunFailure | { readonly name: string; readonly message: string };

async function end(
  state: Ended & { isRedriven: boolean },
): Promise<{ report: RunReport; failure: RunEnding | undefined }> {
  const { run, startedAt, totals = noTotals() } = state;
  const pruned = state.pruned ?? (state.failure && prunedBefore(state.failure));
  const files = filesOf(state);
  const details = `s3://${workBucket}/${files.prefix}/`;
  const deletions = run.mode === "plan" ? await firstDeletions(state) : undefined;
  const report = finishImages({ run, startedAt, totals, pruned, deletions, details }, new Date());
  const failure =
    state.failure && !pruned
      ? endingOf(decodeFailure(state.failure), details)
      : failureOf({ run, totals, pruned }, report);
  const ended: RunReport = failure ? { ...report, status: "Failed" } : report;
  // What failed before it was redriven has been told of, and what comes will be.
  if (failure && state.isRedriven) return { report: ended, failure };
  await writeObject(workBucket, files.report, JSON.stringify({ ...ended, failure }, null, 2));
  if (run.mode !== "plan") await tell(run, ended, failure, state.execution);
  return { report: ended, failure };
}

/** A step's failure under a stable name: under another, such as a timeout's, this state would be tried again. */
function endingOf({ name, message }: RunEnding, details: string): RunEnding {
  if (name === "PruneRefused") return { name, message: `${message}; all of them: ${details}` };
  if (isFailureName(name)) return { name, message };
  return { name: "Unavailable", message: `a step ended with ${name}: ${message}` };
}

async function tell(
  run: Run,
  report: RunReport,
  failure: RunEnding | undefined,
  execution: string,
): Promise<void> {
  const { rule, images, tags, seconds } = report;
  putMetrics(
    { rule, failure: failure?.name },
    {
      // The alarm on lag goes by this: a part of a rule says nothing of the whole.
      ...(run.part !== true && { RunsSucceeded: failure ? 0 : 1 }),
      RunsFailed: failure ? 1 : 0,
      ImagesSelected: images.selected,
      ImagesInStep: images.inSync + images.copied,
      TagsDeleted: tags.deleted,
      RunSeconds: seconds,
    },
  );
  const message = failure
    ? `the run of the rule ${rule} failed: ${failure.name}: ${failure.message}`
    : sentence(report);
  await announce("Rule Run", { execution, ...report, error: failure?.name, message }, stepLogger);
}

function sentence({ rule, images, tags }: RunReport): string {
  const deleted = tags.deleted > 0 ? `, and ${tags.deleted} tags were deleted` : "";
  return `the rule ${rule} is in step: of ${images.selected} images ${images.copied} were copied and ${images.inSync} in sync${deleted}`;
}

async function firstDeletions(state: Ended): Promise<string[]> {
  const names: string[] = [];
  if (!state.totals) return names;
  for await (const deletion of deletionsOf({ ...state, totals: state.totals })) {
    if (names.push(nameOf(state.run, deletion)) === mostNamed) break;
  }
  return names;
}
