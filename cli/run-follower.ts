import type { DescribeExecutionOutput, DescribeMapRunOutput } from "@aws-sdk/client-sfn";
import type { Execution } from "./execution.ts";
import type { MapRun } from "./map-run.ts";
import { MapRunBytes } from "./map-run-bytes.ts";
import { type Found, RunHistory } from "./run-history.ts";

/** How many of the images that differ are done, and how many are not. */
export interface ImageCounts {
  readonly total: number;
  readonly done: number;
  readonly failed: number;
  readonly running: number;
  readonly waiting: number;
}

/** How a rule's run on a state machine goes. */
export interface RunState {
  readonly execution: string;
  readonly status: string;
  readonly rule?: string;
  readonly startedAt: string;
  /** How long it has run, in seconds. */
  readonly seconds: number;
  /** What is being done, in a few words. */
  readonly doing: string;
  /** What was found by comparing; absent before that. */
  readonly found?: Found;
  /** Absent before anything is copied. */
  readonly images?: ImageCounts;
  /** What the images came to that are done. */
  readonly bytes?: number;
  /** Whether `bytes` goes by a part of these images. */
  readonly about?: boolean;
  /** In bytes a second, since the first image. */
  readonly rate?: number;
  /** Seconds until the images that were found are copied, if it goes on like this. */
  readonly left?: number;
}

/** A Map Run, as far as it was looked at. */
interface Round {
  readonly bytes: MapRunBytes;
  described?: DescribeMapRunOutput;
}

/** Looks at a rule's run on a state machine again and again; each time it asks only what may have changed. */
export class RunFollower {
  readonly #execution: Pick<Execution, "arn" | "events" | "mapRuns">;
  readonly #history: RunHistory;
  readonly #now: () => number;
  readonly #rounds = new Map<string, Round>();

  constructor(execution: Pick<Execution, "arn" | "events" | "mapRuns">, now: () => number) {
    this.#execution = execution;
    this.#history = new RunHistory(execution);
    this.#now = now;
  }

  /** What it looks like now, of an execution that was just described; at most so many images are asked for their bytes. Throws Failure. */
  async look(described: DescribeExecutionOutput, most: number): Promise<RunState> {
    const { status = "", startDate, stopDate, input = "{}" } = described;
    await this.#history.readOn();
    const rounds = await this.#lookAtRounds(most);
    const start = startDate?.getTime() ?? this.#now();
    const { name: rule } = JSON.parse(input) as { name?: string };
    return {
      execution: this.#execution.arn,
      status,
      ...(rule !== undefined && { rule }),
      startedAt: new Date(start).toISOString(),
      seconds: Math.round(((stopDate?.getTime() ?? this.#now()) - start) / 1_000),
      doing: status === "RUNNING" ? this.#history.doing : status.toLowerCase().replace("_", " "),
      ...(this.#history.found && { found: this.#history.found }),
      ...this.#sum(rounds),
    };
  }

  /** Those since the run began, or began again. */
  async #lookAtRounds(most: number): Promise<Round[]> {
    const rounds: Round[] = [];
    for (const { item, mapRun } of await this.#execution.mapRuns()) {
      if ((item.startDate?.getTime() ?? 0) < this.#history.begunAt) continue;
      rounds.push(await this.#lookAtRound(mapRun, most));
    }
    return rounds;
  }

  async #lookAtRound(mapRun: MapRun, most: number): Promise<Round> {
    const round: Round = this.#rounds.get(mapRun.arn) ?? { bytes: new MapRunBytes(mapRun) };
    this.#rounds.set(mapRun.arn, round);
    if ((round.described?.status ?? "RUNNING") === "RUNNING") round.described = await mapRun.describe();
    await round.bytes.readOn(round.described?.itemCounts?.succeeded ?? 0, most);
    return round;
  }

  #sum(rounds: readonly Round[]): Partial<RunState> {
    if (rounds.length === 0) return {};
    const images = rounds.map(({ described }) => countsOf(described)).reduce(added);
    const bytes = rounds.reduce((sum, round) => sum + round.bytes.bytes, 0);
    const starts = rounds.map(({ described }) => described?.startDate?.getTime() ?? this.#now());
    const ends = rounds.map(({ described }) => described?.stopDate?.getTime() ?? this.#now());
    const elapsed = (Math.max(...ends) - Math.min(...starts)) / 1_000;
    const ended = images.done + images.failed;
    const toCome = images.running + images.waiting;
    return {
      images,
      bytes,
      about: rounds.some((round) => !round.bytes.isExact),
      ...(bytes > 0 && elapsed > 0 && { rate: bytes / elapsed }),
      ...(ended > 0 && toCome > 0 && elapsed > 0 && { left: Math.ceil((elapsed / ended) * toCome) }),
    };
  }
}

function countsOf({ itemCounts }: DescribeMapRunOutput = {} as DescribeMapRunOutput): ImageCounts {
  const {
    total = 0,
    succeeded = 0,
    failed = 0,
    timedOut = 0,
    aborted = 0,
    running = 0,
    pending = 0,
  } = itemCounts ?? {};
  return { total, done: succeeded, failed: failed + timedOut + aborted, running, waiting: pending };
}

function added(a: ImageCounts, b: ImageCounts): ImageCounts {
  return {
    total: a.total + b.total,
    done: a.done + b.done,
    failed: a.failed + b.failed,
    running: a.running + b.running,
    waiting: a.waiting + b.waiting,
  };
}
