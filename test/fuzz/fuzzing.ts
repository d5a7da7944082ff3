import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import fc from "fast-check";
import type { Finding, Property, Tally } from "./property.ts";
import type { Message, Task } from "./worker.ts";

/** The most memory that objects may take, in MiB: three quarters of what the functions have that read archives. */
const memory = 384;

/** A process that tries inputs, so that one which hangs it, or takes all memory, is found too. */
export class Fuzzing {
  /** The milliseconds after which some inputs together are said to hang. */
  readonly #patience: number;
  #process: ChildProcess | undefined;

  constructor(patience: number) {
    this.#patience = patience;
  }

  /** Tries as many inputs of a property. */
  async try(property: Property, task: { seed: number; runs: number }): Promise<Tally> {
    const all = await this.#run({ ...task, property: property.name, careful: false });
    if (typeof all !== "string") return all;
    let at = 0;
    const again = await this.#run({ ...task, property: property.name, careful: true }, (input) => {
      at = input;
    });
    if (typeof again !== "string") throw new Error(`${all}, and once more did not`);
    return { outcomes: {}, finding: findingAt(at, property, { ...task, error: again }) };
  }

  /** Gives what came of it, or what ended the process. */
  async #run(task: Task, began: (input: number) => void = () => {}): Promise<Tally | string> {
    this.#process ??= fork(join(import.meta.dirname, "worker.ts"), {
      execArgv: [`--max-old-space-size=${memory}`],
      serialization: "advanced",
    });
    const worker = this.#process.removeAllListeners("message").removeAllListeners("exit");
    const { promise, resolve } = Promise.withResolvers<Tally | string>();
    worker.on("message", (message: Message) => {
      if ("began" in message) began(message.began);
      else resolve(message.tally);
    });
    worker.on("exit", (code, signal) => resolve(`ended the process with ${signal ?? code}`));
    const timer = setTimeout(() => resolve(`hung for ${this.#patience} ms`), this.#patience);
    worker.send(task);
    const result = await promise;
    clearTimeout(timer);
    if (typeof result === "string") this.close();
    return result;
  }

  close(): void {
    this.#process?.removeAllListeners("exit").kill("SIGKILL");
    this.#process = undefined;
  }
}

function findingAt(
  input: number,
  property: Property,
  { seed, error }: { seed: number; error: string },
): Finding {
  const value = fc.sample(property.inputs, { seed, numRuns: input + 1 })[input];
  const shown = { input: fc.stringify(value), bytes: property.bytes?.(value) };
  return { property: property.name, seed, runs: input + 1, shrinks: 0, error, ...shown };
}
