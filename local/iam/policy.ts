import { type Condition, holds, parseConditions, type RequestContext } from "./condition.ts";
import { arnMatches, matches } from "./wildcard.ts";

/** One statement of an identity policy. */
export interface Statement {
  readonly effect: "Allow" | "Deny";
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions: readonly Condition[];
}

/** One question to a policy: may this be done to that? */
export interface Question {
  readonly action: string;
  readonly resource: string;
  readonly context: RequestContext;
}

/** The statements of an identity policy document; throws on everything that this IAM does not enforce. */
export function parsePolicy(document: unknown, where: string): Statement[] {
  return rawStatements(document, where).map((raw) => {
    onlyFields(raw, ["Sid", "Effect", "Action", "Resource", "Condition"], where);
    return {
      effect: parseEffect(raw["Effect"], where),
      actions: strings(raw["Action"], `${where}: Action`),
      resources: strings(raw["Resource"], `${where}: Resource`).map((resource) =>
        checkResource(resource, where),
      ),
      conditions: parseConditions(raw["Condition"], where),
    };
  });
}

/** What the statements say: a Deny wins, then an Allow, and no match is no permission. */
export function decide(
  statements: readonly Statement[],
  question: Question,
): "allowed" | "denied" | "unmentioned" {
  const relevant = statements.filter((statement) => applies(statement, question));
  if (relevant.some(({ effect }) => effect === "Deny")) return "denied";
  return relevant.length > 0 ? "allowed" : "unmentioned";
}

function applies(statement: Statement, { action, resource, context }: Question): boolean {
  return (
    statement.actions.some((pattern) => matches(pattern.toLowerCase(), action.toLowerCase())) &&
    statement.resources.some((pattern) => arnMatches(pattern, resource)) &&
    holds(statement.conditions, context)
  );
}

/** The statements of any policy document as plain objects. */
export function rawStatements(document: unknown, where: string): Record<string, unknown>[] {
  const statements = (document as { Statement?: unknown } | undefined)?.Statement;
  const list = Array.isArray(statements) ? statements : [statements];
  if (!list.every((entry) => typeof entry === "object" && entry !== null))
    throw new Error(`${where}: Statement is missing`);
  return list;
}

/** Allow or Deny; throws on anything else. */
export function parseEffect(effect: unknown, where: string): "Allow" | "Deny" {
  if (effect === "Allow" || effect === "Deny") return effect;
  throw new Error(`${where}: Effect is ${JSON.stringify(effect)}; Allow or Deny would be accepted`);
}

/** A string or a list of strings as a list; throws on anything else. */
export function strings(value: unknown, where: string): string[] {
  const list = Array.isArray(value) ? value : [value];
  if (list.length > 0 && list.every((entry) => typeof entry === "string")) return list;
  throw new Error(`${where} is ${JSON.stringify(value)}; a string or a list of strings would be accepted`);
}

/** Throws when a statement has a field that would not be enforced. */
export function onlyFields(raw: Record<string, unknown>, known: readonly string[], where: string): void {
  const unknown = Object.keys(raw).filter((field) => !known.includes(field));
  if (unknown.length > 0) throw new Error(`${where}: ${unknown.join(", ")} is not supported by local AWS`);
}

function checkResource(resource: string, where: string): string {
  if (resource === "*" || /^arn(:[^:]*){4}:.+$/s.test(resource)) return resource;
  throw new Error(`${where}: Resource ${resource} is neither "*" nor an ARN of six parts`);
}
