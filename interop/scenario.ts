import assert from "node:assert/strict";
import type { LocalAws } from "../local/aws.ts";
import type { Fault } from "../local/faults.ts";
import { accounts } from "./account.ts";
import { type Ended, type Interpreter, motoInterpreter, ownInterpreter } from "./interpreter.ts";
import { passageOf } from "./passage.ts";
import { imagesBelow } from "./repositories.ts";

/** Below which runs have their repositories: there the role of the app's rule may also delete. */
export const ownRoot = "mirror/team/interop";

/**
 * An execution that each interpreter runs. `own` is what only that run has to do with: in the destination's account, the
 * repository `<ownRoot>/<own>` and those below it.
 */
export interface Scenario {
  readonly name: string;
  /** The status in the output, or the error, that it has to end with. */
  readonly end: string;
  readonly input: (own: string) => object;
  /** Brings about what is to be there before. */
  readonly prepare?: (aws: LocalAws, own: string) => Promise<unknown>;
  /** What is to strike; every one has to strike something. */
  readonly faults?: (own: string) => Fault[];
}

/** How an execution ended, and its images at the destination afterwards. */
interface Left {
  readonly own: string;
  readonly ended: Ended;
  readonly images: readonly string[];
}

/** Runs the scenarios of a state machine on moto and on local AWS. Throws AssertionError where they differ, Missing without moto; returns a summary. */
export async function compareInterpreters(
  { aws, directory }: { aws: LocalAws; directory: string },
  machineName: string,
  scenarios: readonly Scenario[],
): Promise<string> {
  const run = runOf(aws, machineName, scenarios);
  const theirs = await run(motoInterpreter(aws, directory), "moto");
  const ours = await run(ownInterpreter(aws), "ours");
  const events = scenarios.map((scenario, at) => compared(scenario, ours[at], theirs[at]));
  return `${scenarios.length} executions, ${events.reduce((sum, count) => sum + count, 0)} events`;
}

function runOf(aws: LocalAws, machineName: string, scenarios: readonly Scenario[]) {
  return async (interpreter: Interpreter, who: string): Promise<Left[]> => {
    const machine = aws.states.machines().find(({ name }) => name === machineName);
    assert.ok(machine, `there is no state machine ${machineName}`);
    const runs = scenarios.map((scenario) => ({ scenario, own: `${scenario.name}-${who}` }));
    for (const { scenario, own } of runs) await scenario.prepare?.(aws, own);
    aws.faults.clear();
    for (const { scenario, own } of runs)
      for (const fault of scenario.faults?.(own) ?? []) aws.faults.add(fault);
    const ended = await interpreter(
      machine,
      runs.map(({ scenario: { name, input }, own }) => ({ name, input: JSON.stringify(input(own)) })),
    );
    const unused = aws.faults.list().filter(({ struck }) => struck === 0);
    assert.deepEqual(unused, [], "a fault struck nothing");
    aws.faults.clear();
    return Promise.all(ended.map((each, at) => leftBy(aws, each, runs[at]?.own ?? "")));
  };
}

async function leftBy(aws: LocalAws, ended: Ended, own: string): Promise<Left> {
  return { own, ended, images: await imagesBelow(aws, accounts.destination, `${ownRoot}/${own}`) };
}

/** Throws AssertionError unless both ended as they had to, and in the same way: how many events they have in common. */
function compared(scenario: Scenario, ours: Left | undefined, theirs: Left | undefined): number {
  const { name, end } = scenario;
  assert.ok(ours && theirs, `${name}: was not run`);
  for (const { output, error, cause } of [ours.ended, theirs.ended])
    assert.equal(error ?? JSON.parse(output ?? "{}").status, end, `${name}: ${cause}`);
  const [here, there] = [ours, theirs].map(told) as [string[], string[]];
  const only = [
    ...without(here, there).map((line) => `only local AWS: ${line}`),
    ...without(there, here).map((line) => `only moto: ${line}`),
  ];
  assert.ok(only.length === 0, [`${name}:`, ...only.map((line) => line.slice(0, 2000))].join("\n"));
  return passageOf(ours.ended, ours.own).length;
}

/** All that can be compared. */
function told({ own, ended, images }: Left): string[] {
  return [...passageOf(ended, own), ...images.map((image) => `image: ${image.replaceAll(own, "<own>")}`)];
}

/** The lines that others do not have, or not as often. */
function without(lines: readonly string[], others: readonly string[]): string[] {
  const left = [...others];
  return lines.filter((line) => {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
