import type * as z from "zod";

/** Something that is wrong with a value that a person wrote, and where in it. */
export interface Problem {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** Everything that is wrong with a value by its definition; an unknown field is a problem at its own path. */
export function problemsOf(definition: z.ZodType, value: unknown): Problem[] {
  const { error } = definition.safeParse(value, { error: explain });
  return (error?.issues ?? []).flatMap((issue): Problem[] =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((field) => ({ path: [...issue.path, field], message: issue.message }))
      : [issue],
  );
}

/** Messages where the definition has none of its own. */
function explain(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === "unrecognized_keys") return `no such field; the fields are ${fieldsOf(issue.inst)}`;
  if (issue.code !== "invalid_type") return undefined;
  const { input, expected } = issue;
  if (input === undefined) return "is required";
  if (expected === "string" && typeof input === "number") return `${input} is a number; put it in quotes`;
  return `expected ${kinds[expected] ?? expected}, and it is ${kinds[kindOf(input)]}`;
}

const kinds: Readonly<Record<string, string>> = {
  string: "a text",
  object: "an object with fields",
  record: "an object with fields",
  array: "a list",
  null: "empty",
  number: "a number",
  boolean: "true or false",
};

function kindOf(input: unknown): string {
  if (input === null) return "null";
  return Array.isArray(input) ? "array" : typeof input;
}

function fieldsOf(definition: unknown): string {
  return Object.keys((definition as z.ZodObject).shape).join(", ");
}

/** What can be read, or undefined: what is wrong with it is said elsewhere. */
export function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
