import { gzipSync } from "node:zlib";
import type { PendingBlob } from "../../../core/model/copy-task.ts";
import { digestOf } from "../../../core/model/digest.ts";
import { copyLayers } from "../../../core/steps/copy-layer.ts";
import { blobOf, bytesOf } from "../../fakes/image.ts";
import {
  compressions,
  enoughTime,
  expectBlob,
  expectSame,
  layer,
  MiB,
  makeAll,
  noTime,
  opened,
  stage,
  travelled,
  type Whole,
  wholeBlob,
} from "../../fakes/making.ts";

const { digest: diffId, size } = blobOf(layer);

describe.each(compressions)("making a layer with %s", (compression) => {
  let whole: Whole;
  beforeAll(async () => {
    whole = await wholeBlob(compression);
  });

  test("gives a blob that opens to the layer, with its digest and size, each byte sent once", async () => {
    const at = await stage(compression);
    const { made, rounds } = await makeAll(at);
    expectBlob(at, whole);
    const { blob } = whole;
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
    expectBlob(at, whole);
    const { blob, parts } = whole;
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
    expect([told.length, told.at(-1)]).toEqual([whole.parts.length, size]);
  });
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
  const zstd = await wholeBlob("zstd");
  const plain = bytesOf(1_000);
  at.source.blobs.set(digestOf(plain), plain);
  const upload = await at.destination.openUpload();
  const copied: PendingBlob = { ...blobOf(plain), upload, from: 0 };
  const result = await copyLayers({ blobs: [at.blob, copied] }, at.source, at.destination, enoughTime);
  expect(result).toEqual({ paused: [], made: [{ diffId, ...blobOf(zstd.blob) }] });
  expect([...at.destination.layers.keys()]).toEqual([digestOf(zstd.blob), digestOf(plain)]);
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
    expect([...at.destination.layers.keys()]).toEqual([digestOf((await wholeBlob(compression, long)).blob)]);
  });

  test("is made to the end of its first part, whatever the time", async () => {
    const at = await stage("gzip", long);
    await makeAll(at, noTime);
    expect([...at.destination.layers.keys()]).toEqual([digestOf((await wholeBlob("gzip", long)).blob)]);
  });
});
