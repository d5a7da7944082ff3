import { BoundedQueue } from "./bounded-queue.ts";
import { Failure } from "./errors.ts";
import type { Listing } from "./model/listing.ts";
import { destinationOf, type Request } from "./model/request.ts";
import type { Run } from "./model/run.ts";
import type { RunReport } from "./model/run-report.ts";
import { type ImageOutcome, noTotals, Tally, type Totals } from "./model/totals.ts";
import type { Deletion, RuleSides, Sides } from "./ports.ts";
import { replicate } from "./replicate.ts";
import { failureOf, finishImages } from "./steps/finish-images.ts";
import { listImages } from "./steps/list-images.ts";
import { nameOf, type Pruned, pruneImages } from "./steps/prune-images.ts";
import { nextOf } from "./steps/tally-images.ts";
import { Turns } from "./turns.ts";

/** Told how far the run of a rule is. */
export interface RunWatch {
  /** An image was found that differs. */
  found(): void;
  /** All repositories were compared. */
  listed(listing: Listing): void;
  /** The destination has taken so many more bytes. */
  took(bytes: number): void;
  /** An image was copied, planned, or has failed. */
  ended(outcome: ImageOutcome): void;
  /** So many tags are being deleted. */
  pruning(tags: number): void;
}

/** What the run of a rule in one process needs beside the two sides. */
export interface RunSurroundings {
  readonly now: () => Date;
  /** The most images that are copied at once; a rule may ask for fewer. */
  readonly images: number;
  /** How many tasks of all these images are copied at once. */
  readonly workers: number;
  readonly watch: RunWatch;
}

/** How a run ended: what it has done, and what it failed of, if it did. */
export interface RunEnding {
  readonly report: RunReport;
  readonly failure?: Failure;
}

/** How many images may wait to be copied: the comparison of the repositories waits then. */
const waiting = 200;

/**
 * Keeps the repositories of a rule in step in one process: the same steps as those of `ReplicateImages`, but that images
 * are copied while others are compared, and that nothing is tried again; a second call finishes what a failed one began.
 * The failure of an image does not stop the others; the report names every image that was planned or failed. Throws what
 * the comparison throws, after the images that are under way.
 */
export async function replicateRule(
  run: Run,
  sides: RuleSides,
  surroundings: RunSurroundings,
): Promise<RunEnding> {
  const { now, watch } = surroundings;
  const startedAt = now().toISOString();
  const { totals, deletions } = await copyImages(run, sides, surroundings);
  let [pruned, failure]: [Pruned?, Failure?] = [];
  if (nextOf(run, totals) === "PruneImages") {
    watch.pruning(deletions.length);
    [pruned, failure] = await tryPrune(run, totals, deletions, sides);
  }
  const named = run.mode === "plan" ? deletions.map((deletion) => nameOf(run, deletion)) : undefined;
  const report = finishImages({ run, startedAt, totals, pruned, deletions: named }, now());
  failure ??= failureWith(failureOf({ run, totals, pruned }, report));
  return failure ? { report: { ...report, status: "Failed" }, failure } : { report };
}

function failureWith(found: ReturnType<typeof failureOf>): Failure | undefined {
  return found && new Failure(found.name, { operation: "ReplicateImages" }, found.message);
}

/** What has been copied is reported even if all deletions are refused. */
async function tryPrune(
  run: Run,
  totals: Totals,
  deletions: readonly Deletion[],
  sides: RuleSides,
): Promise<[Pruned?, Failure?]> {
  try {
    return [await pruneImages(run, totals, each(deletions), sides)];
  } catch (error) {
    if (error instanceof Failure) return [undefined, error];
    throw error;
  }
}

async function* each<T>(items: Iterable<T>): AsyncIterable<T> {
  yield* items;
}

/** Compares the repositories, and copies what differs while it does. */
async function copyImages(
  run: Run,
  sides: RuleSides,
  surroundings: RunSurroundings,
): Promise<{ totals: Totals; deletions: readonly Deletion[] }> {
  const { watch, now, images } = surroundings;
  const queue = new BoundedQueue<{ request: Request; isFirst: boolean }>(waiting);
  const deletions: Deletion[] = [];
  const tally = new Tally(noTotals(), Number.POSITIVE_INFINITY);
  const list = async () => {
    const copy = (request: Request, isFirst: boolean) => {
      watch.found();
      return queue.add({ request, isFirst });
    };
    const remove = async (deletion: Deletion) => void deletions.push(deletion);
    const timeLeft = () => Number.POSITIVE_INFINITY;
    const named = Number.POSITIVE_INFINITY;
    const listing = await listImages(run, undefined, {
      sides,
      findings: { copy, remove },
      now: now(),
      timeLeft,
      named,
    });
    tally.listed(listing);
    watch.listed(listing);
    queue.close();
  };
  const turns = new Turns(surroundings.workers);
  const firsts = new Map<string, Promise<unknown>>();
  const work = async () => {
    for (let next = await queue.take(); next; next = await queue.take()) {
      const { request, isFirst } = next;
      const repository = repositoryOf(request);
      if (!isFirst) await firsts.get(repository);
      const copying = copyImage(request, sides, surroundings, turns);
      // Its failure is for the worker that copies it.
      if (isFirst) firsts.set(repository, Promise.allSettled([copying]));
      const outcome = await copying;
      tally.ended(outcome);
      watch.ended(outcome);
    }
  };
  const atOnce = Math.min(images, run.concurrency ?? images);
  await allOrFirst([list, ...Array.from({ length: atOnce }, () => work)], () => queue.abort());
  return { totals: tally.totals, deletions };
}

/** Runs all at once. After a failure the others are told to stop; when all have ended, it is thrown. */
async function allOrFirst(runs: readonly (() => Promise<void>)[], stop: () => void): Promise<void> {
  const failures: unknown[] = [];
  const caught = async (run: () => Promise<void>) => {
    try {
      await run();
    } catch (error) {
      failures.push(error);
      stop();
    }
  };
  await Promise.all(runs.map(caught));
  if (failures.length > 0) throw failures[0];
}

function repositoryOf(request: Request): string {
  const { host, name } = destinationOf(request).repository;
  return `${host}/${name}`;
}

async function copyImage(
  request: Request,
  sides: Sides,
  { now, workers, watch }: RunSurroundings,
  turns: Turns,
): Promise<ImageOutcome> {
  const standing = new Map<string, number>();
  try {
    return await replicate(request, sides, {
      now,
      workers,
      turns,
      untar: () => Promise.reject(new Error("the source of a rule with repositories is no archive")),
      planned: (plan) => {
        if (plan.next === "Untar") return;
        for (const { digest, from } of plan.tasks.flatMap(({ blobs }) => blobs)) standing.set(digest, from);
      },
      took: ({ digest }, at) => {
        watch.took(at - (standing.get(digest) ?? 0));
        standing.set(digest, at);
      },
    });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { source, destination } = request;
    return { source, destination, error: error.name, message: error.message };
  }
}
