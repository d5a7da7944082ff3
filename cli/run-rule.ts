import { parseRun, type Run } from "../core/model/run.ts";
import { findMachine } from "./deployed.ts";
import { Execution } from "./execution.ts";
import { followRun } from "./follow-run.ts";
import { endOnSignal } from "./interruption.ts";
import { openLive } from "./live.ts";
import type { RuleArguments, RunArguments } from "./rule-arguments.ts";
import { readRule } from "./rule-file.ts";
import { runHere } from "./run-here.ts";
import { RunProgress } from "./run-progress.ts";
import { tellFollowed } from "./tell-followed.ts";
import { tellRun } from "./tell-run.ts";

/** Plans or runs a rule, here or on a state machine, and gives the process's exit status. Throws Failure. */
export async function runRule(wanted: RunArguments): Promise<number> {
  const { rule, config, mode, stateMachine, json } = wanted;
  const run = parseRun({ ...(await readRule(config, rule)), ...(mode === "plan" && { mode }) });
  if (stateMachine === undefined) return tellRun(await here(run, wanted), json);
  const followed = await there(run, stateMachine);
  // As from here, unless there is no report to tell.
  return json && followed.report ? tellRun(followed, json) : tellFollowed(followed, json);
}

async function here(run: Run, { mode, allowInsecure }: RunArguments) {
  const progress = new RunProgress(openLive(process.stderr), Date.now, mode);
  endOnSignal(progress, "the same command finishes it");
  return runHere(run, progress, allowInsecure).finally(() => progress.end());
}

async function there(run: Run, stateMachine: string) {
  const execution = await Execution.start(stateMachine || (await findMachine()), run);
  const live = openLive(process.stderr);
  endOnSignal(live, "the execution goes on");
  live.note(`execution ${execution.arn}`);
  return followRun(execution, live).finally(() => live.end());
}

/** Starts a rule on a state machine, and says which execution it is. Throws Failure. */
export async function startRule({ rule, config, stateMachine, json }: RuleArguments): Promise<void> {
  const run = parseRun(await readRule(config, rule));
  const { arn } = await Execution.start(stateMachine || (await findMachine()), run);
  process.stdout.write(
    json ? `${JSON.stringify({ rule: run.name, execution: arn }, null, 2)}\n` : `${arn}\n`,
  );
}
