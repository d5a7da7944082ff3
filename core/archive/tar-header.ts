import { quoted } from "../model/quoted.ts";
import { unreadable } from "./unreadable.ts";

/** The size of a header, and what everything in a tar archive is padded to, in bytes. */
export const blockSize = 512;

/** One header of a tar archive, as it is written there (POSIX.1-2024 pax, "ustar Interchange Format"; GNU tar, "Basic Tar Format"). */
export interface TarHeader {
  readonly name: string;
  /** The bytes of data that follow, as the header counts them. */
  readonly size: number;
  /** The type flag: one character, "\0" in archives older than POSIX. */
  readonly type: string;
  /** What a link points to; empty for everything else. */
  readonly linkName: string;
}

/** Where the fields lie: their first byte, and the first after them. */
const fields = {
  name: [0, 100],
  size: [124, 136],
  checksum: [148, 156],
  type: [156, 157],
  linkName: [157, 257],
  magic: [257, 263],
  prefix: [345, 500],
  starPrefix: [345, 476],
  starTrailer: [508, 512],
} as const;

type Field = keyof typeof fields;

/** Whether a block is one of the zero blocks that end an archive. */
export function isZeroBlock(block: Uint8Array): boolean {
  return block.every((byte) => byte === 0);
}

/** Whether a block is a header: its checksum, the one thing that every dialect has, is right. */
export function isTarHeader(block: Uint8Array): boolean {
  if (block.length !== blockSize) return false;
  const stated = parseOctal(text(block, "checksum"));
  let [unsigned, signed] = [0, 0];
  for (let position = 0; position < blockSize; position++) {
    const inChecksum = position >= fields.checksum[0] && position < fields.checksum[1];
    const byte = inChecksum ? 0x20 : (block[position] ?? 0);
    unsigned += byte;
    signed += byte < 0x80 ? byte : byte - 0x100; // Some old tars added up signed characters.
  }
  return stated === unsigned || stated === signed;
}

/** Reads the header at a byte offset of an archive. Throws `UnsupportedImage` when it is none, or damaged. */
export function parseTarHeader(block: Uint8Array, offset: number): TarHeader {
  if (!isTarHeader(block)) {
    throw unreadable(`the archive is damaged: the header at byte ${offset} has a wrong checksum`);
  }
  const name = [prefixOf(block), text(block, "name")].filter((part) => part !== "").join("/");
  const size = parseNumber(slice(block, "size"));
  if (size === undefined) {
    const limit = `a size from 0 to ${Number.MAX_SAFE_INTEGER} bytes`;
    throw unreadable(
      `entry ${quoted(name)} at byte ${offset} has the size ${quoted(text(block, "size"))}; expected ${limit}`,
    );
  }
  const type = String.fromCharCode(block[fields.type[0]] ?? 0);
  return { name, size, type, linkName: text(block, "linkName") };
}

/** GNU tar and v7 keep other things where POSIX has the prefix, and star has a shorter one. */
function prefixOf(block: Uint8Array): string {
  if (raw(block, "magic") !== "ustar\0") return "";
  return text(block, raw(block, "starTrailer") === "tar\0" ? "starPrefix" : "prefix");
}

function slice(block: Uint8Array, field: Field): Buffer {
  const [from, to] = fields[field];
  return Buffer.from(block.buffer, block.byteOffset + from, to - from);
}

function raw(block: Uint8Array, field: Field): string {
  return slice(block, field).toString("latin1");
}

function text(block: Uint8Array, field: Field): string {
  return untilNul(slice(block, field));
}

/** The text before the first NUL, or all of it when there is none: a full field has no room for one. */
export function untilNul(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return Buffer.from(bytes.buffer, bytes.byteOffset, end < 0 ? bytes.length : end).toString("utf8");
}

/** A number in octal, or in GNU's base-256 when the first bit is set; undefined when it is neither, negative or too large. */
function parseNumber(field: Uint8Array): number | undefined {
  const first = field[0] ?? 0;
  if (first < 0x80) return parseOctal(untilNul(field));
  if (first !== 0x80) return undefined; // 0xff begins a negative number, and anything between is over 2^87.
  const value = field.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** Writers pad with spaces or zeros, before or after; nothing at all stands for zero. */
function parseOctal(digits: string): number | undefined {
  const trimmed = digits.replace(/^ +| +$/g, "");
  if (trimmed === "") return 0;
  return /^[0-7]+$/.test(trimmed) ? Number.parseInt(trimmed, 8) : undefined;
}
