import { Refusal } from "../refusal.ts";
import { PAYLOAD_LIMIT } from "./failure.ts";

const NAME = /^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}]{1,80}$/u;

type Request = Readonly<Record<string, unknown>>;

/** A required ARN of Step Functions; throws InvalidArn. */
export function arn(request: Request, field: string): string {
  const value = request[field];
  if (
    typeof value === "string" &&
    /^arn:[^:]+:states:[^:]+:\d{12}:(stateMachine|execution|mapRun):.+$/.test(value)
  )
    return value;
  throw new Refusal("InvalidArn", `Invalid Arn: 'Invalid ARN prefix: ${value}' at '${field}'`);
}

/** The execution's name, 1 to 80 characters without those the API forbids, or undefined; throws InvalidName. */
export function name(request: Request): string | undefined {
  const value = request["name"];
  if (value === undefined || (typeof value === "string" && NAME.test(value))) return value;
  throw new Refusal("InvalidName", `Invalid Name: '${value}'`);
}

/** The execution's input as JSON text; throws InvalidExecutionInput or, when it is too long, ValidationException. */
export function input(request: Request): string {
  const value = request["input"] ?? "{}";
  if (typeof value !== "string") throw new Refusal("SerializationException", "input is not a string");
  if (Buffer.byteLength(value) > PAYLOAD_LIMIT) throw tooLong("input", PAYLOAD_LIMIT);
  try {
    JSON.parse(value);
    return value;
  } catch (error) {
    throw new Refusal(
      "InvalidExecutionInput",
      `Invalid State Machine Execution Input: '${(error as Error).message}'`,
    );
  }
}

/** A text that is one of the known values, or undefined; throws ValidationException. */
export function oneOf(request: Request, field: string, known: readonly string[]): string | undefined {
  const value = request[field];
  if (value === undefined || (typeof value === "string" && known.includes(value))) return value;
  throw invalid(field, `Member must satisfy enum value set: [${known.join(", ")}]`);
}

/** An optional text of at most so many characters; throws ValidationException. */
export function text(request: Request, field: string, most: number): string | undefined {
  const value = request[field];
  if (value === undefined || (typeof value === "string" && value.length <= most)) return value;
  throw tooLong(field, most);
}

function tooLong(field: string, most: number): Refusal {
  return invalid(field, `Member must have length less than or equal to ${most}`);
}

function invalid(field: string, constraint: string): Refusal {
  return new Refusal(
    "ValidationException",
    `1 validation error detected: Value at '${field}' failed to satisfy constraint: ${constraint}`,
  );
}
