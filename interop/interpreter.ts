import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { LocalAws } from "../local/aws.ts";
import type { Execution } from "../local/states/executions.ts";
import type { Machine } from "../local/states/machine.ts";
import { Missing } from "./check.ts";
import { ProgramFailed, run } from "./program.ts";

/** What is to be run of a state machine. */
export interface Started {
  readonly name: string;
  /** JSON text. */
  readonly input: string;
}

/** How an execution ended, with Step Functions' history of it. */
export interface Ended {
  readonly status: string;
  /** JSON text. */
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
  readonly history: readonly HistoryEvent[];
  /** Those of its Map Runs, in any order. */
  readonly children?: readonly Ended[];
}

/** An event of a history, with the details field of its type. */
export type HistoryEvent = Readonly<Record<string, unknown>> & { readonly type: string };

/** Runs executions of a state machine, one after the other. */
export type Interpreter = (machine: Machine, executions: readonly Started[]) => Promise<Ended[]>;

// The driver's exit status when what it needs is not there.
const CANNOT = 3;

/** Local AWS's own. */
export function ownInterpreter(aws: LocalAws): Interpreter {
  return async (machine, executions) => {
    const all: Ended[] = [];
    for (const { name, input } of executions) {
      const execution = aws.states.start(machine, input, name);
      await execution.ended;
      const children = aws.states.mapRunsOf(execution.arn).flatMap((mapRun) => mapRun.children);
      all.push({ ...endOf(execution), children: children.map(endOf) });
    }
    return all;
  };
}

function endOf({ ending, run: made }: Execution): Ended {
  return { status: "RUNNING", ...ending, history: made.history.events };
}

/** Moto's, whose states call local AWS. Throws Missing when it is not on this machine. */
export function motoInterpreter({ endpoint }: LocalAws, directory: string): Interpreter {
  return async ({ account, region, name, role, definition }, executions) => {
    const file = join(directory, `moto-${name}.json`);
    const described = { account, region, name, definition, roleArn: role.arn, executions };
    await writeFile(file, JSON.stringify(described));
    try {
      const printed = await run("python3", ["-B", "interop/moto/execute.py", endpoint, file], {
        seconds: 120,
      });
      return JSON.parse(String(printed)) as Ended[];
    } catch (error) {
      if (error instanceof ProgramFailed && error.status === CANNOT) throw new Missing(error.stdout.trim());
      throw error;
    }
  };
}
