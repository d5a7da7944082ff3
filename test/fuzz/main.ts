/*
 * Reads generated and damaged archives until something breaks that should not.
 * Usage: node test/fuzz/main.ts [--runs N] [--seed N] [--only PROPERTY] [--file ARCHIVE]
 * N inputs are read, and a twentieth as many are inflated; --file reads one archive instead.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readEverything } from "./both-readers.ts";
import { Fuzzing } from "./fuzzing.ts";
import { propertiesWithPrograms } from "./properties.ts";
import type { Finding, Property } from "./property.ts";
import { archiveOf } from "./watched-archive.ts";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "200000" },
    seed: { type: "string", default: String(Date.now() % 2 ** 31) },
    only: { type: "string" },
    file: { type: "string" },
  },
});

const properties = propertiesWithPrograms();

/** The inputs that are tried between two lines of progress. */
const batch = 2_000;

let tried = 0;
const fuzzing = new Fuzzing(300_000);
try {
  if (values.file) console.log(await readEverything(archiveOf(readFileSync(values.file))));
  else if (values.only) await run(named(values.only), number("runs"));
  else
    for (const property of properties)
      await run(property, Math.ceil((number("runs") * property.share) / 100));
} finally {
  fuzzing.close();
}
if (tried > 0)
  console.log(`${tried} inputs in ${Math.round(performance.now() / 1_000)} s, seed ${values.seed}`);

async function run(property: Property, runs: number): Promise<void> {
  const begun = performance.now();
  const outcomes: Record<string, number> = {};
  for (let done = 0; done < runs && !process.exitCode; ) {
    const some = Math.min(batch, runs - done);
    const tally = await fuzzing.try(property, { seed: number("seed") + done, runs: some });
    done += some;
    tried += some;
    for (const [outcome, count] of Object.entries(tally.outcomes))
      outcomes[outcome] = (outcomes[outcome] ?? 0) + count;
    const rate = Math.round((done * 1_000) / (performance.now() - begun));
    console.log(
      `${property.name}: ${done} of ${runs}, ${rate}/s, seed ${values.seed}, ${JSON.stringify(outcomes)}`,
    );
    if (tally.finding) report(tally.finding);
  }
}

function report({ property, seed, runs, shrinks, error, input, bytes }: Finding): void {
  process.exitCode = 1;
  const file = join(tmpdir(), `fuzz-finding-${seed}.${bytes ? "tar" : "txt"}`);
  writeFileSync(file, bytes ?? input);
  console.error(`\n${property} broke at input ${runs}, after ${shrinks} steps to a smaller one:\n${error}`);
  console.error(`${input.slice(0, 2_000)}\nThe input is in ${file}. Again:`);
  console.error(`npm run fuzz -- --only '${property}' --seed ${seed} --runs ${runs}`);
}

function named(name: string): Property {
  const property = properties.find((one) => one.name === name);
  if (property) return property;
  throw new RangeError(
    `--only '${name}' names no property; there are ${properties.map((one) => one.name).join(", ")}`,
  );
}

function number(option: "runs" | "seed"): number {
  const value = Number(values[option]);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new RangeError(`--${option} is '${values[option]}'; expected a number from 0`);
}
