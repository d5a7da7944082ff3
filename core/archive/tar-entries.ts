import { quoted } from "../model/quoted.ts";
import { type ArchiveFormat, archiveFormat } from "./archive-format.ts";
import { type PaxRecords, parsePaxRecords } from "./pax-records.ts";
import type { Place, RandomAccess } from "./random-access.ts";
import { ReadAhead } from "./read-ahead.ts";
import {
  blockSize,
  isTarHeader,
  isZeroBlock,
  parseTarHeader,
  type TarHeader,
  untilNul,
} from "./tar-header.ts";
import { unreadable } from "./unreadable.ts";

/** A file or a link of a tar archive, under the name that its header and extended headers give. */
export interface TarEntry {
  readonly kind: "file" | "hardLink" | "symlink";
  readonly name: string;
  /** What a link points to; empty for a file. */
  readonly linkName: string;
  /** Where the data lies; of no bytes for a link. */
  readonly place: Place;
}

/** The most headers that are read: an image has hundreds at most. */
export const maxHeaders = 100_000;

/** The most bytes of one extended header, or of one long name. */
export const maxExtension = 1024 * 1024;

/** The most bytes of names and extended headers together: they are held in memory, or read for nothing. */
export const maxNameBytes = 32 * 1024 * 1024;

type Meaning = TarEntry["kind"] | "ignored" | "nextRecords" | "allRecords" | "longName" | "longLink";

/** What the type flags stand for; any other is refused. */
const meanings: Readonly<Record<string, Meaning>> = {
  "0": "file",
  "\0": "file",
  "7": "file", // Contiguous, which only the real-time systems that had such files could tell.
  "1": "hardLink",
  "2": "symlink",
  "3": "ignored", // Character device.
  "4": "ignored", // Block device.
  "5": "ignored", // Directory.
  "6": "ignored", // Fifo.
  V: "ignored", // GNU's volume label.
  x: "nextRecords",
  g: "allRecords",
  L: "longName",
  K: "longLink",
};

const refusals: Readonly<Record<string, string>> = {
  S: "a sparse file, which is not read; write the archive without --sparse",
  D: "a directory of an incremental archive; write a full one",
  M: "the rest of a file from another volume; write the archive in one volume",
};

/**
 * Walks a tar archive from header to header, past the data. Throws `UnsupportedImage`, naming the entry and its byte
 * offset, for what is no archive, is damaged or cut short, holds a sparse file, or is more than an image can be.
 */
export function readTarEntries(archive: RandomAccess): AsyncGenerator<TarEntry> {
  return walkTar(new ReadAhead(archive));
}

/**
 * As `readTarEntries`, of bytes that are read exactly once and forward: the size may be infinite until the end has been
 * read. `what` is what messages call an object that is no archive. An entry may be given before its data is missed.
 */
export async function* walkTar(bytes: RandomAccess, what = "the object"): AsyncGenerator<TarEntry> {
  const walk = new Walk(bytes, what);
  for (let count = 0; ; count++) {
    const header = await walk.nextHeader();
    if (!header) return;
    if (count === maxHeaders) throw unreadable(`the archive has more than ${maxHeaders} entries`);
    const entry = await walk.take(header);
    if (entry) yield entry;
  }
}

/** Where a walk stands, and what extended headers have said about what comes next. */
class Walk {
  readonly #bytes: RandomAccess;
  readonly #what: string;
  /** Where the header being read begins. */
  #at = 0;
  #next = 0;
  /** Whose data comes before that header, as messages name it, and where it ends. */
  #before = { entry: "", offset: 0, size: 0 };
  #forAll: PaxRecords = {};
  #forNext: PaxRecords = {};
  #nameBytes = 0;

  constructor(bytes: RandomAccess, what: string) {
    this.#bytes = bytes;
    this.#what = what;
  }

  /** The next header; undefined at the end, which is a zero block or, where a writer left those out, the last byte. */
  async nextHeader(): Promise<TarHeader | undefined> {
    this.#at = this.#next;
    const block = await this.#bytes.read(this.#at, blockSize);
    this.#checkData();
    if (this.#at === 0 && !isTarHeader(block)) checkIsTar(archiveFormat(block), this.#what);
    if (isZeroBlock(block)) return undefined;
    if (block.length < blockSize) {
      throw unreadable(
        `the archive is cut short: its last header, at byte ${this.#at}, has only ${block.length} bytes`,
      );
    }
    return parseTarHeader(block, this.#at);
  }

  /** Moves past an entry; undefined when it is of no interest by itself. */
  async take(header: TarHeader): Promise<TarEntry | undefined> {
    const meaning = meanings[header.type];
    if (!meaning) throw this.#refusal(header);
    switch (meaning) {
      case "nextRecords":
        this.#forNext = { ...this.#forNext, ...(await this.#records(header)) };
        return undefined;
      case "allRecords":
        this.#forAll = { ...this.#forAll, ...(await this.#records(header)) };
        return undefined;
      case "longName":
        this.#forNext = { ...this.#forNext, path: untilNul(await this.#extension(header)) };
        return undefined;
      case "longLink":
        this.#forNext = { ...this.#forNext, linkpath: untilNul(await this.#extension(header)) };
        return undefined;
      default:
        return this.#entry(header, meaning);
    }
  }

  #entry(header: TarHeader, kind: TarEntry["kind"] | "ignored"): TarEntry | undefined {
    const { path, linkpath, size } = { ...this.#forAll, ...this.#forNext };
    this.#forNext = {};
    const name = path || header.name;
    const linkName = kind === "file" ? "" : linkpath || header.linkName;
    this.#countNames(name.length + linkName.length);
    // Before POSIX a directory was a file whose name ends with a slash. Only files have data, whatever the size says.
    const isFile = kind === "file" && !(header.type === "\0" && name.endsWith("/"));
    const place = this.#skipData(name, isFile ? this.#size(name, size, header.size) : 0);
    if (kind === "ignored" || (kind === "file" && !isFile)) return undefined;
    return { kind, name, linkName, place };
  }

  #size(name: string, stated: string | undefined, otherwise: number): number {
    if (!stated) return otherwise;
    const size = /^\d{1,16}$/.test(stated) ? Number(stated) : Number.NaN;
    if (Number.isSafeInteger(size)) return size;
    throw unreadable(
      `${this.#described(name)} has the size ${quoted(stated)}; expected a number from 0 to ${Number.MAX_SAFE_INTEGER}`,
    );
  }

  #skipData(name: string, size: number): Place {
    const offset = this.#at + blockSize;
    this.#before = { entry: this.#described(name), offset, size };
    this.#checkData();
    // A last entry may lack its padding.
    this.#next = Math.min(offset + Math.ceil(size / blockSize) * blockSize, this.#bytes.size);
    return { offset, size };
  }

  /** What is read but once tells its size at its end, when the data has gone by. */
  #checkData(): void {
    const { entry, offset, size } = this.#before;
    const left = this.#bytes.size - offset;
    if (size <= left) return;
    throw unreadable(`the archive is cut short: ${entry} says it has ${size} bytes, and ${left} follow`);
  }

  async #records(header: TarHeader): Promise<PaxRecords> {
    return parsePaxRecords(await this.#extension(header), this.#described(header.name));
  }

  async #extension({ name, size }: TarHeader): Promise<Uint8Array> {
    if (size > maxExtension) {
      throw unreadable(
        `${this.#described(name)} holds ${size} bytes about the entry after it, and at most ${maxExtension} are read`,
      );
    }
    this.#countNames(size);
    const { offset } = this.#skipData(name, size);
    const bytes = await this.#bytes.read(offset, size);
    this.#checkData();
    return bytes;
  }

  #countNames(bytes: number): void {
    this.#nameBytes += bytes;
    if (this.#nameBytes > maxNameBytes) {
      throw unreadable(`the archive has more than ${maxNameBytes} bytes of names before byte ${this.#next}`);
    }
  }

  #refusal({ name, type }: TarHeader): Error {
    const what = refusals[type] ?? `of the type ${quoted(type)}, which is not known`;
    return unreadable(`${this.#described(name)} is ${what}`);
  }

  #described(name: string): string {
    return `entry ${quoted(name)} at byte ${this.#at}`;
  }
}

function checkIsTar(format: ArchiveFormat, what: string): void {
  if (format === "tar") return;
  const found = {
    empty: "it is empty",
    other: "it does not begin with a tar header",
    gzip: "it is compressed with gzip",
    zstd: "it is compressed with zstd",
    xz: "it is compressed with xz",
    bzip2: "it is compressed with bzip2",
    zip: "it is a zip file",
  };
  throw unreadable(`${what} is no tar archive: ${found[format]}`);
}
