import fc from "fast-check";
import { header, member, pax } from "../fakes/tar.ts";
import { readEverything } from "./both-readers.ts";
import { type ByteChange, byteChange, withByteChanges } from "./byte-mutation.ts";
import { type HeaderChange, headerChange, withHeaderChanges } from "./header-mutation.ts";
import { changedArchive, type JsonChange, jsonChange } from "./json-mutation.ts";
import type { Property } from "./property.ts";
import { archiveOf } from "./watched-archive.ts";
import { writtenArchives } from "./written-archives.ts";

/** A property of archives in memory: everything is read of them, or refused. */
function ofBytes<Input>(
  shape: Omit<Property<Input>, "check"> & Required<Pick<Property<Input>, "bytes">>,
): Property<Input> {
  return { ...shape, check: (input) => readEverything(archiveOf(shape.bytes(input))) };
}

const block = fc.oneof(
  fc.uint8Array({ maxLength: 700 }),
  fc.integer({ min: 1, max: 1_100 }).map((length) => new Uint8Array(length)),
  fc.string({ maxLength: 100, unit: "binary" }).map((name) => header({ name })),
  fc.tuple(fc.string(), fc.string()).map(([name, data]) => member({ name, data })),
  fc
    .constantFrom("index.json", "oci-layout", "manifest.json")
    .chain((name) => fc.json().map((data) => member({ name, data }))),
  fc.dictionary(fc.string({ minLength: 1 }), fc.string(), { maxKeys: 3 }).map((records) => pax(records)),
);

/** What need not be an archive at all is read, or refused. */
export const anyBytes: Property<Uint8Array[]> = ofBytes({
  name: "any bytes",
  share: 14,
  inputs: fc.array(block, { maxLength: 12 }),
  bytes: (blocks) => Buffer.concat(blocks),
});

/** Archives that were damaged are read, or refused. */
export function changedBytes(archives: readonly Uint8Array[]): Property<[number, ByteChange[]]> {
  return ofBytes({
    name: "archives with changed bytes",
    share: 18,
    inputs: fc.tuple(fc.nat(archives.length - 1), fc.array(byteChange, { minLength: 1, maxLength: 4 })),
    bytes: ([archive, changes]) => withByteChanges(archives[archive] ?? new Uint8Array(), changes),
  });
}

/** Archives whose headers say something else than they did are read, or refused. */
export function changedHeaders(archives: readonly Uint8Array[]): Property<[number, HeaderChange[]]> {
  return ofBytes({
    name: "archives with changed headers",
    share: 22,
    inputs: fc.tuple(fc.nat(archives.length - 1), fc.array(headerChange, { minLength: 1, maxLength: 5 })),
    bytes: ([archive, changes]) => withHeaderChanges(archives[archive] ?? new Uint8Array(), changes),
  });
}

/** Archives whose JSON says something else, under the digests and sizes of what it says, are read, or refused. */
export const changedJson: Property<[number, JsonChange[]]> = ofBytes({
  name: "archives with changed JSON",
  share: 26,
  inputs: fc.tuple(fc.nat(writtenArchives.length - 1), fc.array(jsonChange, { minLength: 1, maxLength: 4 })),
  bytes: ([archive, changes]) => changedArchive(archive, changes),
});
