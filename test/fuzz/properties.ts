import fc from "fast-check";
import type { ArchiveIndex } from "../../core/archive/archive-index.ts";
import { indexTar } from "../../core/archive/tar-index.ts";
import { Failure } from "../../core/errors.ts";
import { header, member, pax } from "../fakes/tar.ts";
import { readEverything } from "./both-readers.ts";
import { byteChange, withByteChanges } from "./byte-mutation.ts";
import { headerChange, withHeaderChanges } from "./header-mutation.ts";
import { inflating } from "./inflating.ts";
import { changedArchive, jsonChange } from "./json-mutation.ts";
import type { Property } from "./property.ts";
import { archiveOf, type WatchedArchive } from "./watched-archive.ts";
import { entries, type Found, Unpacked, writeArchive } from "./well-formed.ts";
import { writtenArchives } from "./written-archives.ts";

/** A property of archives in memory: everything is read of them, or refused. */
function ofBytes<Input>(
  shape: Omit<Property<Input>, "check"> & Required<Pick<Property<Input>, "bytes">>,
): Property<Input> {
  return { ...shape, check: (input) => readEverything(archiveOf(shape.bytes(input))) };
}

const written = writtenArchives.map((archive) => archive.write(JSON.stringify));
const anyWritten = fc.nat(written.length - 1);

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

const anyBytes = ofBytes({
  name: "any bytes",
  share: 14,
  inputs: fc.array(block, { maxLength: 12 }),
  bytes: (blocks) => Buffer.concat(blocks),
});

const changedBytes = ofBytes({
  name: "archives with changed bytes",
  share: 18,
  inputs: fc.tuple(anyWritten, fc.array(byteChange, { minLength: 1, maxLength: 4 })),
  bytes: ([archive, changes]) => withByteChanges(written[archive] ?? new Uint8Array(), changes),
});

const changedHeaders = ofBytes({
  name: "archives with changed headers",
  share: 22,
  inputs: fc.tuple(anyWritten, fc.array(headerChange, { minLength: 1, maxLength: 5 })),
  bytes: ([archive, changes]) => withHeaderChanges(written[archive] ?? new Uint8Array(), changes),
});

const changedJson = ofBytes({
  name: "archives with changed JSON",
  share: 26,
  inputs: fc.tuple(anyWritten, fc.array(jsonChange, { minLength: 1, maxLength: 4 })),
  bytes: ([archive, changes]) => changedArchive(archive, changes),
});

const wellFormed: Property<[Parameters<typeof writeArchive>[0], boolean]> = {
  name: "well-formed archives",
  share: 14,
  inputs: fc.tuple(entries, fc.boolean()) as Property<
    [Parameters<typeof writeArchive>[0], boolean]
  >["inputs"],
  async check([all, ended]) {
    const { archive, headers, written } = writeArchive(all, ended);
    // Where nothing was written there is no archive.
    if (archive.size > 0) compare(await indexOf(archive, headers), new Unpacked(written));
    return readEverything(archive, headers);
  },
};

/** The index of an archive, with no more read of it than its headers. */
async function indexOf(archive: WatchedArchive, headers: number): Promise<ArchiveIndex> {
  archive.allowed = { reads: headers, bytes: headers * 8_192 };
  const index = await indexTar(archive);
  archive.allowed = { reads: 0, bytes: 0 };
  [archive.reads, archive.bytesRead] = [0, 0];
  return index;
}

function compare(index: ArchiveIndex, unpacked: Unpacked): void {
  const names = unpacked.names();
  if (names.join("\0") !== [...index.names()].join("\0")) {
    throw new Error(`has ${JSON.stringify([...index.names()])}, and not ${JSON.stringify(names)}`);
  }
  for (const name of [...names, "a", "a/b", "b/c"]) {
    const [found, right] = [find(index, name), unpacked.find(name)].map((one) => JSON.stringify(one));
    if (found !== right) throw new Error(`finds ${JSON.stringify(name)} at ${found}, and not at ${right}`);
  }
}

function find(index: ArchiveIndex, name: string): Found {
  try {
    const place = index.find(name);
    return place && { offset: place.offset, size: place.size };
  } catch (error) {
    if (error instanceof Failure) return "refused";
    throw error;
  }
}

const wrongSize: Property<[Parameters<typeof writeArchive>[0], number]> = {
  name: "archives of another size",
  share: 6,
  inputs: fc.tuple(entries, fc.oneof(fc.maxSafeNat(), fc.nat(20_000))) as Property<
    [Parameters<typeof writeArchive>[0], number]
  >["inputs"],
  async check([all, size]) {
    const { archive, headers } = writeArchive(all);
    return readEverything(archive.ofSize(size), headers);
  },
};

/** All properties: the shares of those of reading an archive add up to a hundred. */
export const properties: readonly Property[] = [
  anyBytes,
  changedBytes,
  changedHeaders,
  changedJson,
  wellFormed,
  wrongSize,
  inflating,
] as Property[];
