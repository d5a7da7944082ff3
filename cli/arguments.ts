import { parseArgs } from "node:util";
import { type CopyArguments, copyOptions, readCopy, requestOptions } from "./copy-arguments.ts";
import { invalid, list, type Values } from "./option.ts";
import {
  type RuleArguments,
  type RunArguments,
  readRuleArguments,
  readRun,
  readStatus,
  ruleCommandOptions,
  type StatusArguments,
} from "./rule-arguments.ts";

/** What to do: something with an image or a rule, or say something and end. */
export type Command =
  | { readonly name: "copy"; readonly copy: CopyArguments }
  | { readonly name: "plan" | "sync"; readonly run: RunArguments }
  | { readonly name: "start"; readonly start: RuleArguments }
  | { readonly name: "status"; readonly status: StatusArguments }
  | { readonly name: "help" | "version" };

/** The options that every command has. */
const always = {
  help: { type: "boolean", short: "h" },
  version: { type: "boolean" },
} as const;

const commandOptions: Readonly<Record<string, object>> = { copy: copyOptions, ...ruleCommandOptions };

const names = Object.keys(commandOptions);

const options = { ...copyOptions, ...ruleCommandOptions.plan, ...ruleCommandOptions.status, ...always };

/** Reads a command line, without node and script. Throws `RequestInvalid`, which says what would be understood. */
export function parseCommand(argv: readonly string[]): Command {
  const { values, positionals } = parse(withEmptyMachine(argv));
  const [command, ...rest] = positionals;
  if (values["help"] || command === "help" || argv.length === 0) return { name: "help" };
  if (values["version"]) return { name: "version" };
  checkOptions(command, values);
  switch (command) {
    case "copy":
      return { name: command, copy: readCopy(rest, values) };
    case "plan":
    case "sync":
      return { name: command, run: readRun(command, rest, values) };
    case "start":
      return { name: command, start: readRuleArguments(command, rest, values) };
    default:
      return { name: "status", status: readStatus(rest, values) };
  }
}

/** An option of another command would be without effect. */
function checkOptions(command: string | undefined, values: Values): void {
  const known = commandOptions[command ?? ""];
  const all = `${names.slice(0, -1).join(", ")} and ${names.at(-1)} are`;
  if (!known) {
    throw invalid(
      command === undefined
        ? `the command is missing: ${names.join(", ")}`
        : `'${command}' is no command; ${all}`,
    );
  }
  const strange = Object.keys(values).find((name) => !(name in known));
  if (strange === undefined) return;
  const others = names.filter((name) => strange in (commandOptions[name] ?? {}));
  throw invalid(`--${strange} is no option of ${command}, but of ${others.join(", ")}`);
}

/** Of the commands for rules, `--state-machine` may stand without an ARN. */
function withEmptyMachine(argv: readonly string[]): string[] {
  const command = argv.find((each) => !each.startsWith("-")) ?? "";
  if (!(command in ruleCommandOptions)) return [...argv];
  return argv.map((each, at) =>
    each === "--state-machine" && !argv[at + 1]?.startsWith("arn:") ? `${each}=` : each,
  );
}

function parse(argv: readonly string[]): { values: Values; positionals: string[] } {
  const { values, positionals } = parseAll(argv);
  const single = Object.entries(values).map(([name, value]) => [name, oneOf(name, value)]);
  return { values: Object.fromEntries(single), positionals };
}

/** The one value of an option; what is a list may be given in pieces. */
function oneOf(name: string, value: string | boolean | (string | boolean)[] | undefined) {
  if (!Array.isArray(value)) return value;
  if (requestOptions[name]?.read === list) return value.join(",");
  const [first, second] = value;
  if (second !== undefined) throw invalid(`--${name} is given twice: '${first}' and '${second}'`);
  return first;
}

function parseAll(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true });
  } catch (error) {
    // What follows the first sentence is advice that does not fit here.
    throw invalid((error as Error).message.split(/\.\s/)[0] ?? "");
  }
}
