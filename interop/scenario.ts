import assert from "node:assert/strict";
import type { LocalAws } from "../local/aws.ts";
import type { Fault } from "../local/faults.ts";
import { type Ended, type Interpreter, motoInterpreter, ownInterpreter } from "./interpreter.ts";
import { passageOf } from "./passage.ts";

/** An execution that each interpreter runs, `own` being what only that run has to do with, such as a repository. */
export interface Scenario {
  readonly name: string;
  /** The status in the output, or the error, that it has to end with. */
  readonly end: string;
  readonly input: (own: string) => object;
  /** What is to strike; every one has to strike something. */
  readonly faults?: (own: string) => Fault[];
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
  return async (interpreter: Interpreter, who: string): Promise<Ended[]> => {
    const machine = aws.states.machines().find(({ name }) => name === machineName);
    assert.ok(machine, `there is no state machine ${machineName}`);
    aws.faults.clear();
    for (const each of scenarios)
      for (const fault of each.faults?.(ownOf(each, who)) ?? []) aws.faults.add(fault);
    const executions = scenarios.map((each) => ({
      name: each.name,
      input: JSON.stringify(each.input(ownOf(each, who))),
    }));
    const ended = await interpreter(machine, executions);
    const unused = aws.faults.list().filter(({ struck }) => struck === 0);
    assert.deepEqual(unused, [], "a fault struck nothing");
    return ended;
  };
}

function ownOf({ name }: Scenario, who: string): string {
  return `${name}-${who}`;
}

/** Throws AssertionError unless both ended as they had to, and in the same way: how many events they have in common. */
function compared(scenario: Scenario, ours: Ended | undefined, theirs: Ended | undefined): number {
  const { name, end } = scenario;
  assert.ok(ours && theirs, `${name}: was not run`);
  for (const { output, error, cause } of [ours, theirs])
    assert.equal(error ?? JSON.parse(output ?? "{}").status, end, `${name}: ${cause}`);
  const here = passageOf(ours, ownOf(scenario, "ours"));
  const there = passageOf(theirs, ownOf(scenario, "moto"));
  const only = [
    ...without(here, there).map((line) => `only local AWS: ${line}`),
    ...without(there, here).map((line) => `only moto: ${line}`),
  ];
  assert.ok(only.length === 0, [`${name}:`, ...only.map((line) => line.slice(0, 2000))].join("\n"));
  return here.length;
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
