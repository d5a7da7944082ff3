import fc from "fast-check";
import { base256, gnuLong, member, pax, type TarMember } from "../fakes/tar.ts";

/** One change of a header, after which its checksum is right again, or a member that is put before it. */
export interface HeaderChange {
  /** Which of the headers, counted around. */
  readonly header: number;
  /** Where bytes are put over, or undefined to put a member before. */
  readonly at: number | undefined;
  readonly bytes: Uint8Array;
}

const starts = {
  name: 0,
  mode: 100,
  size: 124,
  type: 156,
  linkName: 157,
  magic: 257,
  prefix: 345,
  trailer: 508,
};

const names = fc.constantFrom(
  ...[
    "",
    ".",
    "..",
    "/",
    "./",
    "a",
    "a/",
    "../a",
    "/a",
    "a/../b",
    "a/b/c",
    "index.json",
    "./index.json",
    "oci-layout",
  ],
  ...[
    "manifest.json",
    "./manifest.json",
    "repositories",
    "blobs/sha256",
    "\u001b[2J",
    "\ud83d\ude00",
    "x".repeat(100),
  ],
);
const name = fc.oneof(names, fc.string({ maxLength: 100, unit: "binary" }), fc.string({ maxLength: 20 }));
const octal = fc.oneof(
  fc.nat(3_000).map((size) => `${size.toString(8).padStart(11, "0")}\0`),
  fc.stringMatching(/^[0-9 ]{0,12}$/).map((digits) => digits.padEnd(12, "\0")),
  fc.constantFrom("777777777777", "77777777777\0", "            ", "-1\0\0\0\0\0\0\0\0\0\0", "\0".repeat(12)),
);
const size = fc.oneof(
  octal.map((digits) => Buffer.from(digits)),
  fc.bigInt(-(2n ** 95n), 2n ** 95n).map(base256),
  fc.bigInt(0n, 5_000n).map(base256),
  fc.constantFrom(2n ** 53n - 1n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 512n, -1n).map(base256),
);
const type = fc.constantFrom(..."01234567LKxgSDMVAXNIz\0\xff ").map((flag) => Buffer.from(flag, "latin1"));
const magic = fc
  .constantFrom("ustar\x0000", "ustar  \0", "ustar\0  ", "\0".repeat(8), "USTAR\x0000")
  .map(Buffer.from);

/** Bytes for the field that begins at an offset. */
function field(at: number, bytes: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Omit<HeaderChange, "header">> {
  return bytes.map((value) => ({ at, bytes: value }));
}

const text = (longest: number, ended = name) =>
  ended.map((value) => Buffer.from(`${value}\0`).subarray(0, longest));

const over = fc.oneof(
  field(starts.name, text(100)),
  field(starts.linkName, text(100)),
  field(starts.prefix, text(155)),
  field(starts.size, size),
  field(starts.type, type),
  field(starts.magic, magic),
  field(starts.trailer, fc.constant(Buffer.from("tar\0"))),
  fc.record({ at: fc.nat(511), bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }) }),
);

const records = fc.dictionary(
  fc.constantFrom(
    "path",
    "linkpath",
    "size",
    "GNU.sparse.major",
    "SCHILY.xattr.x",
    "__proto__",
    "mtime",
    "charset",
  ),
  fc.oneof(name, fc.nat(5_000).map(String), fc.string({ maxLength: 3_000, size: "max" })),
  { maxKeys: 4 },
);
const member_ = fc.record({
  name,
  type: fc.constantFrom("0", "1", "2", "5", "7"),
  linkName: name,
  data: fc.string(),
});
const extension = fc.record({
  name,
  type: fc.constantFrom("x", "g", "L", "K"),
  data: fc.oneof(
    fc.uint8Array({ maxLength: 600 }),
    fc.stringMatching(/^(\d{1,3} [a-z]{0,9}=.{0,9}\n){0,9}$/),
  ),
});
const before = fc
  .oneof(
    fc.tuple(records, fc.constantFrom("x", "g")).map(([said, type]) => pax(said, type as "x" | "g")),
    fc.tuple(fc.constantFrom("L", "K"), name).map(([type, said]) => gnuLong(type as "L" | "K", said)),
    fc.oneof(member_, extension).map((shape) => member(shape as TarMember)),
  )
  .map((bytes) => ({ at: undefined, bytes }));

/** Changes of headers that a checksum does not give away. */
export const headerChange: fc.Arbitrary<HeaderChange> = fc
  .tuple(fc.nat(40), fc.oneof({ arbitrary: over, weight: 3 }, { arbitrary: before, weight: 1 }))
  .map(([header, change]) => ({ header, ...change }));

/** An archive with changes of its headers; the archive's own headers are right before. */
export function withHeaderChanges(archive: Uint8Array, changes: readonly HeaderChange[]): Uint8Array {
  const offsets = headersOf(archive);
  const bytes = Buffer.from(archive);
  const added = new Map<number, Uint8Array[]>();
  for (const change of changes) {
    const offset = offsets[change.header % offsets.length] ?? 0;
    if (change.at === undefined) added.set(offset, [...(added.get(offset) ?? []), change.bytes]);
    else bytes.set(change.bytes.subarray(0, 512 - change.at), offset + change.at);
    repairChecksum(bytes.subarray(offset, offset + 512));
  }
  const cuts = [...offsets, archive.length];
  const pieces = offsets.flatMap((offset, position) => [
    ...(added.get(offset) ?? []),
    bytes.subarray(offset, cuts[position + 1]),
  ]);
  return Buffer.concat(pieces);
}

/** Where the headers of a well-formed archive with sizes in octal begin. */
function headersOf(archive: Uint8Array): number[] {
  const offsets: number[] = [];
  for (let at = 0; at + 512 <= archive.length && archive[at] !== 0; ) {
    offsets.push(at);
    const data = Number.parseInt(Buffer.from(archive.subarray(at + 124, at + 135)).toString("latin1"), 8);
    at += 512 + Math.ceil(data / 512) * 512;
  }
  return offsets;
}

/** Writes the checksum that a header needs. */
export function repairChecksum(header: Buffer): void {
  header.fill(" ", 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
}
