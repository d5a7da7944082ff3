import { eachAtOnce } from "./concurrently.ts";
import { Incomplete } from "./errors.ts";
import type { CopyResult, CopyTask } from "./model/copy-task.ts";
import type { Plan, Unpacking } from "./model/plan.ts";
import type { Report } from "./model/report.ts";
import type { Request } from "./model/request.ts";
import type { Destination, Sides, Source } from "./ports.ts";
import { copyLayers } from "./steps/copy-layer.ts";
import { type PlanInput, plan } from "./steps/plan.ts";
import { type Put, putManifests } from "./steps/put-manifests.ts";
import { report } from "./steps/report.ts";
import type { Watch } from "./steps/watch.ts";
import { Turns } from "./turns.ts";

/** What the path of an image needs beside the two sides. */
export interface Surroundings {
  /** Inflates the archive of a request. */
  readonly untar: (request: Request) => Promise<{ readonly etag: string }>;
  readonly now: () => Date;
  /** How many tasks are copied at once. */
  readonly workers: number;
  /** Where several images share the workers: each task waits there for its turn. */
  readonly turns?: Turns;
  /** Told of every plan, before it is carried out. */
  readonly planned: (plan: Plan | Unpacking) => void;
  /** Told, after every part, how many bytes of a blob the destination has. */
  readonly took: Watch["took"];
}

/**
 * Takes the images of a request down the whole path in one process: the same steps in the same order as the state
 * machine, without its retries; a second call finishes what a failed one began.
 */
export async function replicate(request: Request, sides: Sides, surroundings: Surroundings): Promise<Report> {
  const startedAt = surroundings.now().toISOString();
  let state: Omit<PlanInput, "request"> = {};
  for (;;) {
    const current = await plan({ request, ...state }, sides);
    surroundings.planned(current);
    if (current.next === "Untar") {
      state = { plan: current, untarred: await surroundings.untar(request) };
      continue;
    }
    const source = sides.source(current.request, current.root.pin);
    const destination = sides.destination(current.request);
    if (current.next === "CopyLayers") {
      state = { plan: current, copied: await copyAll(current.tasks, source, destination, surroundings) };
      continue;
    }
    const put = current.next === "Report" ? undefined : await tryPut(current, source, destination);
    if (put === "incomplete" || current.next === "PutManifestsThenPlan") {
      state = { plan: current, put: put === "incomplete" ? undefined : put };
      continue;
    }
    return report({ request, startedAt, plan: current, put }, surroundings.now());
  }
}

async function tryPut(plan: Plan, source: Source, destination: Destination): Promise<Put | "incomplete"> {
  try {
    return await putManifests({ plan }, source, destination);
  } catch (error) {
    if (error instanceof Incomplete) return "incomplete";
    throw error;
  }
}

/** Carries out tasks, a few at a time. After a failure the other workers stop with their next part; then it is thrown. */
async function copyAll(
  tasks: readonly CopyTask[],
  source: Source,
  destination: Destination,
  { workers, turns = new Turns(workers), took }: Surroundings,
): Promise<CopyResult[]> {
  const results: CopyResult[] = [];
  let failed = false;
  const watch = { timeLeft: () => (failed ? 0 : Number.POSITIVE_INFINITY), took };
  await eachAtOnce(workers, tasks, async (task) => {
    try {
      results.push(await turns.take(() => copyLayers(task, source, destination, watch)));
    } catch (error) {
      failed = true;
      throw error;
    }
  });
  return results;
}
