import { parseNumeric } from "./numeric.ts";
import { parseText, TEXT_OPERATORS } from "./text-matcher.ts";

/** Whether the values that an event has at a field fulfil one alternative of a pattern; none is a field that is absent. */
export type Matcher = (values: readonly unknown[]) => boolean;

type Parse = (operand: unknown, path: string) => (value: unknown) => boolean;

const OPERATORS: Readonly<Record<string, Parse>> = {
  ...Object.fromEntries(TEXT_OPERATORS.map((operator) => [operator, textParser(operator)])),
  numeric: (operand, path) => {
    const test = parseNumeric(operand, path);
    return (value) => typeof value === "number" && test(value);
  },
  "anything-but": parseAnythingBut,
};

/** One alternative of a pattern: a value or an operator; throws an Error that names the operator that is not known. */
export function parseMatcher(alternative: unknown, path: string): Matcher {
  if (isScalar(alternative)) return (values) => values.includes(alternative);
  const [operator, operand] = onlyEntry(alternative, path);
  if (operator === "exists") return parseExists(operand, path);
  const parse = Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator] : undefined;
  if (!parse) {
    const known = [...Object.keys(OPERATORS), "exists"].join(", ");
    throw new Error(`${path}: operator ${operator} is not supported by local AWS; ${known} are`);
  }
  const test = parse(operand, `${path}.${operator}`);
  return (values) => values.some(test);
}

function parseExists(operand: unknown, path: string): Matcher {
  if (typeof operand !== "boolean")
    throw new Error(`${path}.exists is ${JSON.stringify(operand)}; true or false would be accepted`);
  return (values) => values.length > 0 === operand;
}

function textParser(operator: string): Parse {
  return (operand, path) => {
    const test = parseText(operator, operand, path);
    return (value) => typeof value === "string" && test(value);
  };
}

function parseAnythingBut(operand: unknown, path: string): (value: unknown) => boolean {
  if (typeof operand === "object" && operand !== null && !Array.isArray(operand)) {
    const [operator, unwanted] = onlyEntry(operand, path);
    const tests = listOf(unwanted, path).map((one) => parseUnwanted(operator, one, `${path}.${operator}`));
    return (value) => typeof value !== "string" || !tests.some((test) => test(value));
  }
  const unwanted = listOf(operand, path);
  const types = new Set(unwanted.map((value) => typeof value));
  if (types.size !== 1 || !(types.has("string") || types.has("number")))
    throw new Error(
      `${path} is ${JSON.stringify(operand)}; strings, numbers or one operator would be accepted`,
    );
  return (value) => !unwanted.includes(value);
}

function parseUnwanted(operator: string, operand: unknown, path: string): (text: string) => boolean {
  if (typeof operand !== "string" || operand === "" || !TEXT_OPERATORS.includes(operator))
    throw new Error(
      `${path} is ${JSON.stringify(operand)}; texts for ${TEXT_OPERATORS.join(", ")} would be accepted`,
    );
  return parseText(operator, operand, path);
}

function listOf(operand: unknown, path: string): unknown[] {
  const list = [operand].flat();
  if (list.length === 0) throw new Error(`${path} is []; a list with values would be accepted`);
  return list;
}

function onlyEntry(expression: unknown, path: string): [operator: string, operand: unknown] {
  const entries = typeof expression === "object" && expression !== null ? Object.entries(expression) : [];
  const [entry] = entries;
  if (!entry || entries.length > 1 || Array.isArray(expression))
    throw new Error(
      `${path} has ${JSON.stringify(expression)}; a text, a number, true, false, null or one operator would be accepted`,
    );
  return entry;
}

function isScalar(value: unknown): boolean {
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}
