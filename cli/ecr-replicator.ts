#!/usr/bin/env node
import { Failure } from "../core/errors.ts";
import type { Report } from "../core/model/report.ts";
import { parseRequest } from "../core/model/request.ts";
import manifest from "../package.json" with { type: "json" };
import { type CopyArguments, parseCommand, UsageError } from "./arguments.ts";
import { copyHere } from "./copy-here.ts";
import { copyThere } from "./copy-there.ts";
import { help } from "./help.ts";
import { openProgress } from "./progress.ts";
import { reportText } from "./report-text.ts";

process.exitCode = await main(process.argv.slice(2));

/** Runs a command line, and says how it ended: 0 done, 1 failed, 2 wrong usage. */
async function main(argv: readonly string[]): Promise<number> {
  try {
    const command = parseCommand(argv);
    if (command.name === "copy") return await copy(command.copy);
    process.stdout.write(command.name === "help" ? help() : `${manifest.version}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`ecr-replicator: ${error.message}\nTry 'ecr-replicator --help'.\n`);
    return 2;
  }
}

async function copy({ fields, stateMachine, json }: CopyArguments): Promise<number> {
  const progress = openProgress(process.stderr);
  try {
    const request = parseRequest(fields);
    const report = stateMachine
      ? await copyThere(stateMachine, request, progress)
      : await copyHere(request, progress);
    progress.end();
    process.stdout.write(json ? jsonText(report) : reportText(report));
    return 0;
  } catch (error) {
    progress.end();
    return fail(error, json);
  }
}

function fail(error: unknown, json: boolean): number {
  const { name, message } = error as Error;
  const { side, operation } = error instanceof Failure ? error : {};
  if (json) process.stdout.write(jsonText({ error: name, side, operation, message }));
  const where = [side, operation].filter(Boolean).join(", ");
  process.stderr.write(`ecr-replicator: ${name}${where ? ` (${where})` : ""}: ${message}\n`);
  return name === "RequestInvalid" ? 2 : 1;
}

function jsonText(value: Report | object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
