import fc from "fast-check";
import type { ArchiveIndex } from "../../core/archive/archive-index.ts";
import { indexTar } from "../../core/archive/tar-index.ts";
import { Failure } from "../../core/errors.ts";
import { readEverything } from "./both-readers.ts";
import type { Property } from "./property.ts";
import type { WatchedArchive } from "./watched-archive.ts";
import { type Entry, entries, type Found, Unpacked, writeArchive } from "./well-formed.ts";

/** In a well-formed archive, of up to a petabyte, is found what was written. */
export const wellFormed: Property<[Entry[], boolean]> = {
  name: "well-formed archives",
  share: 14,
  inputs: fc.tuple(entries, fc.boolean()),
  async check([all, ended]) {
    const { archive, headers, written } = writeArchive(all, ended);
    // Where nothing was written there is no archive.
    if (archive.size > 0) compare(await indexOf(archive, headers), new Unpacked(written));
    return readEverything(archive, headers);
  },
};

/** An archive that was cut off, or goes on with zeros up to 2^53 bytes, is read as far as it goes, or refused. */
export const otherSize: Property<[Entry[], number]> = {
  name: "archives of another size",
  share: 6,
  inputs: fc.tuple(entries, fc.oneof(fc.maxSafeNat(), fc.nat(20_000))),
  async check([all, size]) {
    const { archive, headers } = writeArchive(all);
    return readEverything(archive.ofSize(size), headers);
  },
};

/** The index of an archive, with no more read of it than its headers. */
async function indexOf(archive: WatchedArchive, headers: number): Promise<ArchiveIndex> {
  archive.allowed = { reads: headers, bytes: headers * 8_192 };
  const index = await indexTar(archive);
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
