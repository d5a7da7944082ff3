import type { DistributedMap } from "./definition.ts";
import type { MapSettings } from "./distributed-map.ts";
import type { History } from "./history.ts";
import type { MapRun } from "./map-run.ts";

/** A Distributed Map state that was entered. */
export interface EnteredMap {
  readonly state: string;
  readonly map: DistributedMap;
  readonly settings: MapSettings;
}

/** Runs the Distributed Maps of one run of an execution, one at a time since they are at the top level. */
export class MapStates {
  readonly #history: History;
  readonly #open: (entered: EnteredMap) => MapRun;
  /** The last Map Run, and the one of an earlier run to go on with. */
  #last: { readonly state: string; readonly mapRun: MapRun } | undefined;
  #earlier: { readonly state: string; readonly mapRun: MapRun } | undefined;
  #work: Promise<unknown> = Promise.resolve();

  constructor(history: History, open: (entered: EnteredMap) => MapRun) {
    this.#history = history;
    this.#open = open;
  }

  /** Lets the state that a redriven run starts with go on with the Map Run that did not succeed there. */
  resume(earlier: MapStates, state: string | undefined): void {
    const last = earlier.#last ?? earlier.#earlier;
    if (last?.state === state && last?.mapRun.redrivable) this.#earlier = last;
  }

  /** Runs a map to its end and gives the state's result; throws a Failure. */
  run(entered: EnteredMap): Promise<unknown> {
    const result = this.#run(entered);
    this.#work = result.catch(() => undefined);
    return result;
  }

  /** Aborts what is at work. */
  stop(): void {
    this.#last?.mapRun.stop();
  }

  /** Resolves when nothing is at work any more. */
  async ended(): Promise<void> {
    await this.#work;
  }

  async #run(entered: EnteredMap): Promise<unknown> {
    const mapRun = this.#redriven() ?? this.#opened(entered);
    try {
      const result = await mapRun.complete();
      this.#history.add("MapRunSucceeded", {});
      return result;
    } catch (failure) {
      const { name: error, message: cause } = failure as Error;
      if (mapRun.status === "ABORTED") {
        this.#history.add("MapRunAborted", {});
        this.#history.add("MapStateAborted", {});
      } else this.#history.add("MapRunFailed", { mapRunFailedEventDetails: { error, cause } });
      throw failure;
    }
  }

  #opened(entered: EnteredMap): MapRun {
    const mapRun = this.#open(entered);
    this.#last = { state: entered.state, mapRun };
    this.#history.add("MapRunStarted", { mapRunStartedEventDetails: { mapRunArn: mapRun.arn } });
    return mapRun;
  }

  #redriven(): MapRun | undefined {
    if (!this.#earlier || this.#last) return undefined;
    this.#last = this.#earlier;
    const { mapRun } = this.#last;
    mapRun.redrive();
    const details = { mapRunArn: mapRun.arn, redriveCount: mapRun.redriveCount };
    this.#history.add("MapRunRedriven", { mapRunRedrivenEventDetails: details });
    return mapRun;
  }
}
