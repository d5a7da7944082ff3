import type { BusEvent } from "./event.ts";
import { parseTransformer } from "./input-transformer.ts";
import { atPath, parseJsonPath } from "./json-path.ts";

/** The JSON text that a target gets of an event. */
export type TargetInput = (event: BusEvent, rule: { arn: string; name: string }) => string;

const KINDS: Readonly<Record<string, (given: unknown, where: string) => TargetInput>> = {
  Input: parseConstant,
  InputPath: (given, where) => {
    const path = parseJsonPath(given, where);
    return (event) => JSON.stringify(atPath(event, path) ?? null);
  },
  InputTransformer: parseTransformer,
};

/** What Input, InputPath or InputTransformer of a target make of an event, or the event itself; throws an Error for two of them. */
export function parseTargetInput(target: Readonly<Record<string, unknown>>, where: string): TargetInput {
  const given = Object.keys(KINDS).filter((kind) => target[kind] !== undefined);
  if (given.length > 1) throw new Error(`${where} has ${given.join(" and ")}; one of them would be accepted`);
  const [kind] = given;
  const parse = kind === undefined ? undefined : KINDS[kind];
  return parse ? parse(target[kind ?? ""], `${where}.${kind}`) : (event) => JSON.stringify(event);
}

function parseConstant(given: unknown, where: string): TargetInput {
  try {
    if (typeof given !== "string") throw new Error("no text");
    JSON.parse(given);
    return () => given;
  } catch (error) {
    throw new Error(`${where} is not JSON (${(error as Error).message})`);
  }
}
