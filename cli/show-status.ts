import { findMachine, newestExecution } from "./deployed.ts";
import { Execution } from "./execution.ts";
import { type Followed, followRun, lookAtRun } from "./follow-run.ts";
import { endOnSignal } from "./interruption.ts";
import { openLive } from "./live.ts";
import type { StatusArguments } from "./rule-arguments.ts";
import { tellFollowed, tellLooked } from "./tell-followed.ts";

/** Shows how a run on a state machine goes until it ends, or once, and gives the process's exit status. Throws Failure. */
export async function showStatus({ execution, stateMachine, once, json }: StatusArguments): Promise<number> {
  const found = Execution.of(await arnOf(execution, stateMachine));
  const first = await lookAtRun(found);
  if (first.state.status !== "RUNNING" || once) return tellLooked(first, json);
  return tellFollowed(await follow(found), json);
}

async function follow(execution: Execution): Promise<Followed> {
  const live = openLive(process.stderr);
  endOnSignal(live, "the execution goes on");
  return followRun(execution, live).finally(() => live.end());
}

/** The ARN of what was named, or of the newest execution. */
async function arnOf(execution: string | undefined, stateMachine: string | undefined): Promise<string> {
  if (execution?.startsWith("arn:")) return execution;
  const machine = stateMachine ?? (await findMachine());
  if (execution === undefined) return newestExecution(machine);
  // arn:<partition>:states:<region>:<account>:stateMachine:<name>, perhaps with a version or an alias.
  return `${machine.split(":").slice(0, 7).join(":").replace(":stateMachine:", ":execution:")}:${execution}`;
}
