import { unreadable } from "./unreadable.ts";

/** A run of bytes in an archive: where it begins, and how long it is. */
export interface Place {
  readonly offset: number;
  readonly size: number;
}

/** Random access to an archive, whose bytes stay the same throughout. */
export interface RandomAccess {
  /** The archive's length in bytes. */
  readonly size: number;
  /** Reads exactly the bytes of [offset, offset + length), and fewer only at the archive's end. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** Reads all the bytes of a place. Throws `UnsupportedImage` when the archive ends before them. */
export async function readPlace(archive: RandomAccess, { offset, size }: Place): Promise<Uint8Array> {
  if (size === 0) return new Uint8Array();
  const bytes = await archive.read(offset, size);
  if (bytes.length === size) return bytes;
  throw unreadable(`the archive gave ${bytes.length} bytes at byte ${offset}, where ${size} should be`);
}
