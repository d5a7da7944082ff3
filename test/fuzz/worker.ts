import { propertiesWithPrograms } from "./properties.ts";
import { type Tally, tryInputs } from "./property.ts";

/** Inputs to try: those of a property that a seed gives. */
export interface Task {
  readonly property: string;
  readonly seed: number;
  readonly runs: number;
  /** Whether the number of each input is told before it is tried. */
  readonly careful: boolean;
}

/** What the process that tries them says: the number of an input, or what came of all. */
export type Message = { readonly began: number } | { readonly tally: Tally };

const properties = propertiesWithPrograms();

process.on("message", async ({ property: name, seed, runs, careful }: Task) => {
  const property = properties.find((one) => one.name === name);
  if (!property) throw new RangeError(`there is no property '${name}'`);
  const began = careful ? (input: number) => say({ began: input }) : undefined;
  say({ tally: await tryInputs(property, { seed, runs }, began) });
});

function say(message: Message): void {
  process.send?.(message);
}
