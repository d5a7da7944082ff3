import { blockSize, isTarHeader, isZeroBlock } from "./tar-header.ts";

/** What the first bytes of an object say it is. */
export type ArchiveFormat = "tar" | "gzip" | "zstd" | "xz" | "bzip2" | "zip" | "empty" | "other";

/** What files of each format begin with, in hexadecimal. */
const beginnings: readonly (readonly [ArchiveFormat, RegExp])[] = [
  ["gzip", /^1f8b08/], // RFC 1952, section 2.3.
  ["zstd", /^(28b52ffd|5[0-9a-f]2a4d18)/], // RFC 8878, section 3.1: a frame, or one to skip.
  ["xz", /^fd377a585a00/],
  ["bzip2", /^425a683[1-9](314159265359|177245385090)/], // The second is what a file of nothing becomes.
  ["zip", /^504b(0304|0506|0708)/],
];

/** Recognises a format by the first 512 bytes of an object, or all of a shorter one. */
export function archiveFormat(start: Uint8Array): ArchiveFormat {
  if (start.length === 0) return "empty";
  const block = start.subarray(0, blockSize);
  // A file name can look like any other beginning, and nothing else has a header's checksum.
  if (isTarHeader(block) || (block.length === blockSize && isZeroBlock(block))) return "tar";
  const text = Buffer.from(block.subarray(0, 16)).toString("hex");
  return beginnings.find(([, pattern]) => pattern.test(text))?.[0] ?? "other";
}
