import { Failure } from "../core/errors.ts";

/** A failure as a person reads it. What is no Failure is a fault of this program, and is shown with its stack. */
export function failureText(error: unknown): string {
  if (!(error instanceof Failure)) return `ecr-replicator: ${(error as Error).stack ?? error}\n`;
  if (error.operation === "ReadArguments") {
    return `ecr-replicator: ${error.message}\nTry 'ecr-replicator --help'.\n`;
  }
  return `ecr-replicator: ${error.name}: ${error.message}\n`;
}

/** A failure as a program reads it: the fields of a failed execution's error and cause, as JSON. */
export function failureJson(error: unknown): string {
  return `${JSON.stringify(failureFields(error), null, 2)}\n`;
}

/** The fields of a failed execution's error and cause. */
export function failureFields(error: unknown): object {
  const { name, message } = error as Error;
  const { side, operation } = error instanceof Failure ? error : {};
  return { error: name, side, operation, message };
}

/** How the process ends after a failure: 2 for wrong usage, else 1. */
export function exitCode(error: unknown): 1 | 2 {
  return error instanceof Failure && error.name === "RequestInvalid" ? 2 : 1;
}
