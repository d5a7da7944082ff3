import type { FailureCause } from "./report.ts";

/**
 * What the cause of a failed execution says, as far as it is in our form: as a Fail state gives it, or as Lambda has a
 * function's error where no state has come after it (Lambda Developer Guide, "Node.js errors").
 */
export function parseFailureCause(cause: string): Partial<FailureCause> {
  const fields = parse(cause);
  const { errorMessage } = fields as { errorMessage?: unknown };
  return typeof errorMessage === "string" ? { message: errorMessage, ...parse(errorMessage) } : fields;
}

function parse(text: string): Partial<FailureCause> {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}
