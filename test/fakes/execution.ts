import { Failure, Incomplete } from "../../core/errors.ts";
import type { CopyResult, CopyTask } from "../../core/model/copy-task.ts";
import type { Plan, Unpacking } from "../../core/model/plan.ts";
import type { FailureCause, Report } from "../../core/model/report.ts";
import { parseRequest, type Request } from "../../core/model/request.ts";
import { copyLayers } from "../../core/steps/copy-layer.ts";
import { plan } from "../../core/steps/plan.ts";
import { type Put, putManifests } from "../../core/steps/put-manifests.ts";
import { report, reportFailure } from "../../core/steps/report.ts";
import { type AnyDestination, type AnySource, sidesOf } from "./sides.ts";

/** What an execution runs on. */
export interface Sides {
  /** Or what opens it anew for every step, as functions do, so that nothing is known but what travels. */
  readonly source: AnySource;
  readonly destination: AnyDestination;
  /** Inflates the archive. */
  readonly untar?: () => Promise<{ readonly etag: string }>;
  /** How often one step is repeated when it is worth it. */
  readonly retries?: number;
  /** The milliseconds left to a worker, asked for before each part or, of a layer that is made, each member, but not before a part was sent. */
  readonly timeLeft?: () => number;
}

/** How an execution ended, and what it went through. */
export interface Execution {
  readonly report?: Report;
  readonly failure?: { readonly error: string; readonly cause: FailureCause };
  /** The states entered, in order. */
  readonly states: readonly string[];
}

interface State {
  readonly request: Request;
  readonly startedAt: string;
  readonly plan?: Plan | Unpacking;
  readonly untarred?: { readonly etag: string };
  readonly copied?: readonly CopyResult[];
  readonly put?: Put;
}

const startedAt = "2026-01-01T00:00:00.000Z";
const transient = ["Throttled", "Unavailable"];
const mostStates = 100;

/** Runs the steps one after the other as the state machine does; what travels between them is JSON. */
export async function execute(input: Request, sides: Sides): Promise<Execution> {
  const states: string[] = [];
  let state: State = { request: parseRequest(input), startedAt };
  try {
    for (let next = "Plan"; next !== "Report"; ) {
      states.push(next);
      if (states.length > mostStates) throw new Error(`still running after ${mostStates} states`);
      ({ next, state } = travelled(await enter(next, state, sides)));
    }
    states.push("Report");
    const planned = state as State & { plan: Plan };
    return { report: report(planned, new Date(Date.parse(startedAt) + 1_234)), states };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { name, side, operation, message } = error;
    const failure = { name, side, operation, message };
    const reported = await reportFailure({ plan: state.plan, failure }, (asked) =>
      sidesOf(sides.source, sides.destination).destination(asked),
    );
    return { failure: { error: reported.error, cause: JSON.parse(reported.cause) }, states };
  }
}

async function enter(name: string, state: State, sides: Sides): Promise<{ next: string; state: State }> {
  const { source, destination } = sidesOf(sides.source, sides.destination);
  if (name === "Plan") {
    const planned = await repeated(() => plan(state, { source, destination }), sides);
    return { next: planned.next, state: { ...state, plan: planned } };
  }
  if (name === "Untar") {
    return { next: "Plan", state: { ...state, untarred: await sides.untar?.() } };
  }
  const current = state.plan as Plan;
  const { request, root } = current;
  if (name === "CopyLayers") {
    const copied: CopyResult[] = [];
    for (const task of current.tasks) copied.push(await copy(task, current, sides));
    return { next: "Plan", state: { ...state, copied } };
  }
  try {
    const put = await repeated(
      () => putManifests({ plan: current }, source(request, root.pin), destination(request)),
      sides,
    );
    return { next: name === "PutManifests" ? "Report" : "Plan", state: { ...state, put } };
  } catch (error) {
    if (!(error instanceof Incomplete)) throw error;
    return { next: "Plan", state };
  }
}

function copy(task: CopyTask, { request, root }: Plan, sides: Sides): Promise<CopyResult> {
  const { source, destination } = sidesOf(sides.source, sides.destination);
  const timeLeft = sides.timeLeft ?? (() => Number.POSITIVE_INFINITY);
  return repeated(
    () => copyLayers(task, source(request, root.pin), destination(request), { timeLeft }),
    sides,
    [...transient, "UploadLost"],
  );
}

async function repeated<T>(
  run: () => Promise<T>,
  { retries = 0 }: Sides,
  retried: readonly string[] = transient,
): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await run();
    } catch (error) {
      if (tries >= retries || !retried.includes((error as Error).name)) throw error;
    }
  }
}

function travelled<T>(state: T): T {
  return JSON.parse(JSON.stringify(state));
}
