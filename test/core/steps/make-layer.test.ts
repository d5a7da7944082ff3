import { gunzipSync, gzipSync, zstdDecompressSync } from "node:zlib";
import type { CopyResult, PendingBlob } from "../../../core/model/copy-task.ts";
import { digestOf } from "../../../core/model/digest.ts";
import type { Compression, MadeLayer } from "../../../core/model/making.ts";
import { copyLayers } from "../../../core/steps/copy-layer.ts";
import { blobOf, bytesOf } from "../../fakes/image.ts";
import { breakConnection, interrupted } from "../../fakes/interruption.ts";
import { MemoryDestination } from "../../fakes/memory-destination.ts";
import { MemorySource } from "../../fakes/memory-source.ts";

const MiB = 1024 * 1024;
const partSize = 3 * MiB;
const enoughTime = { timeLeft: () => Number.POSITIVE_INFINITY };
/** What a worker that pauses after each part sees: time for one part only. */
const noTime = { timeLeft: () => 0 };

/** A layer that compresses to four parts: some that cannot be made smaller, and some that can. */
const layer = Buffer.concat([bytesOf(4 * MiB + 7), Buffer.alloc(2 * MiB, "text "), bytesOf(3 * MiB)]);
const { digest: diffId, size } = blobOf(layer);

const opened: Record<Compression, (bytes: Uint8Array) => Uint8Array> = {
  gzip: (bytes) => gunzipSync(bytes),
  zstd: (bytes) => zstdDecompressSync(bytes),
  copy: (bytes) => bytes,
};
const compressions = Object.keys(opened) as Compression[];

interface Stage {
  readonly source: MemorySource;
  readonly destination: MemoryDestination;
  readonly blob: PendingBlob;
}

/** A layer in an archive, and an upload for its blob at the destination. */
async function stage(
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

function travelled<T>(state: T): T {
  return JSON.parse(JSON.stringify(state));
}

/** Copies a blob, pausing as the watch says, until it is made; `rounds` counts the calls. */
async function makeAll({ source, destination, blob }: Stage, watch = enoughTime) {
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

// Not toEqual: it takes minutes over some megabytes.
function expectSame(actual: Uint8Array | undefined, expected: Uint8Array): void {
  expect(actual?.length).toBe(expected.length);
  expect(Buffer.compare(actual ?? new Uint8Array(), expected)).toBe(0);
}

/** What each compression makes of the layer without any interruption. */
const whole = new Map<Compression, { blob: Uint8Array; parts: readonly Uint8Array[] }>();
beforeAll(async () => {
  for (const compression of compressions) {
    const at = await stage(compression);
    const parts: Uint8Array[] = [];
    const look = { operation: "closeUpload", call: 1, when: "before" } as const;
    const destination = interrupted(at.destination, look, () => {
      parts.push(...(at.destination.uploads.get(at.blob.upload.id) ?? []));
    });
    await makeAll({ ...at, destination });
    whole.set(compression, { blob: Buffer.concat(parts), parts });
  }
});
const wholeOf = (compression: Compression) =>
  whole.get(compression) as { blob: Uint8Array; parts: readonly Uint8Array[] };

function expectWhole({ destination }: Stage, compression: Compression): void {
  expect(destination.layers.size).toBe(1);
  expectSame([...destination.layers.values()][0], wholeOf(compression).blob);
  expect(destination.uploads.size).toBe(0);
}

describe.each(compressions)("making a layer with %s", (compression) => {
  test("gives a blob that opens to the layer, with its digest and size, each byte sent once", async () => {
    const at = await stage(compression);
    const { made, rounds } = await makeAll(at);
    expectWhole(at, compression);
    const { blob } = wholeOf(compression);
    expect(made).toEqual([{ diffId, ...blobOf(blob) }]);
    expectSame(opened[compression](blob), layer);
    expect([at.source.bytesRead, at.destination.bytesOffered, rounds]).toEqual([size, blob.length, 1]);
  });

  test.each([1, 511, MiB - 1, MiB, MiB + 1])("gives a blob for a layer of %i bytes", async (length) => {
    const bytes = bytesOf(length);
    const at = await stage(compression, bytes);
    const { made } = await makeAll(at);
    expectSame(opened[compression](at.destination.layers.get(made[0]?.digest ?? "") as Uint8Array), bytes);
  });

  test("gives the same blob with a pause after every part, each byte read and sent once", async () => {
    const at = await stage(compression);
    const { made, rounds } = await makeAll(at, noTime);
    expectWhole(at, compression);
    const { blob, parts } = wholeOf(compression);
    expect(made).toEqual([{ diffId, ...blobOf(blob) }]);
    expect([at.destination.bytesOffered, rounds]).toEqual([blob.length, parts.length]);
    expect(at.destination.opened).toBe(1);
  });

  test("tells after every part how much of the layer has been read", async () => {
    const { source, destination, blob } = await stage(compression);
    const told: number[] = [];
    const watch = { ...enoughTime, took: (_: PendingBlob, at: number) => void told.push(at) };
    await copyLayers({ blobs: [blob] }, source, destination, watch);
    expect(told).toEqual(told.toSorted((a, b) => a - b));
    expect([told.length, told.at(-1)]).toEqual([wholeOf(compression).parts.length, size]);
  });
});

const kills = [1, 2, 3, 4].flatMap((call) => (["before", "after"] as const).map((when) => ({ call, when })));

describe.each(["zstd", "copy"] as const)("a worker that makes a layer with %s", (compression) => {
  test.each(kills)("and is killed $when part $call was taken is repeated", async ({ call, when }) => {
    const at = await stage(compression);
    const faulty = interrupted(at.destination, { operation: "writePart", call, when }, breakConnection);
    const task = { blobs: [at.blob] };
    await expect(copyLayers(task, at.source, faulty, enoughTime)).rejects.toThrow("the connection broke");
    await copyLayers(task, at.source, faulty, enoughTime);
    expectWhole(at, compression);
    expect(at.destination.bytesOffered - wholeOf(compression).blob.length).toBeLessThanOrEqual(partSize);
    expect(at.destination.opened).toBe(1);
  });

  test.each(kills.slice(2))(
    "goes on after a pause, is killed $when part $call, and is repeated",
    async ({ call, when }) => {
      const at = await stage(compression);
      const faulty = interrupted(at.destination, { operation: "writePart", call, when }, breakConnection);
      const { paused } = travelled(await copyLayers({ blobs: [at.blob] }, at.source, faulty, noTime));
      const task = { blobs: paused };
      await expect(copyLayers(task, at.source, faulty, enoughTime)).rejects.toThrow("the connection broke");
      await copyLayers(task, at.source, faulty, enoughTime);
      expectWhole(at, compression);
      expect(at.destination.bytesOffered - wholeOf(compression).blob.length).toBeLessThanOrEqual(partSize);
    },
  );

  test.each(kills.slice(2))("is killed $when part $call, repeated, and pauses then", async (kill) => {
    const at = await stage(compression);
    const faulty = interrupted(at.destination, { operation: "writePart", ...kill }, breakConnection);
    const task = { blobs: [at.blob] };
    await expect(copyLayers(task, at.source, faulty, enoughTime)).rejects.toThrow("the connection broke");
    await makeAll(at, noTime);
    expectWhole(at, compression);
    expect(at.destination.bytesOffered - wholeOf(compression).blob.length).toBeLessThanOrEqual(partSize);
  });

  test.each([
    ["expected", "before"],
    ["expected", "after"],
    ["closeUpload", "before"],
  ] as const)("and is killed at %s, %s it was done, sends nothing again", async (operation, when) => {
    const at = await stage(compression);
    const faulty = interrupted(at.destination, { operation, call: 1, when }, breakConnection);
    const task = { blobs: [at.blob] };
    await expect(copyLayers(task, at.source, faulty, enoughTime)).rejects.toThrow("the connection broke");
    await copyLayers(task, at.source, faulty, enoughTime);
    expectWhole(at, compression);
    expect(at.destination.bytesOffered).toBe(wholeOf(compression).blob.length);
  });

  test("and is killed when the upload was closed makes the same blob in a new one", async () => {
    const at = await stage(compression);
    const kill = { operation: "closeUpload", call: 1, when: "after" } as const;
    const faulty = interrupted(at.destination, kill, breakConnection);
    const task = { blobs: [at.blob] };
    await expect(copyLayers(task, at.source, faulty, enoughTime)).rejects.toThrow("the connection broke");
    await makeAll(at);
    expectWhole(at, compression);
    expect(at.destination.opened).toBe(2);
  });

  test.each([1, 2, 3, 4])("begins in a new upload when its own is lost at part %i", async (call) => {
    const at = await stage(compression);
    const { uploads } = at.destination;
    const lose = { operation: "writePart", call, when: "before" } as const;
    const faulty = interrupted(at.destination, lose, () => uploads.clear());
    const result = await copyLayers({ blobs: [at.blob] }, at.source, faulty, enoughTime);
    const fresh = { ...at.blob, upload: { id: "upload-2", partSize } };
    expect(result).toEqual({ paused: [fresh] });
    await makeAll({ ...at, blob: travelled(result.paused[0] as PendingBlob) });
    expectWhole(at, compression);
  });

  test("forgets how far it came when the upload is lost during a pause", async () => {
    const at = await stage(compression);
    const { paused } = travelled(await copyLayers({ blobs: [at.blob] }, at.source, at.destination, noTime));
    at.destination.uploads.clear();
    const again = await copyLayers({ blobs: paused }, at.source, at.destination, noTime);
    expect(again.paused).toEqual([{ ...at.blob, upload: { id: "upload-2", partSize } }]);
    await makeAll({ ...at, blob: travelled(again.paused[0] as PendingBlob) });
    expectWhole(at, compression);
  });

  test.each([0, 1, MiB, 5 * MiB, size - 1])(
    "ends when the read breaks at byte %i, and is repeated",
    async (at) => {
      const staged = await stage(compression);
      staged.source.breakAt = at;
      const run = () => copyLayers({ blobs: [staged.blob] }, staged.source, staged.destination, enoughTime);
      await expect(run()).rejects.toMatchObject({ name: "Unavailable", side: "source" });
      await run();
      expectWhole(staged, compression);
      expect(staged.destination.bytesOffered).toBe(wholeOf(compression).blob.length);
    },
  );

  test("ends when another has taken its upload further, and the next worker makes the same", async () => {
    const at = await stage(compression);
    const { parts } = wholeOf(compression);
    const steal = { operation: "writePart", call: 2, when: "before" } as const;
    const faulty = interrupted(at.destination, steal, () => {
      at.destination.uploads.set(at.blob.upload.id, parts.slice(0, 3));
    });
    const run = () => copyLayers({ blobs: [at.blob] }, at.source, faulty, enoughTime);
    await expect(run()).rejects.toMatchObject({ name: "Unavailable", side: "destination" });
    await run();
    expectWhole(at, compression);
  });
});

test("two workers at once make one blob", async () => {
  const at = await stage("zstd");
  const run = () => copyLayers({ blobs: [at.blob] }, at.source, at.destination, enoughTime);
  await Promise.allSettled([run(), run()]);
  expectSame(at.destination.layers.get(digestOf(wholeOf("zstd").blob)), wholeOf("zstd").blob);
  expect(at.destination.layers.size).toBe(1);
});

describe("a layer that is not what its config lists", () => {
  test.each([
    ["of another digest", "gzip", bytesOf(size, 2), /of the digest sha256:/],
    ["of another digest", "zstd", bytesOf(size, 2), /of the digest sha256:/],
    ["too short", "gzip", layer.subarray(0, size - 1), /is \d+ bytes long, and not \d+/],
    ["too short", "copy", layer.subarray(0, size - 1), /is \d+ bytes long, and not \d+/],
    ["without a byte", "gzip", new Uint8Array(), /is 0 bytes long, and not \d+/],
    ["too long", "zstd", Buffer.concat([layer, layer]), /is \d+ bytes long, and not \d+/],
    ["too long", "copy", Buffer.concat([layer, Buffer.alloc(1)]), /is \d+ bytes long, and not \d+/],
  ] as const)("%s is not closed with %s", async (_, compression, bytes, message) => {
    const at = await stage(compression);
    at.source.blobs.set(diffId, bytes);
    const copying = copyLayers({ blobs: [at.blob] }, at.source, at.destination, enoughTime);
    await expect(copying).rejects.toMatchObject({
      name: "DigestMismatch",
      side: "source",
      operation: "ReadArchive",
      message: expect.stringMatching(message),
    });
    expect(at.destination.layers.size).toBe(0);
    expect(at.destination.calls).not.toContain("closeUpload");
  });

  test("is found out across pauses, too", async () => {
    const at = await stage("zstd");
    const other = Uint8Array.from(layer);
    other[3] = 255 - (other[3] ?? 0);
    at.source.blobs.set(diffId, other);
    await expect(makeAll(at, noTime)).rejects.toMatchObject({ name: "DigestMismatch" });
    expect(at.destination.layers.size).toBe(0);
  });
});

describe("a layer of no bytes", () => {
  test.each(["gzip", "zstd"] as const)("has a blob with %s", async (compression) => {
    const at = await stage(compression, new Uint8Array());
    const { made } = await makeAll(at);
    const blob = at.destination.layers.get(made[0]?.digest ?? "") as Uint8Array;
    expect(opened[compression](blob)).toHaveLength(0);
  });
});

test("a compressed layer whose digest nothing tells is copied as it is, and gets the digest of its bytes", async () => {
  const compressed = gzipSync(layer);
  const at = await stage("copy", compressed, diffId);
  const { made } = await makeAll(at, noTime);
  expect(made).toEqual([{ diffId, ...blobOf(compressed) }]);
  expectSame(at.destination.layers.get(digestOf(compressed)), compressed);
});

test("layers that are made and layers that are copied share a task", async () => {
  const at = await stage("zstd");
  const plain = bytesOf(1_000);
  at.source.blobs.set(digestOf(plain), plain);
  const upload = await at.destination.openUpload();
  const copied: PendingBlob = { ...blobOf(plain), upload, from: 0 };
  const result = await copyLayers({ blobs: [at.blob, copied] }, at.source, at.destination, enoughTime);
  expect(result).toEqual({ paused: [], made: [{ diffId, ...blobOf(wholeOf("zstd").blob) }] });
  expect([...at.destination.layers.keys()]).toEqual([digestOf(wholeOf("zstd").blob), digestOf(plain)]);
});

describe("a layer of which a part holds more than there is time to read", () => {
  const long = Buffer.concat([bytesOf(3 * MiB), Buffer.alloc(12 * MiB), bytesOf(2 * MiB)]);

  test.each(["gzip", "zstd"] as const)("pauses with %s where the last part ended", async (compression) => {
    const at = await stage(compression, long);
    const timeLeft = () => (at.source.bytesRead > 6 * MiB ? 0 : Number.POSITIVE_INFINITY);
    const result = await copyLayers({ blobs: [at.blob] }, at.source, at.destination, { timeLeft });
    expect(at.source.bytesRead).toBeLessThan(10 * MiB);
    expect(result.paused).toMatchObject([{ from: 2 * MiB, upload: at.blob.upload }]);
    await makeAll({ ...at, blob: travelled(result.paused[0] as PendingBlob) });
    expect([...at.destination.layers.keys()]).toEqual([await uninterrupted(compression)]);
  });

  test("is made to the end of its first part, whatever the time", async () => {
    const at = await stage("gzip", long);
    await makeAll(at, noTime);
    expect([...at.destination.layers.keys()]).toEqual([await uninterrupted("gzip")]);
  });

  async function uninterrupted(compression: Compression): Promise<string | undefined> {
    const at = await stage(compression, long);
    return (await makeAll(at)).made[0]?.digest;
  }
});
