import type { BusEvent } from "./event.ts";
import { atPath, parseJsonPath } from "./json-path.ts";
import type { TargetInput } from "./target-input.ts";

type Values = (name: string) => unknown;

// The quotas for InputTemplate, in characters, and InputPathsMap.
const LONGEST = 8192;
const MOST_PATHS = 100;
// A JSON string, or a placeholder outside of one.
const PIECES = /"(?:[^"\\]|\\.)*"|<([^<>"]*)>/gs;
const PLACEHOLDER = /<([^<>]*)>/g;

const PREDEFINED: Readonly<
  Record<string, (event: BusEvent, rule: { arn: string; name: string }) => unknown>
> = {
  "aws.events.rule-arn": (_, { arn }) => arn,
  "aws.events.rule-name": (_, { name }) => name,
  "aws.events.event": ({ detail: _, ...rest }) => rest,
  "aws.events.event.json": (event) => event,
  "aws.events.event.ingestion-time": ({ time }) => time,
};

/** An input transformer (EventBridge user guide, "Input transformation"); throws an Error that names what is wrong with it. */
export function parseTransformer(given: unknown, where: string): TargetInput {
  const { InputPathsMap = {}, InputTemplate, ...rest } = (given ?? {}) as Record<string, unknown>;
  const unknown = Object.keys(rest).join(", ");
  if (unknown) throw new Error(`${where}: ${unknown} is not supported; InputPathsMap and InputTemplate are`);
  if (typeof InputTemplate !== "string" || InputTemplate.length === 0 || InputTemplate.length > LONGEST)
    throw new Error(`${where}.InputTemplate has to be a text of 1 to ${LONGEST} characters`);
  const paths = parsePaths(InputPathsMap, `${where}.InputPathsMap`);
  checkTemplate(InputTemplate, [...paths.keys(), ...Object.keys(PREDEFINED)], `${where}.InputTemplate`);
  return (event, rule) =>
    fill(InputTemplate, (name) => {
      const path = paths.get(name);
      return path ? atPath(event, path) : PREDEFINED[name]?.(event, rule);
    });
}

function parsePaths(map: unknown, where: string): Map<string, readonly string[]> {
  const entries = Object.entries(map as object);
  if (entries.length > MOST_PATHS)
    throw new Error(`${where} has ${entries.length} paths; ${MOST_PATHS} at most would be accepted`);
  return new Map(
    entries.map(([name, path]) => {
      if (!/^(?!aws\.)[A-Za-z0-9_-]+$/i.test(name))
        throw new Error(`${where}: name ${name} has to be of letters, digits, _ and -`);
      return [name, parseJsonPath(path, `${where}.${name}`)];
    }),
  );
}

function checkTemplate(template: string, known: readonly string[], where: string): void {
  for (const [, name = ""] of template.matchAll(PLACEHOLDER)) {
    if (!known.includes(name))
      throw new Error(`${where} has the placeholder <${name}>; ${known.join(", ")} would be accepted`);
  }
  try {
    JSON.parse(fill(template, () => 0));
  } catch (error) {
    throw new Error(`${where} is not JSON (${(error as Error).message})`);
  }
}

/** In quotes a value is spliced as text, which EventBridge does not escape; elsewhere as JSON. What is absent is an empty text. */
function fill(template: string, values: Values): string {
  return template.replace(PIECES, (piece, name?: string) =>
    name === undefined
      ? piece.replace(PLACEHOLDER, (_, inner: string) => textOf(values(inner) ?? ""))
      : JSON.stringify(values(name) ?? ""),
  );
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value).replaceAll('"', "");
}
