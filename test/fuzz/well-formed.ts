import { posix } from "node:path";
import fc from "fast-check";
import { maxLinks } from "../../core/archive/archive-index.ts";
import type { Place } from "../../core/archive/random-access.ts";
import { base256, gnuLong, header, pax } from "../fakes/tar.ts";
import { type Segment, WatchedArchive } from "./watched-archive.ts";

/** An entry, and the ways there are to write it. */
export interface Entry {
  readonly kind: "file" | "hardLink" | "symlink" | "folder" | "device";
  readonly name: string;
  readonly target: string;
  /** Of a file, whose bytes are zeros. */
  readonly size: number;
  readonly dialect: "ustar" | "gnu" | "v7";
  readonly longName: "pax" | "gnu" | "prefix";
  readonly sizeIn: "octal" | "base256" | "pax";
}

const part = fc.oneof(
  { arbitrary: fc.constantFrom("a", "b", "c"), weight: 8 },
  { arbitrary: fc.constantFrom(".", "..", "", "\u00e9", "\u{1f600}", " ", "=\n", "\\"), weight: 2 },
  {
    arbitrary: fc
      .constantFrom("l", "\u00e9")
      .chain((text) => fc.integer({ min: 1, max: 160 }).map((n) => text.repeat(n))),
    weight: 1,
  },
);
const name = fc
  .tuple(
    fc.constantFrom("", "", "", "./", "/"),
    fc.array(part, { minLength: 1, maxLength: 4 }),
    fc.constantFrom("", "", "/"),
  )
  .map(([start, parts, end]) => `${start}${parts.join("/")}${end}` || "a");
const size = fc.oneof(
  { arbitrary: fc.nat(1_600), weight: 4 },
  { arbitrary: fc.constantFrom(0, 511, 512, 513, 4_096, 2 ** 33 - 1, 2 ** 33, 2 ** 45), weight: 1 },
  { arbitrary: fc.nat(2 ** 31 - 1), weight: 1 },
);

const entry: fc.Arbitrary<Entry> = fc.record({
  kind: fc.constantFrom("file", "file", "file", "hardLink", "symlink", "symlink", "folder", "device"),
  name,
  target: name,
  size,
  dialect: fc.constantFrom("ustar", "gnu", "v7"),
  longName: fc.constantFrom("pax", "gnu", "prefix"),
  sizeIn: fc.constantFrom("octal", "base256", "pax"),
});

/** The entries of a well-formed archive, in any order, with any names: some are links, and some are there twice. */
export const entries: fc.Arbitrary<Entry[]> = fc.array(entry, { maxLength: 24 });

const types = { file: "0", hardLink: "1", symlink: "2", folder: "5", device: "3" } as const;

/** A file or a link as an archive has it. */
export type Written = Place | { readonly kind: "hardLink" | "symlink"; readonly target: string };

/** An archive, and what was written, in the order in which it was. */
export interface WellFormed {
  readonly archive: WatchedArchive;
  readonly headers: number;
  readonly written: readonly (readonly [name: string, what: Written])[];
}

/** Writes an archive; without its end when that is false, as some programs do. */
export function writeArchive(all: readonly Entry[], ended = true): WellFormed {
  const segments: Segment[] = [];
  const written: [string, Written][] = [];
  let at = 0;
  for (const one of all) {
    const bytes = Buffer.concat(headersOf(one));
    segments.push({ offset: at, bytes });
    at += bytes.length;
    const { kind, target } = one;
    if (kind === "file") written.push([one.name, { offset: at, size: one.size }]);
    else if (kind === "hardLink" || kind === "symlink") written.push([one.name, { kind, target }]);
    at += kind === "file" ? Math.ceil(one.size / 512) * 512 : 0;
  }
  const total = at + (ended ? 1_024 : 0);
  const headers = segments.reduce((sum, { bytes }) => sum + bytes.length / 512, 2);
  return { archive: new WatchedArchive(total, segments), headers, written };
}

function headersOf(one: Entry): Uint8Array[] {
  const { kind, dialect, longName } = one;
  const isLink = kind === "hardLink" || kind === "symlink";
  const stated = kind === "file" ? one.size : 0;
  const linkName = isLink ? one.target : "";
  const [name, prefix] = nameFields(one);
  const long = {
    ...(name === undefined && { path: one.name }),
    ...(Buffer.byteLength(linkName) > 100 && { linkpath: linkName }),
  };
  const gnu = longName === "gnu";
  const records = { ...(gnu ? {} : long), ...(one.sizeIn === "pax" && { size: String(stated) }) };
  const size = { octal: stated, base256: base256(BigInt(stated)), pax: 0 }[one.sizeIn];
  const shape = { name: name ?? "short", prefix, type: types[kind], dialect, size };
  return [
    ...(gnu && long.linkpath ? [gnuLong("K", long.linkpath)] : []),
    ...(gnu && long.path ? [gnuLong("L", long.path)] : []),
    ...(Object.keys(records).length > 0 ? [pax(records)] : []),
    header({ ...shape, linkName: long.linkpath ? "short" : linkName }),
  ];
}

/** The name in the header, or in its two fields for one; undefined where there is no room for it. */
function nameFields({ name, longName, dialect }: Entry): [name?: string, prefix?: string] {
  const slash = name.indexOf("/", 1);
  const [prefix, rest] = [name.slice(0, slash), name.slice(slash + 1)];
  const splits =
    slash > 0 && rest !== "" && Buffer.byteLength(prefix) <= 155 && Buffer.byteLength(rest) <= 100;
  if (dialect === "ustar" && longName === "prefix" && splits) return [rest, prefix];
  return Buffer.byteLength(name) <= 100 ? [name] : [];
}

/** What a name stands for: a place, nothing, or what must be refused. */
export type Found = Place | undefined | "refused";

/** Unpacks in thought: another way to find what the index finds. */
export class Unpacked {
  readonly #files = new Map<string, Written>();

  constructor(written: WellFormed["written"]) {
    for (const [name, what] of written) this.#add(name, what);
  }

  #add(name: string, what: Written): void {
    const path = inside(name);
    if (path === "." || path === undefined || /(^|\/)\.\.(\/|$)/.test(name)) return;
    const linked =
      "kind" in what && what.kind === "hardLink" ? this.#files.get(inside(what.target) ?? "") : undefined;
    this.#files.set(path, linked ?? what);
  }

  names(): string[] {
    return [...this.#files.keys()];
  }

  find(name: string, links = 0): Found {
    const what = this.#files.get(name);
    if (!what) return links > 0 ? "refused" : undefined;
    if (!("kind" in what)) return what;
    const folder = what.kind === "symlink" ? posix.dirname(name) : ".";
    const target = what.target.startsWith("/") ? undefined : inside(`${folder}/${what.target}`);
    return target === undefined || links === maxLinks ? "refused" : this.find(target, links + 1);
  }
}

function inside(path: string): string | undefined {
  const plain = posix.normalize(path).replace(/(?<=.)\/$/s, "");
  return plain === ".." || plain.startsWith("../") || plain.startsWith("/") ? undefined : plain;
}
