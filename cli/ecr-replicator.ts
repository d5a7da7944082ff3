#!/usr/bin/env node
import { parseRequest } from "../core/model/request.ts";
import manifest from "../package.json" with { type: "json" };
import { type CopyArguments, parseCommand } from "./arguments.ts";
import { copyHere } from "./copy-here.ts";
import { copyThere } from "./copy-there.ts";
import { exitCode, failureJson, failureText } from "./failure-text.ts";
import { help } from "./help.ts";
import { openProgress, type Progress } from "./progress.ts";
import { reportText } from "./report-text.ts";

// Whoever reads may have had enough, as `head` has.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

process.exitCode = await main(process.argv.slice(2));

/** Runs a command line, and says how it ended: 0 done, 1 failed, 2 wrong usage. */
async function main(argv: readonly string[]): Promise<number> {
  try {
    const command = parseCommand(argv);
    if (command.name === "copy") await copy(command.copy);
    else process.stdout.write(command.name === "help" ? help() : `${manifest.version}\n`);
    return 0;
  } catch (error) {
    // The arguments may be what failed, so this one is looked for among them.
    if (argv.includes("--json")) process.stdout.write(failureJson(error));
    process.stderr.write(failureText(error));
    return exitCode(error);
  }
}

async function copy({ fields, stateMachine, json, ...place }: CopyArguments): Promise<void> {
  const request = parseRequest(fields);
  const progress = openProgress(process.stderr);
  endOnSignal(
    progress,
    stateMachine === undefined ? "the same command finishes it" : "the execution goes on",
  );
  progress.doing("comparing source and destination");
  const copying = stateMachine
    ? copyThere(stateMachine, request, progress)
    : copyHere(request, progress, place);
  const report = await copying.finally(() => progress.end());
  process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : reportText(report));
}

/** On Ctrl-C and its like, gives the terminal back and ends as a shell expects: with 128 and the signal's number. */
function endOnSignal(progress: Progress, consequence: string): void {
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    process.on(signal, () => {
      progress.end();
      process.stderr.write(`ecr-replicator: interrupted; ${consequence}\n`);
      process.exit(code);
    });
  }
}
