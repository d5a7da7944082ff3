#!/usr/bin/env node
import { parseRequest } from "../core/model/request.ts";
import manifest from "../package.json" with { type: "json" };
import { type Command, parseCommand } from "./arguments.ts";
import type { CopyArguments } from "./copy-arguments.ts";
import { copyHere } from "./copy-here.ts";
import { copyThere } from "./copy-there.ts";
import { exitCode, failureJson, failureText } from "./failure-text.ts";
import { help } from "./help.ts";
import { endOnSignal } from "./interruption.ts";
import { openProgress } from "./progress.ts";
import { runRule, startRule } from "./run-rule.ts";
import { showStatus } from "./show-status.ts";
import { tellRun } from "./tell-run.ts";

// Whoever reads may have had enough, as `head` has.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

process.exitCode = await main(process.argv.slice(2));

/** Runs a command line, and says how it ended: 0 done, 1 failed, 2 wrong usage. */
async function main(argv: readonly string[]): Promise<number> {
  try {
    return (await run(parseCommand(argv))) ?? 0;
  } catch (error) {
    // The arguments may be what failed, so this one is looked for among them.
    if (argv.includes("--json")) process.stdout.write(failureJson(error));
    process.stderr.write(failureText(error));
    return exitCode(error);
  }
}

async function run(command: Command): Promise<number | undefined> {
  switch (command.name) {
    case "copy":
      return copy(command.copy);
    case "plan":
    case "sync":
      return runRule(command.run);
    case "start":
      return void (await startRule(command.start));
    case "status":
      return showStatus(command.status);
    default:
      process.stdout.write(command.name === "help" ? help() : `${manifest.version}\n`);
  }
}

async function copy({ fields, stateMachine, json, ...place }: CopyArguments): Promise<number> {
  const request = parseRequest(fields);
  const progress = openProgress(process.stderr);
  endOnSignal(
    progress,
    stateMachine === undefined ? "the same command finishes it" : "the execution goes on",
  );
  progress.doing("comparing source and destination");
  const copying = stateMachine
    ? copyThere(stateMachine, request, progress)
    : copyHere(request, progress, place).then((report) => ({ report }));
  return tellRun(await copying.finally(() => progress.end()), json);
}
