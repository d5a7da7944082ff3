import { Failure } from "../core/errors.ts";
import type { CaughtFailure } from "../core/steps/report.ts";

/** What Step Functions gives to a catcher: for a function, `Cause` is the JSON of what it threw. */
export interface Caught {
  readonly Error: string;
  readonly Cause?: string;
}

/** The error to throw from a function, so that side and operation arrive at the catcher: its message is JSON. */
export function encodeFailure(error: unknown): Error {
  const { name, side, operation, message } =
    error instanceof Failure ? error : { ...named(error), side: undefined, operation: undefined };
  const encoded = new Error(JSON.stringify({ side, operation, message }));
  encoded.name = name;
  // Never none: without a text, the runtime loses name and message (aws-lambda-ric 3, toRapidResponse).
  encoded.stack = (error instanceof Error && error.stack) || "";
  return encoded;
}

function named(error: unknown): { name: string; message: string } {
  // Field by field: an error's message is not enumerable, and a spread would lose it.
  return error instanceof Error
    ? { name: error.name, message: error.message }
    : { name: "Error", message: String(error) };
}

/** What a catcher was given, read back; what is not in our form, such as a timeout, keeps its own text. */
export function decodeFailure({ Error: name, Cause: cause = "" }: Caught): CaughtFailure {
  const { errorMessage } = parse(cause);
  const { side, operation, message } = thrownIn({ Error: name, Cause: cause });
  return {
    name,
    side: side === "source" || side === "destination" ? side : undefined,
    operation: typeof operation === "string" ? operation : undefined,
    message: typeof message === "string" ? message : typeof errorMessage === "string" ? errorMessage : cause,
  };
}

/** What a function of ours has thrown as JSON; empty when what was caught is not in our form. */
export function thrownIn({ Cause: cause = "" }: Caught): Record<string, unknown> {
  const { errorMessage } = parse(cause);
  return typeof errorMessage === "string" ? parse(errorMessage) : {};
}

function parse(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}
