import { once } from "node:events";
import { Worker } from "node:worker_threads";
import fc from "fast-check";
import type { Property, Tally } from "./property.ts";
import type { Task } from "./worker.ts";

/** The most memory that the objects of one input may take, in MiB: half of what the functions have. */
const maxOldGenerationSizeMb = 256;

/** A thread that tries inputs, so that one which hangs it or takes all memory is found too. */
export class Fuzzing {
  readonly #worker: Worker;
  readonly #current: Int32Array;
  /** The milliseconds after which some inputs together are said to hang. */
  readonly #patience: number;

  constructor(patience: number) {
    this.#patience = patience;
    const shared = new SharedArrayBuffer(4);
    this.#current = new Int32Array(shared);
    this.#worker = new Worker(new URL("./worker.ts", import.meta.url), {
      workerData: shared,
      resourceLimits: { maxOldGenerationSizeMb },
    });
  }

  /** Tries as many inputs; what crashes or hangs the thread ends it. */
  async try(property: Property, { seed, runs }: Omit<Task, "property">): Promise<Tally> {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(new Error(`hangs for ${this.#patience} ms`)), this.#patience);
    this.#worker.postMessage({ property: property.name, seed, runs } satisfies Task);
    try {
      const [tally] = await once(this.#worker, "message", { signal: stop.signal });
      return tally as Tally;
    } catch (error) {
      const at = Atomics.load(this.#current, 0);
      await this.close();
      const input = fc.sample(property.inputs, { seed, numRuns: at + 1 })[at];
      const why = stop.signal.aborted ? stop.signal.reason : error;
      const finding = { property: property.name, seed, runs: at + 1, shrinks: 0, error: String(why) };
      return {
        outcomes: {},
        finding: { ...finding, input: fc.stringify(input), bytes: property.bytes?.(input) },
      };
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}
