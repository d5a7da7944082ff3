import fc from "fast-check";

/** Something that holds for every input of a kind. */
export interface Property<Input = unknown> {
  readonly name: string;
  /** Its part of a run, in inputs of a hundred. */
  readonly share: number;
  readonly inputs: fc.Arbitrary<Input>;
  /** What came of an input, for the count. Throws when the property does not hold. */
  check(input: Input): Promise<string>;
  /** The archive that an input is or makes, where it fits into a file. */
  bytes?(input: Input): Uint8Array;
}

/** What breaks a property, made as small as it can be. */
export interface Finding {
  readonly property: string;
  readonly seed: number;
  readonly runs: number;
  readonly shrinks: number;
  readonly error: string;
  /** The input as text. */
  readonly input: string;
  readonly bytes?: Uint8Array;
}

/** What came of some inputs: how many of each outcome, and the first finding. */
export interface Tally {
  readonly outcomes: Record<string, number>;
  readonly finding?: Finding;
}

/** Tries a property with as many inputs, the same ones for the same seed. `began` is told the number of each. */
export async function tryInputs(
  property: Property,
  { seed, runs }: { seed: number; runs: number },
  began: (input: number) => void = () => {},
): Promise<Tally> {
  const outcomes: Record<string, number> = {};
  let inputs = 0;
  const holds = fc.asyncProperty(property.inputs, async (input) => {
    began(inputs++);
    const outcome = await property.check(input);
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  });
  const details = await fc.check(holds, { seed, numRuns: runs });
  if (!details.failed) return { outcomes };
  const [input] = details.counterexample ?? [];
  const finding = {
    property: property.name,
    seed,
    runs: details.numRuns,
    shrinks: details.numShrinks,
    error: String(
      details.errorInstance instanceof Error ? details.errorInstance.stack : details.errorInstance,
    ),
    input: fc.stringify(input),
    bytes: property.bytes?.(input),
  };
  return { outcomes, finding };
}
