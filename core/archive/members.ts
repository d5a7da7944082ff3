import { promisify } from "node:util";
import { gzip, zstdCompress } from "node:zlib";
import { parts } from "../model/byte-range.ts";
import type { Compression } from "../model/making.ts";

/** The bytes that are compressed at a time, each by itself: what follows can be made without what came before. */
export const memberSize = 1024 * 1024;

/** The most bytes that one member can have: what cannot be compressed grows a little. */
export const largestMember = memberSize + 64 * 1024;

/** A piece of a layer's blob, with the bytes that it was made of. */
export interface Member {
  readonly raw: Uint8Array;
  readonly bytes: Uint8Array;
}

const nothing = new Uint8Array();

const compressors: Readonly<Record<Compression, (raw: Uint8Array) => Promise<Uint8Array>>> = {
  gzip: promisify(gzip) as (raw: Uint8Array) => Promise<Uint8Array>,
  zstd: promisify(zstdCompress) as (raw: Uint8Array) => Promise<Uint8Array>,
  copy: async (raw) => raw,
};

/**
 * Compresses a stream of bytes in members, which decompress as one (RFC 1952, section 2.2; RFC 8878, section 3.1).
 * The next is compressed while one is used; each is valid until the next is asked for.
 */
export async function* members(
  chunks: AsyncIterable<Uint8Array>,
  compression: Compression,
  expected: number,
): AsyncGenerator<Member> {
  let pending: Promise<Member> | undefined;
  for await (const part of parts(chunks, memberSize, expected)) {
    const raw = Uint8Array.from(part);
    const next = compressors[compression](raw).then((bytes) => ({ raw, bytes }));
    next.catch(() => {}); // Awaited in the next turn.
    if (pending) yield await pending;
    pending = next;
  }
  if (pending) yield await pending;
  // A layer of no bytes, which Docker once wrote, still has a blob.
  else if (expected === 0) yield { raw: nothing, bytes: await compressors[compression](nothing) };
}
