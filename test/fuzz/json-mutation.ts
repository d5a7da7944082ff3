import fc from "fast-check";
import { type WriteJson, writtenArchives } from "./written-archives.ts";

/** One change of a document of an archive: where, and what comes there. */
export interface JsonChange {
  /** Which of the documents, and which of its values, counted around. */
  readonly document: number;
  readonly value: number;
  readonly what: "replace" | "remove" | "before" | "after" | "repeat" | "rename";
  /** What comes there, as JSON or as what only looks like it. */
  readonly text: string;
}

const odd = [
  ...'null true 0 -1 1.5 1e999 -0 9007199254740993 4294967296 {} [] [[]] [null] [{}] "" "\\u0000"'.split(" "),
  ...[
    '"\\u001b[2J\\u202e\\n"',
    '"\\ud800"',
    '"__proto__"',
    '"../../x"',
    '"/x"',
    '"."',
    '"index.json"',
    '"manifest.json"',
  ],
  ...['{"__proto__":{"a":1}}', '{"toString":1,"valueOf":1}', '{"constructor":null}', '{"length":1e9}'],
  ...[
    `"sha256:${"0".repeat(64)}"`,
    `"sha512:${"0".repeat(128)}"`,
    `"SHA256:${"A".repeat(64)}"`,
    '"app:1"',
    '"@"',
    '":"',
  ],
  ...['"application/vnd.oci.image.index.v1+json"', '"application/vnd.docker.distribution.manifest.v1+json"'],
  ...["", "[", '{"', "NaN", "'a'", "\ufeff1", "\0"],
];

const deep = fc.integer({ min: 1, max: 20_000 }).map((depth) => `${"[".repeat(depth)}${"]".repeat(depth)}`);
const long = fc
  .tuple(
    fc.constantFrom("a", "/", "a/", "../", "\\u0007", "é", "\u{1f600}", ":", "\\\\"),
    fc.integer({ min: 1, max: 9_000 }),
  )
  .map(([part, times]) => `"${part.repeat(times)}"`);
const digits = fc.integer({ min: 1, max: 2_000 }).map((length) => "9".repeat(length));
const text = fc.oneof(
  { arbitrary: fc.constantFrom(...odd), weight: 6 },
  { arbitrary: fc.json({ maxDepth: 3 }), weight: 2 },
  { arbitrary: fc.oneof(deep, long, digits), weight: 1 },
);

/** Changes that a document can have suffered. */
export const jsonChange: fc.Arbitrary<JsonChange> = fc.record({
  document: fc.nat(30),
  value: fc.nat(60),
  what: fc.constantFrom("replace", "replace", "replace", "remove", "before", "after", "repeat", "rename"),
  text,
});

/** One of the archives with some changes, written so that all else in it is right. */
export function changedArchive(archive: number, changes: readonly JsonChange[]): Uint8Array {
  const written = writtenArchives[archive % writtenArchives.length];
  if (!written) throw new RangeError("no archive is written");
  let documents = 0;
  written.write((value) => `${documents++}${JSON.stringify(value)}`);
  let next = 0;
  const json: WriteJson = (value) => {
    const position = next++;
    return changed(
      value,
      changes.filter(({ document }) => document % documents === position),
    );
  };
  return written.write(json);
}

/** A value and where it stands: nowhere for the whole document. */
interface Slot {
  readonly holder: Record<string, unknown> | unknown[];
  readonly key: string;
}

/** The document as text. What comes into it stands there as a marker first, since it need not be JSON. */
function changed(document: object, changes: readonly JsonChange[]): string {
  const root: Record<string, unknown> = { "": structuredClone(document) };
  const texts: string[] = [];
  for (const change of changes) {
    const slots = slotsOf(root);
    const slot = slots[change.value % slots.length];
    if (slot) apply(slot, change, `@${texts.push(change.text) - 1}@`);
  }
  const written = JSON.stringify(root[""]) ?? "";
  return written.replace(/"@(\d+)@"/g, (_, at) => texts[Number(at)] ?? "").replace(/@(before|after)@/g, "");
}

function slotsOf(holder: Slot["holder"]): Slot[] {
  return Object.entries(holder).flatMap(([key, value]) => [
    { holder, key },
    ...(typeof value === "object" && value !== null ? slotsOf(value as Slot["holder"]) : []),
  ]);
}

function apply({ holder, key }: Slot, { what, text }: JsonChange, marker: string): void {
  const members = holder as Record<string, unknown>;
  const isItem = Array.isArray(holder);
  if (what === "replace" || key === "") members[key] = marker;
  else if (what === "remove") isItem ? holder.splice(Number(key), 1) : delete members[key];
  else if (what === "repeat" && isItem)
    holder.push(...Array(Math.min(text.length, 1_100)).fill(holder[Number(key)]));
  else if (isItem) holder.splice(Number(key), 0, marker);
  else if (what === "rename") rename(members, key, "__proto__");
  else duplicate(members, key, what === "before" ? marker : undefined, marker);
}

/** The same member under another name, in its place. */
function rename(members: Record<string, unknown>, key: string, name: string): void {
  const value = members[key];
  delete members[key];
  Object.defineProperty(members, name, { value, enumerable: true, configurable: true, writable: true });
}

/** The same member twice: the one that is added comes before or after it. */
function duplicate(members: Record<string, unknown>, key: string, before: unknown, added: unknown): void {
  const value = members[key];
  delete members[key];
  members[`@before@${key}`] = before === undefined ? value : added;
  members[`@after@${key}`] = before === undefined ? added : value;
}
