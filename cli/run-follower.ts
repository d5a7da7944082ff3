import type { DescribeExecutionOutput, DescribeMapRunOutput } from "@aws-sdk/client-sfn";
import type { FailedImage } from "../core/model/run-report.ts";
import type { Execution } from "./execution.ts";
import { failedImages } from "./failed-images.ts";
import { type ImageCounts, imageCounts } from "./image-counts.ts";
import type { MapRun } from "./map-run.ts";
import { MapRunBytes } from "./map-run-bytes.ts";
import { type Found, RunHistory } from "./run-history.ts";

/** How a rule's run on a state machine goes. */
export interface RunState {
  readonly execution: string;
  readonly status: string;
  readonly rule?: string;
  readonly mode?: "plan" | "apply";
  readonly startedAt: string;
  /** How long it has run, in seconds. */
  readonly seconds: number;
  /** What is being done, in a few words. */
  readonly doing: string;
  /** What was found by comparing; absent before that. */
  readonly found?: Found;
  /** Absent before anything is copied. */
  readonly progress?: ImageCounts;
  /** What the images came to that were copied. */
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
  readonly mapRun: MapRun;
  readonly bytes: MapRunBytes;
  described?: DescribeMapRunOutput;
}

/** Looks at a rule's run on a state machine again and again; each time it asks only what may have changed. */
export class RunFollower {
  readonly #execution: Pick<Execution, "arn" | "events" | "mapRuns">;
  readonly #history: RunHistory;
  readonly #now: () => number;
  readonly #rounds = new Map<string, Round>();
  /** Those of the last look, the oldest first. */
  #current: readonly Round[] = [];

  constructor(execution: Pick<Execution, "arn" | "events" | "mapRuns">, now: () => number) {
    this.#execution = execution;
    this.#history = new RunHistory(execution);
    this.#now = now;
  }

  /** What it looks like now, of an execution that was just described; at most so many images are asked for their bytes. Throws Failure. */
  async look(described: DescribeExecutionOutput, most: number): Promise<RunState> {
    const { status = "", startDate, stopDate, input = "{}" } = described;
    const { name: rule, mode } = Object(JSON.parse(input)) as { name?: string; mode?: RunState["mode"] };
    await this.#history.readOn();
    // Of a plan nothing is copied.
    this.#current = await this.#lookAtRounds(mode === "plan" ? 0 : most);
    const start = startDate?.getTime() ?? this.#now();
    const { found } = this.#history;
    return {
      execution: this.#execution.arn,
      status,
      ...(rule !== undefined && { rule }),
      ...(mode !== undefined && { mode }),
      startedAt: new Date(start).toISOString(),
      seconds: Math.round(((stopDate?.getTime() ?? this.#now()) - start) / 1_000),
      doing:
        status === "RUNNING" ? this.#history.doing(mode === "plan") : status.toLowerCase().replace("_", " "),
      ...(found && { found }),
      ...this.#sum(status),
      ...(mode !== "plan" && this.#traffic()),
    };
  }

  /** What has failed of the run, as it was looked at last: repositories, and then images, so many at most. Throws Failure. */
  async failed(status: string, most: number): Promise<FailedImage[]> {
    const repositories = this.#history.failed.slice(0, most);
    const left = most - repositories.length;
    return [...repositories, ...(await failedImages(this.#current, isStopped(status), left))];
  }

  /** Those since the run began, or began again. */
  async #lookAtRounds(most: number): Promise<Round[]> {
    const rounds: Round[] = [];
    for (const { item, mapRun } of await this.#execution.mapRuns()) {
      if ((item.startDate?.getTime() ?? 0) < this.#history.begunAt) continue;
      rounds.push(await this.#lookAtRound(mapRun, most));
    }
    return rounds.toSorted((a, b) => startOf(a) - startOf(b));
  }

  async #lookAtRound(mapRun: MapRun, most: number): Promise<Round> {
    const round: Round = this.#rounds.get(mapRun.arn) ?? { mapRun, bytes: new MapRunBytes(mapRun) };
    this.#rounds.set(mapRun.arn, round);
    if ((round.described?.status ?? "RUNNING") === "RUNNING") round.described = await mapRun.describe();
    if (most > 0) await round.bytes.readOn(round.described?.itemCounts?.succeeded ?? 0, most);
    return round;
  }

  #sum(status: string): Partial<RunState> {
    if (this.#current.length === 0) return {};
    const { differing = 0 } = this.#history.found ?? {};
    const mapRuns = this.#current.map(({ described }) => described);
    const progress = imageCounts(mapRuns, { differing, isStopped: isStopped(status) });
    const { total, ended, waiting, running } = progress;
    // The first image of a repository goes alone, and says nothing of how long many at once take.
    const isLast = mapRuns.reduce((sum, each) => sum + (each?.itemCounts?.total ?? 0), 0) >= total;
    const left = Math.ceil((this.#elapsed / ended) * (running + waiting));
    const isTelling = status === "RUNNING" && isLast && ended > 0 && left > 0;
    return { progress, ...(isTelling && { left }) };
  }

  #traffic(): Partial<RunState> {
    const rounds = this.#current;
    if (rounds.length === 0) return {};
    const bytes = rounds.reduce((sum, round) => sum + round.bytes.bytes, 0);
    const about = rounds.some((round) => !round.bytes.isExact);
    return { bytes, about, ...(bytes > 0 && this.#elapsed > 0 && { rate: bytes / this.#elapsed }) };
  }

  /** Since the first image, in seconds. */
  get #elapsed(): number {
    const mapRuns = this.#current.map(({ described }) => described);
    const starts = mapRuns.map((mapRun) => mapRun?.startDate?.getTime() ?? this.#now());
    const ends = mapRuns.map((mapRun) => mapRun?.stopDate?.getTime() ?? this.#now());
    return (Math.max(...ends) - Math.min(...starts)) / 1_000;
  }
}

/** Whether an execution was ended from outside, and its images with it. */
function isStopped(status: string): boolean {
  return status === "ABORTED" || status === "TIMED_OUT";
}

function startOf({ described }: Round): number {
  return described?.startDate?.getTime() ?? 0;
}
