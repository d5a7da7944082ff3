import type { HistoryEvent } from "@aws-sdk/client-sfn";
import type { CopyResult, CopyTask } from "../core/model/copy-task.ts";
import type { Plan, Unpacking } from "../core/model/plan.ts";
import type { Execution } from "./execution.ts";
import type { Progress } from "./progress.ts";

/** An execution's history, read on from where it last stopped: what it says of plans and layers goes to a Progress. */
export class ExecutionHistory {
  readonly #execution: Pick<Execution, "events">;
  readonly #progress: Progress;
  #seen = 0;
  #tasks: readonly CopyTask[] = [];
  /** Where the layers stand that a worker had no time to finish, by digest. */
  readonly #paused = new Map<string, number>();

  constructor(execution: Pick<Execution, "events">, progress: Progress) {
    this.#execution = execution;
    this.#progress = progress;
  }

  /** Reads what is new. */
  async readOn(): Promise<void> {
    for (const event of await newsOf(this.#execution, this.#seen)) {
      this.#seen = event.id ?? this.#seen;
      this.#entered(event.stateEnteredEventDetails?.name);
      const { name, output = "{}" } = event.stateExitedEventDetails ?? {};
      if (name === "Plan") this.#planned(JSON.parse(output));
      if (name === "CopyLayer") this.#stopped(JSON.parse(output));
      const done = event.mapIterationSucceededEventDetails;
      if (done) this.#copied(this.#tasks[done.index ?? 0]);
    }
  }

  #entered(state = ""): void {
    if (state === "Untar") this.#progress.doing("inflating the archive");
    if (state.startsWith("PutManifests")) this.#progress.doing("putting manifests");
  }

  #planned({ plan }: { plan?: Plan | Unpacking }): void {
    if (!plan || plan.next === "Untar") return;
    this.#tasks = plan.tasks;
    this.#paused.clear();
    this.#progress.planned(plan);
  }

  #stopped({ paused = [] }: Partial<CopyResult>): void {
    for (const { digest, from } of paused) this.#paused.set(digest, from);
  }

  #copied(task: CopyTask | undefined): void {
    for (const blob of task?.blobs ?? []) {
      this.#progress.copied(blob, this.#paused.get(blob.digest) ?? blob.size);
    }
  }
}

/** The events after one, oldest first. Pages come newest first, so that only those with news are read. */
export async function newsOf(execution: Pick<Execution, "events">, seen: number): Promise<HistoryEvent[]> {
  const found: HistoryEvent[] = [];
  let nextToken: string | undefined;
  do {
    const { events = [], nextToken: next } = await execution.events(nextToken);
    const news = events.filter(({ id = 0 }) => id > seen);
    found.push(...news);
    nextToken = news.length === events.length ? next : undefined;
  } while (nextToken);
  return found.toReversed();
}
