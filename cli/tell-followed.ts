import type { Followed } from "./follow-run.ts";
import { runView } from "./run-state-text.ts";
import { tellRun } from "./tell-run.ts";

/** Prints how a run on a state machine went that was followed to its end in a live view, and gives the process's exit status. */
export function tellFollowed(followed: Followed, json: boolean): number {
  // On a terminal the live view has left it there.
  if (!json && !followed.report && !(process.stdout.isTTY && process.stderr.isTTY)) tellState(followed);
  return json ? tellJson(followed) : tellRun(followed, false);
}

/** Prints how a run on a state machine goes or went, and gives the process's exit status. */
export function tellLooked(followed: Followed, json: boolean): number {
  if (json) return tellJson(followed);
  if (followed.report) process.stdout.write(`${followed.state.execution}\n`);
  else tellState(followed);
  return tellRun(followed, false);
}

function tellState({ state }: Followed): void {
  process.stdout.write(`${runView(state).block.join("\n")}\n`);
}

function tellJson(followed: Followed): number {
  const { status, ...state } = followed.state;
  // The report has a status of its own.
  return tellRun(followed, true, { ...state, executionStatus: status });
}
