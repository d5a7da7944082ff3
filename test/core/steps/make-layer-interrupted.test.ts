import type { PendingBlob } from "../../../core/model/copy-task.ts";
import { digestOf } from "../../../core/model/digest.ts";
import { copyLayers } from "../../../core/steps/copy-layer.ts";
import { breakConnection, interrupted } from "../../fakes/interruption.ts";
import {
  enoughTime,
  expectBlob,
  expectSame,
  layer,
  MiB,
  makeAll,
  noTime,
  partSize,
  stage,
  travelled,
  type Whole,
  wholeBlob,
} from "../../fakes/making.ts";

const size = layer.length;

const kills = [1, 2, 3, 4].flatMap((call) => (["before", "after"] as const).map((when) => ({ call, when })));

describe.each(["zstd", "copy"] as const)("a worker that makes a layer with %s", (compression) => {
  let whole: Whole;
  beforeAll(async () => {
    whole = await wholeBlob(compression);
  });

  test.each(kills)("and is killed $when part $call was taken is repeated", async ({ call, when }) => {
    const at = await stage(compression);
    const faulty = interrupted(at.destination, { operation: "writePart", call, when }, breakConnection);
    const task = { blobs: [at.blob] };
    await expect(copyLayers(task, at.source, faulty, enoughTime)).rejects.toThrow("the connection broke");
    await copyLayers(task, at.source, faulty, enoughTime);
    expectBlob(at, whole);
    expect(at.destination.bytesOffered - whole.blob.length).toBeLessThanOrEqual(partSize);
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
      expectBlob(at, whole);
      expect(at.destination.bytesOffered - whole.blob.length).toBeLessThanOrEqual(partSize);
    },
  );

  test.each(kills.slice(2))("is killed $when part $call, repeated, and pauses then", async (kill) => {
    const at = await stage(compression);
    const faulty = interrupted(at.destination, { operation: "writePart", ...kill }, breakConnection);
    const task = { blobs: [at.blob] };
    await expect(copyLayers(task, at.source, faulty, enoughTime)).rejects.toThrow("the connection broke");
    await makeAll(at, noTime);
    expectBlob(at, whole);
    expect(at.destination.bytesOffered - whole.blob.length).toBeLessThanOrEqual(partSize);
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
    expectBlob(at, whole);
    expect(at.destination.bytesOffered).toBe(whole.blob.length);
  });

  test("and is killed when the upload was closed makes the same blob in a new one", async () => {
    const at = await stage(compression);
    const kill = { operation: "closeUpload", call: 1, when: "after" } as const;
    const faulty = interrupted(at.destination, kill, breakConnection);
    const task = { blobs: [at.blob] };
    await expect(copyLayers(task, at.source, faulty, enoughTime)).rejects.toThrow("the connection broke");
    await makeAll(at);
    expectBlob(at, whole);
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
    expectBlob(at, whole);
  });

  test("forgets how far it came when the upload is lost during a pause", async () => {
    const at = await stage(compression);
    const { paused } = travelled(await copyLayers({ blobs: [at.blob] }, at.source, at.destination, noTime));
    at.destination.uploads.clear();
    const again = await copyLayers({ blobs: paused }, at.source, at.destination, noTime);
    expect(again.paused).toEqual([{ ...at.blob, upload: { id: "upload-2", partSize } }]);
    await makeAll({ ...at, blob: travelled(again.paused[0] as PendingBlob) });
    expectBlob(at, whole);
  });

  test.each([0, 1, MiB, 5 * MiB, size - 1])(
    "ends when the read breaks at byte %i, and is repeated",
    async (at) => {
      const staged = await stage(compression);
      staged.source.breakAt = at;
      const run = () => copyLayers({ blobs: [staged.blob] }, staged.source, staged.destination, enoughTime);
      await expect(run()).rejects.toMatchObject({ name: "Unavailable", side: "source" });
      await run();
      expectBlob(staged, whole);
      expect(staged.destination.bytesOffered).toBe(whole.blob.length);
    },
  );

  test("ends when another has taken its upload further, and the next worker makes the same", async () => {
    const at = await stage(compression);
    const { parts } = whole;
    const steal = { operation: "writePart", call: 2, when: "before" } as const;
    const faulty = interrupted(at.destination, steal, () => {
      at.destination.uploads.set(at.blob.upload.id, parts.slice(0, 3));
    });
    const run = () => copyLayers({ blobs: [at.blob] }, at.source, faulty, enoughTime);
    await expect(run()).rejects.toMatchObject({ name: "Unavailable", side: "destination" });
    await run();
    expectBlob(at, whole);
  });
});

test("two workers at once make one blob", async () => {
  const at = await stage("zstd");
  const run = () => copyLayers({ blobs: [at.blob] }, at.source, at.destination, enoughTime);
  await Promise.allSettled([run(), run()]);
  const { blob } = await wholeBlob("zstd");
  expectSame(at.destination.layers.get(digestOf(blob)), blob);
  expect(at.destination.layers.size).toBe(1);
});
