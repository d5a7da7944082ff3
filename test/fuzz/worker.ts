import { parentPort, workerData } from "node:worker_threads";
import { propertiesWithPrograms } from "./properties.ts";
import { tryInputs } from "./property.ts";

/** Inputs to try: those of a property that a seed gives. */
export interface Task {
  readonly property: string;
  readonly seed: number;
  readonly runs: number;
}

const properties = propertiesWithPrograms();
// Tells the other thread, which goes on when this one hangs, the number of the input that is being tried.
const current = new Int32Array(workerData as SharedArrayBuffer);

parentPort?.on("message", async ({ property: name, seed, runs }: Task) => {
  const property = properties.find((one) => one.name === name);
  if (!property) throw new RangeError(`there is no property '${name}'`);
  const tally = await tryInputs(property, { seed, runs }, (input) => Atomics.store(current, 0, input));
  parentPort?.postMessage(tally);
});
