import { invalid, readStateMachine, text, type Values } from "./option.ts";

/** Which rule is meant, and on which state machine. */
export interface RuleArguments {
  /** The rule's name; the only one, when absent. */
  readonly rule?: string;
  /** The file that it is in. */
  readonly config: string;
  /** An ARN; empty for that which is deployed. */
  readonly stateMachine?: string;
  readonly json: boolean;
}

/** What `plan` and `sync` are to do: on a state machine, or, when there is none, in this process. */
export interface RunArguments extends RuleArguments {
  readonly mode: "plan" | "apply";
  /** Whether registries on this machine, and private addresses, may be read from. */
  readonly allowInsecure: boolean;
}

/** What `status` is to look at. */
export interface StatusArguments {
  /** An execution's ARN or name; the newest, when absent. */
  readonly execution?: string;
  /** An ARN; that which is deployed, when absent. */
  readonly stateMachine?: string;
  readonly once: boolean;
  readonly json: boolean;
}

const ruleOptions = {
  rule: text,
  config: text,
  "state-machine": text,
  json: { type: "boolean" },
} as const;

/** The options of each command that is about rules. */
export const ruleCommandOptions = {
  plan: { ...ruleOptions, "allow-insecure": { type: "boolean" } },
  sync: { ...ruleOptions, "allow-insecure": { type: "boolean" } },
  start: ruleOptions,
  status: { "state-machine": text, json: { type: "boolean" }, once: { type: "boolean" } },
} as const;

/** Where rules are, unless it is said. */
const defaultConfig = "replication.yaml";

/** An execution's ARN, of a state machine and not of a Map Run (Step Functions API Reference, StartExecution). */
const executionForm = /^(arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:execution:[\w-]+:)?[^:/\s]{1,80}$/;

/** Reads the arguments and options of `start`, and those that `plan` and `sync` have in common with it. Throws `RequestInvalid`. */
export function readRuleArguments(
  command: string,
  positionals: readonly string[],
  values: Values,
): RuleArguments {
  const [positional] = atMostOne(command, "RULE", positionals);
  const option = values["rule"] as string | undefined;
  if (positional !== undefined && option !== undefined) {
    throw invalid(`the rule is given twice: '${positional}' and '${option}'`);
  }
  const stateMachine = values["state-machine"];
  return {
    rule: positional ?? option,
    config: (values["config"] as string | undefined) ?? defaultConfig,
    stateMachine: stateMachine === "" ? "" : readStateMachine(stateMachine),
    json: values["json"] === true,
  };
}

/** Reads the arguments and options of `plan` and `sync`. Throws `RequestInvalid`. */
export function readRun(
  command: "plan" | "sync",
  positionals: readonly string[],
  values: Values,
): RunArguments {
  const rule = readRuleArguments(command, positionals, values);
  const allowInsecure = values["allow-insecure"] === true;
  if (rule.stateMachine !== undefined && allowInsecure) {
    throw invalid("--allow-insecure: is for copying from here, and a state machine allows no such thing");
  }
  return { ...rule, mode: command === "plan" ? "plan" : "apply", allowInsecure };
}

/** Reads the arguments and options of `status`. Throws `RequestInvalid`. */
export function readStatus(positionals: readonly string[], values: Values): StatusArguments {
  const [execution] = atMostOne("status", "EXECUTION", positionals);
  if (execution !== undefined && !executionForm.test(execution)) {
    throw invalid(
      `'${execution}' is no execution; expected its name, or arn:aws:states:<region>:<account>:execution:<state machine>:<name>`,
    );
  }
  const stateMachine = readStateMachine(values["state-machine"] || undefined);
  if (execution?.startsWith("arn:") && stateMachine !== undefined) {
    throw invalid("--state-machine: the execution's ARN names its state machine; leave it out");
  }
  return { execution, stateMachine, once: values["once"] === true, json: values["json"] === true };
}

function atMostOne(command: string, what: string, positionals: readonly string[]): readonly string[] {
  if (positionals.length <= 1) return positionals;
  throw invalid(`${command} takes one argument, [${what}], and got ${positionals.length}`);
}
