import { arnMatches, matches } from "./wildcard.ts";

/** What is known of a call when conditions are evaluated, by condition key. */
export type RequestContext = Readonly<Record<string, string | undefined>>;

/** One key of a Condition block. */
export interface Condition {
  readonly operator: string;
  readonly key: string;
  readonly values: readonly string[];
}

const OPERATORS: Record<string, (pattern: string, value: string) => boolean> = {
  StringEquals: (pattern, value) => pattern === value,
  StringLike: matches,
  ArnEquals: arnMatches,
  ArnLike: arnMatches,
  Bool: (pattern, value) => pattern.toLowerCase() === value,
};
const KEYS = [
  "sts:ExternalId",
  "aws:PrincipalArn",
  "aws:PrincipalAccount",
  "aws:SourceArn",
  "aws:SourceAccount",
  "aws:SecureTransport",
];

/** The conditions of a statement; throws on an operator or a key that this IAM does not evaluate. */
export function parseConditions(block: unknown, where: string): Condition[] {
  return Object.entries((block ?? {}) as Record<string, Record<string, unknown>>).flatMap(
    ([operator, keys]) =>
      Object.entries(keys).map(([key, values]) => parseCondition({ operator, key, values, where })),
  );
}

/** Whether all conditions hold; a key that the call does not have makes its condition false. */
export function holds(conditions: readonly Condition[], context: RequestContext): boolean {
  return conditions.every(({ operator, key, values }) => {
    const value = context[key.toLowerCase()];
    return value !== undefined && values.some((pattern) => OPERATORS[operator]?.(pattern, value));
  });
}

function parseCondition(raw: { operator: string; key: string; values: unknown; where: string }): Condition {
  const { operator, key, where } = raw;
  if (!(operator in OPERATORS)) {
    throw new Error(
      `${where}: condition operator ${operator} is not supported; ${Object.keys(OPERATORS).join(", ")} are`,
    );
  }
  if (!KEYS.some((known) => known.toLowerCase() === key.toLowerCase())) {
    throw new Error(`${where}: condition key ${key} is not supported; ${KEYS.join(", ")} are`);
  }
  const values = (Array.isArray(raw.values) ? raw.values : [raw.values]).map(String);
  return { operator, key, values };
}
