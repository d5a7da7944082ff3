import { gunzipSync, zstdDecompressSync } from "node:zlib";
import type { CopyResult, PendingBlob } from "../../core/model/copy-task.ts";
import { digestOf } from "../../core/model/digest.ts";
import type { Compression, MadeLayer } from "../../core/model/making.ts";
import { copyLayers } from "../../core/steps/copy-layer.ts";
import { bytesOf } from "./image.ts";
import { interrupted } from "./interruption.ts";
import { MemoryDestination } from "./memory-destination.ts";
import { MemorySource } from "./memory-source.ts";

/** Bytes. */
export const MiB = 1024 * 1024;
/** The part size of the destination, in bytes. */
export const partSize = 3 * MiB;
/** What a worker that is never stopped sees. */
export const enoughTime = { timeLeft: () => Number.POSITIVE_INFINITY };
/** What a worker that pauses after each part sees: time for one part only. */
export const noTime = { timeLeft: () => 0 };

/** A layer that compresses to four parts: some that cannot be made smaller, and some that can. */
export const layer = Buffer.concat([bytesOf(4 * MiB + 7), Buffer.alloc(2 * MiB, "text "), bytesOf(3 * MiB)]);
/** Opens a blob that a compression has made. */
export const opened: Record<Compression, (bytes: Uint8Array) => Uint8Array> = {
  gzip: (bytes) => gunzipSync(bytes),
  zstd: (bytes) => zstdDecompressSync(bytes),
  copy: (bytes) => bytes,
};
/** Every compression. */
export const compressions = Object.keys(opened) as Compression[];

/** A source and a destination, and a layer on its way between them. */
export interface Stage {
  readonly source: MemorySource;
  readonly destination: MemoryDestination;
  readonly blob: PendingBlob;
}

/** A layer in an archive, and an upload for its blob at the destination. */
export async function stage(
  compression: Compression,
  bytes: Uint8Array = layer,
  of = digestOf(bytes),
): Promise<Stage> {
  const source = new MemorySource();
  const destination = new MemoryDestination({ partSize, minimumPartSize: MiB });
  source.chunkSize = 200_000;
  source.blobs.set(of, bytes);
  const upload = await destination.openUpload();
  const make = { compression, output: 0 };
  return { source, destination, blob: { digest: of, size: bytes.length, upload, from: 0, make } };
}

/** A state as it is after it has travelled. */
export function travelled<T>(state: T): T {
  return JSON.parse(JSON.stringify(state));
}

/** Copies a blob, pausing as the watch says, until it is made; `rounds` counts the calls. */
export async function makeAll({ source, destination, blob }: Stage, watch = enoughTime) {
  let left: readonly PendingBlob[] = [blob];
  let made: readonly MadeLayer[] = [];
  let rounds = 0;
  for (; left.length > 0; rounds++) {
    if (rounds > 20) throw new Error("the layer is never made");
    const result: CopyResult = travelled(await copyLayers({ blobs: left }, source, destination, watch));
    left = result.paused;
    made = result.made ?? [];
  }
  return { made, rounds };
}

/** Checks that bytes are the same; toEqual takes minutes over some megabytes. */
export function expectSame(actual: Uint8Array | undefined, expected: Uint8Array): void {
  expect(actual?.length).toBe(expected.length);
  expect(Buffer.compare(actual ?? new Uint8Array(), expected)).toBe(0);
}

/** A blob as one upload without any interruption has it. */
export interface Whole {
  readonly blob: Uint8Array;
  readonly parts: readonly Uint8Array[];
}

/** What a compression makes of a layer without any interruption. */
export async function wholeBlob(compression: Compression, bytes: Uint8Array = layer): Promise<Whole> {
  const at = await stage(compression, bytes);
  const parts: Uint8Array[] = [];
  const look = { operation: "closeUpload", call: 1, when: "before" } as const;
  const destination = interrupted(at.destination, look, () => {
    parts.push(...(at.destination.uploads.get(at.blob.upload.id) ?? []));
  });
  await makeAll({ ...at, destination });
  return { blob: Buffer.concat(parts), parts };
}

/** Checks that a destination has this blob, and nothing else. */
export function expectBlob({ destination }: Stage, { blob }: Whole): void {
  expect(destination.layers.size).toBe(1);
  expectSame([...destination.layers.values()][0], blob);
  expect(destination.uploads.size).toBe(0);
}
