import { Failure } from "../core/errors.ts";

/** What the options of a command line were given as, by name. */
export type Values = Readonly<Record<string, string | boolean | undefined>>;

/** An option with a text; all its values are kept, so that none is lost in silence. */
export const text = { type: "string", multiple: true } as const;

/** Reads a list, such as `linux/amd64,linux/arm64`. */
export const list = (value: string) => value.split(",").map((part) => part.trim());

/** A version or an alias of a state machine may follow its name (Step Functions API, StartExecution). */
const stateMachineForm = /^arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:stateMachine:[\w-]+(:[\w.-]+)?$/;

/** The ARN in `--state-machine`, if it was given. Throws `RequestInvalid`. */
export function readStateMachine(value: string | boolean | undefined): string | undefined {
  if (typeof value !== "string" || stateMachineForm.test(value)) return value as string | undefined;
  throw invalid(
    `--state-machine: '${value}' is no state machine ARN; expected arn:aws:states:<region>:<account>:stateMachine:<name>`,
  );
}

/** Wrong usage, in one sentence. */
export function invalid(message: string): Failure {
  return new Failure("RequestInvalid", { operation: "ReadArguments" }, message);
}
