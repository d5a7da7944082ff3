import type { BusEvent } from "./event.ts";
import { type Matcher, parseMatcher } from "./matcher.ts";

/** Whether an event matches. */
export type EventPattern = (event: BusEvent) => boolean;

type Fields = Readonly<Record<string, unknown>>;
type Test = (fields: Fields) => boolean;

// The quota for a pattern, in characters.
const LONGEST = 4096;

/** An event pattern (EventBridge user guide, "Creating event patterns"); throws an Error that names the field that it cannot be of. */
export function parsePattern(pattern: unknown, where: string): EventPattern {
  const test = parseFields(pattern, where);
  const { length } = JSON.stringify(pattern);
  if (length > LONGEST)
    throw new Error(`${where} has ${length} characters; ${LONGEST} at most would be accepted`);
  return (event) => test(event as unknown as Fields);
}

function parseFields(pattern: unknown, path: string): Test {
  if (!isObject(pattern) || Object.keys(pattern).length === 0)
    throw new Error(`${path} is ${JSON.stringify(pattern)}; an object with fields would be accepted`);
  const tests = Object.entries(pattern).map(([name, value]) =>
    name === "$or" ? parseOr(value, `${path}.$or`) : parseField(name, value, `${path}.${name}`),
  );
  return (fields) => tests.every((test) => test(fields));
}

function parseField(name: string, value: unknown, path: string): Test {
  if (Array.isArray(value)) {
    const matchers = parseAlternatives(value, path);
    return (fields) => {
      const leaves = valuesOf(fields, name).filter((one) => !isObject(one));
      return matchers.some((matches) => matches(leaves));
    };
  }
  if (!isObject(value)) throw new Error(`${path} is ${JSON.stringify(value)}; a list would be accepted`);
  const test = parseFields(value, path);
  return (fields) => {
    const objects = valuesOf(fields, name).filter(isObject);
    // A field that is absent has no fields either, which `exists` may ask for; of a list one object must match in all.
    return (objects.length > 0 ? objects : [{}]).some(test);
  };
}

function parseAlternatives(values: readonly unknown[], path: string): Matcher[] {
  if (values.length === 0) throw new Error(`${path} is []; a list with values would be accepted`);
  return values.map((value) => parseMatcher(value, path));
}

function parseOr(patterns: unknown, path: string): Test {
  if (!Array.isArray(patterns) || patterns.length < 2)
    throw new Error(
      `${path} is ${JSON.stringify(patterns)}; a list of two patterns or more would be accepted`,
    );
  const tests = patterns.map((pattern, index) => parseFields(pattern, `${path}.${index}`));
  return (fields) => tests.some((test) => test(fields));
}

/** The values at a field, lists taken apart. */
function valuesOf(fields: Fields, name: string): unknown[] {
  if (!Object.hasOwn(fields, name)) return [];
  return [fields[name]].flat(Number.POSITIVE_INFINITY);
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
