import type { DistributedMap } from "./definition.ts";
import type { MapSettings } from "./distributed-map.ts";
import { Failure } from "./failure.ts";
import type { Machine } from "./machine.ts";
import type { Objects } from "./objects.ts";

/** The items of a Map Run. */
export interface Items {
  readonly total: number;
  /** The items from the given index on. */
  readonly from: (index: number) => AsyncIterable<unknown> | Iterable<unknown>;
}

/** What items are read with. */
export interface Reading {
  readonly map: DistributedMap;
  readonly settings: MapSettings;
  readonly machine: Machine;
  readonly objects: Objects;
}

/** Finds the items of a map; throws a Failure, States.Runtime or States.ItemReaderFailed. */
export async function readItems(reading: Reading): Promise<Items> {
  const { map, settings } = reading;
  if (!settings.reader) return listed(settings.items, map.maxItems);
  if (map.inputType === "JSON") return listedInFile(reading);
  // Read once to count and check the lines, since tolerated percentages are of the total, and again to run them.
  let total = 0;
  for await (const _ of lines(reading)) total += 1;
  return {
    total,
    from: async function* (index) {
      let position = 0;
      for await (const item of lines(reading)) if (position++ >= index) yield item;
    },
  };
}

function listed(items: unknown, most: number): Items {
  if (!Array.isArray(items))
    throw new Failure("States.Runtime", "The items of the Map state are no array", { terminal: true });
  const taken = items.slice(0, most);
  return { total: taken.length, from: (index) => taken.slice(index) };
}

async function listedInFile(reading: Reading): Promise<Items> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of content(reading)) chunks.push(chunk);
  const items = parse(Buffer.concat(chunks).toString("utf8"), "The file");
  if (!Array.isArray(items)) throw failed("The file is no JSON array");
  return listed(items, reading.map.maxItems);
}

async function* lines(reading: Reading): AsyncGenerator<unknown> {
  let number = 0;
  let taken = 0;
  for await (const line of split(content(reading))) {
    number += 1;
    if (line.trim() === "") continue;
    if (taken++ >= reading.map.maxItems) return;
    yield parse(line, `Line ${number}`);
  }
}

async function* split(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
  yield rest + decoder.decode();
}

async function* content({ settings, machine, objects }: Reading): AsyncGenerator<Uint8Array> {
  const { Bucket: bucket, Key: key } = settings.reader ?? {};
  if (typeof bucket !== "string" || typeof key !== "string" || key === "")
    throw failed(`Bucket ${JSON.stringify(bucket)} and Key ${JSON.stringify(key)} must be texts`);
  try {
    yield* await objects.read(machine, { bucket, key });
  } catch (error) {
    throw failed((error as Error).message);
  }
}

function parse(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw failed(`${what} is no JSON: ${(error as Error).message}`);
  }
}

function failed(cause: string): Failure {
  return new Failure("States.ItemReaderFailed", cause);
}
