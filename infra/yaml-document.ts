import {
  CORE_SCHEMA,
  constructFromEvents,
  EVENT_ID,
  type Event,
  getScalarValue,
  mergeTag,
  parseEvents,
  YAMLException,
} from "js-yaml";

/** A YAML text that was read: its value, and where the parts of it stand. */
export interface YamlDocument {
  readonly value: unknown;
  /** `line:column`, from 1, of a field or of an item of a list; of what is not in the text, where its parent stands. */
  readonly at: (path: readonly PropertyKey[]) => string;
}

/** Reads the one document of a YAML text. Throws an Error that begins with `line:column` and says what is wrong. */
export function readYaml(source: string): YamlDocument {
  try {
    const events = parseEvents(source, {});
    const documents = constructFromEvents(events, { source, schema: CORE_SCHEMA.withTags(mergeTag) });
    if (documents.length !== 1)
      throw new Error(`1:1: it has ${documents.length} YAML documents instead of one`);
    const offsets = offsetsOf(events, source);
    return { value: documents[0], at: (path) => lineAndColumn(source, nearest(offsets, path)) };
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    throw new Error(`${lineAndColumn(source, error.mark?.position ?? 0)}: ${error.reason}`);
  }
}

/** Where each path begins, in characters: a field with its name. Paths are kept as their JSON. */
function offsetsOf(events: readonly Event[], source: string): Map<string, number> {
  const offsets = new Map<string, number>();
  let next = 0;
  const walk = (path: readonly PropertyKey[], offset?: number): void => {
    const event = events[next++];
    if (event === undefined) return;
    offsets.set(JSON.stringify(path), offset ?? startOf(event));
    if (event.type !== EVENT_ID.MAPPING && event.type !== EVENT_ID.SEQUENCE) return;
    for (let item = 0; events[next]?.type !== EVENT_ID.POP; item++) {
      if (event.type === EVENT_ID.SEQUENCE) {
        walk([...path, item]);
        continue;
      }
      const key = events[next++];
      const name = key?.type === EVENT_ID.SCALAR ? getScalarValue(source, key) : item;
      walk([...path, name], key && startOf(key));
    }
    next++;
  };
  // The first event opens the document.
  next++;
  walk([]);
  return offsets;
}

function startOf(event: Event): number {
  if (event.type === EVENT_ID.SCALAR) return event.valueStart;
  if (event.type === EVENT_ID.ALIAS) return event.anchorStart;
  return "start" in event ? event.start : 0;
}

/** What an anchor stands for is in the text only once, elsewhere. */
function nearest(offsets: ReadonlyMap<string, number>, path: readonly PropertyKey[]): number {
  const found = offsets.get(JSON.stringify(path));
  return found ?? (path.length > 0 ? nearest(offsets, path.slice(0, -1)) : 0);
}

function lineAndColumn(source: string, offset: number): string {
  const before = source.slice(0, offset).split("\n");
  return `${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
}
