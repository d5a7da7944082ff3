import type { PendingBlob } from "../../../core/model/copy-task.ts";
import { copyLayers } from "../../../core/steps/copy-layer.ts";
import { blobOf, bytesOf } from "../../fakes/image.ts";
import { breakConnection, interrupted } from "../../fakes/interruption.ts";
import { MemoryDestination } from "../../fakes/memory-destination.ts";
import { MemorySource } from "../../fakes/memory-source.ts";

const partSize = 10;
const enoughTime = { timeLeft: () => Number.POSITIVE_INFINITY };

/** A layer at the source, and an upload for it at the destination. */
async function stage(size: number) {
  const [source, destination] = [new MemorySource(), new MemoryDestination({ partSize })];
  const layer = bytesOf(size);
  const { digest } = blobOf(layer);
  source.blobs.set(digest, layer);
  const blob: PendingBlob = { digest, size, upload: await destination.openUpload(), from: 0 };
  return { source, destination, layer, blob, digest };
}

/** What a worker that pauses after each part sees: time for one part only. */
const noTime = { timeLeft: () => 0 };

describe("copyLayers", () => {
  describe.each([1, 3, 7, 9, 10, 11, 19, 20, 21, 30, 35])("of a layer of %i bytes", (size) => {
    test.each([1, 3, 9, 10, 11, 64])("copies it read in chunks of %i, each byte once", async (chunkSize) => {
      const { source, destination, layer, blob, digest } = await stage(size);
      source.chunkSize = chunkSize;
      const result = await copyLayers({ blobs: [blob] }, source, destination, enoughTime);
      expect(result).toEqual({ paused: [] });
      expect(destination.layers.get(digest)).toEqual(Buffer.from(layer));
      expect([destination.bytesOffered, source.bytesRead]).toEqual([size, size]);
      expect(destination.calls.filter((call) => call === "writePart")).toHaveLength(
        Math.ceil(size / partSize),
      );
    });

    const parts = Array.from({ length: Math.ceil(size / partSize) }, (_, part) => part + 1);

    test.each(parts)("sends at most part %i again when its answer is lost", async (part) => {
      const { source, destination, blob, digest } = await stage(size);
      const faulty = interrupted(
        destination,
        { operation: "writePart", call: part, when: "after" },
        breakConnection,
      );
      const task = { blobs: [blob] };
      await expect(copyLayers(task, source, faulty, enoughTime)).rejects.toThrow("the connection broke");
      await copyLayers(task, source, faulty, enoughTime);
      expect(destination.layers.has(digest)).toBe(true);
      // The offer that told the repeated call where the destination stands.
      expect(destination.bytesOffered - size).toBeLessThanOrEqual(partSize);
    });

    test.each(parts)("sends at most one part again when the worker is killed at part %i", async (part) => {
      const { source, destination, blob, digest } = await stage(size);
      const faulty = interrupted(
        destination,
        { operation: "writePart", call: part, when: "before" },
        breakConnection,
      );
      const task = { blobs: [blob] };
      await expect(copyLayers(task, source, faulty, enoughTime)).rejects.toThrow("the connection broke");
      await copyLayers(task, source, faulty, enoughTime);
      expect(destination.layers.has(digest)).toBe(true);
      expect(destination.bytesOffered - size).toBeLessThanOrEqual(partSize);
    });

    test.each(parts)("starts again in a new upload when its upload vanishes before part %i", async (part) => {
      const { source, destination, blob, digest } = await stage(size);
      const faulty = interrupted(
        destination,
        { operation: "writePart", call: part, when: "before" },
        destination.uploads.clear.bind(destination.uploads),
      );
      const { paused } = await copyLayers({ blobs: [blob] }, source, faulty, enoughTime);
      expect(paused).toEqual([{ ...blob, upload: { id: "upload-2", partSize }, from: 0 }]);
      expect(await copyLayers({ blobs: paused }, source, faulty, enoughTime)).toEqual({ paused: [] });
      expect(destination.layers.has(digest)).toBe(true);
      expect(destination.opened).toBe(2);
    });

    test("pauses after every part, and needs as many calls as parts, each byte sent once", async () => {
      const { source, destination, blob, digest } = await stage(size);
      const offsets: number[] = [];
      let blobs: readonly PendingBlob[] = [blob];
      while (blobs.length > 0) {
        blobs = (await copyLayers({ blobs }, source, destination, noTime)).paused;
        offsets.push(...blobs.map(({ from }) => from));
      }
      expect(offsets).toEqual(parts.slice(0, -1).map((part) => part * partSize));
      expect(destination.layers.has(digest)).toBe(true);
      expect(destination.bytesOffered).toBe(size);
    });
  });

  test("asks where the destination stands, whatever offset it was given", async () => {
    const { source, destination, blob, digest } = await stage(35);
    await copyLayers({ blobs: [{ ...blob, from: 20 }] }, source, destination, enoughTime);
    expect(destination.layers.has(digest)).toBe(true);
    expect(destination.bytesOffered).toBe(35);
  });

  test("closes an upload that has every byte without reading the source", async () => {
    const { source, destination, layer, blob, digest } = await stage(35);
    destination.uploads.set(blob.upload.id, [layer]);
    await copyLayers({ blobs: [{ ...blob, from: 35 }] }, source, destination, enoughTime);
    expect(destination.layers.has(digest)).toBe(true);
    expect([source.bytesRead, destination.bytesOffered]).toEqual([0, 0]);
  });

  test("copies nothing when another worker has closed the layer", async () => {
    const { source, destination, layer, blob, digest } = await stage(35);
    destination.layers.set(digest, layer);
    expect(await copyLayers({ blobs: [blob] }, source, destination, enoughTime)).toEqual({ paused: [] });
    expect([source.bytesRead, destination.bytesOffered]).toEqual([0, 0]);
  });

  test("is done when another worker closes the layer while this one sends it", async () => {
    const { source, destination, layer, blob, digest } = await stage(35);
    const faulty = interrupted(destination, { operation: "writePart", call: 2, when: "before" }, () => {
      destination.uploads.clear();
      destination.layers.set(digest, layer);
    });
    expect(await copyLayers({ blobs: [blob] }, source, faulty, enoughTime)).toEqual({ paused: [] });
    expect(destination.opened).toBe(1);
  });

  test("is done by the next call when the answer to the close was lost", async () => {
    const { source, destination, blob, digest } = await stage(35);
    const lost = { operation: "closeUpload", call: 1, when: "after" } as const;
    const faulty = interrupted(destination, lost, breakConnection);
    await expect(copyLayers({ blobs: [blob] }, source, faulty, enoughTime)).rejects.toThrow("broke");
    expect(await copyLayers({ blobs: [blob] }, source, faulty, enoughTime)).toEqual({ paused: [] });
    expect(destination.layers.has(digest)).toBe(true);
    expect(destination.bytesOffered).toBe(35);
  });

  test("goes on with the other layers of a task when the upload of one was lost", async () => {
    const { source, destination, blob } = await stage(35);
    const other = await stage(21);
    for (const [digest, bytes] of other.source.blobs) source.blobs.set(digest, bytes);
    const kept = { ...other.blob, upload: await destination.openUpload() };
    destination.uploads.delete(blob.upload.id);
    const { paused } = await copyLayers({ blobs: [blob, kept] }, source, destination, enoughTime);
    expect(paused).toEqual([{ ...blob, upload: { id: "upload-3", partSize }, from: 0 }]);
    expect(destination.layers.has(kept.digest)).toBe(true);
  });

  test.each([0, 9, 10, 19, 20, 34])(
    "keeps the parts sent before a read that breaks at byte %i",
    async (at) => {
      const { source, destination, blob, digest } = await stage(35);
      source.chunkSize = 1;
      source.breakAt = at;
      await expect(copyLayers({ blobs: [blob] }, source, destination, enoughTime)).rejects.toMatchObject({
        name: "Unavailable",
        side: "source",
      });
      const taken = destination.uploads.get(blob.upload.id)?.reduce((sum, part) => sum + part.length, 0) ?? 0;
      expect(at - taken).toBeLessThanOrEqual(partSize);
      await copyLayers({ blobs: [blob] }, source, destination, enoughTime);
      expect(destination.layers.has(digest)).toBe(true);
    },
  );

  test("says what the read says when reading and sending fail at the same time", async () => {
    const { source, destination, blob } = await stage(35);
    source.chunkSize = 10;
    source.breakAt = 10;
    const faulty = interrupted(
      destination,
      { operation: "writePart", call: 1, when: "after" },
      breakConnection,
    );
    await expect(copyLayers({ blobs: [blob] }, source, faulty, enoughTime)).rejects.toThrow(
      "the read broke at 10",
    );
  });

  test.each([
    ["shorter", 34, "only 34"],
    ["longer", 36, "more"],
    ["longer by a whole part", 45, "more"],
    ["empty", 0, "only 0"],
  ])("refuses a source whose layer is %s than its manifest says", async (_, actual, sent) => {
    const { source, destination, blob, digest } = await stage(35);
    source.blobs.set(digest, bytesOf(actual));
    await expect(copyLayers({ blobs: [blob] }, source, destination, enoughTime)).rejects.toMatchObject({
      name: "DigestMismatch",
      side: "source",
      message: `layer ${digest} has 35 bytes by its manifest, and the source sent ${sent}`,
    });
    expect(destination.layers.size).toBe(0);
  });

  test("does not store a layer whose bytes are others than its digest says", async () => {
    const { source, destination, blob, digest } = await stage(35);
    source.blobs.set(digest, bytesOf(35, 2));
    await expect(copyLayers({ blobs: [blob] }, source, destination, enoughTime)).rejects.toMatchObject({
      name: "DigestMismatch",
    });
    expect(destination.layers.size).toBe(0);
  });

  test("ends when the destination refuses the very offset that it asks for", async () => {
    const { source, destination, blob } = await stage(35);
    // No part of ten is taken by a destination that takes nine at most.
    const narrow = new MemoryDestination({ partSize: 9 });
    narrow.uploads.set(blob.upload.id, []);
    await expect(copyLayers({ blobs: [blob] }, source, narrow, enoughTime)).rejects.toMatchObject({
      name: "Unavailable",
      operation: "UploadLayerPart",
    });
    expect(narrow.bytesOffered).toBe(10);
    expect(destination.bytesOffered).toBe(0);
  });

  test("ends when the destination forgets what it has taken, again and again", async () => {
    const { source, destination, blob } = await stage(35);
    const forget = () => destination.uploads.set(blob.upload.id, []);
    const always = { operation: "writePart", call: "every", when: "after" } as const;
    const faulty = interrupted(destination, always, forget);
    await expect(copyLayers({ blobs: [blob] }, source, faulty, enoughTime)).rejects.toMatchObject({
      name: "Unavailable",
    });
    expect(destination.bytesOffered).toBeLessThanOrEqual(4 * 35);
  });
});

describe("copyLayers of several layers", () => {
  async function several(count: number) {
    const [source, destination] = [new MemorySource(), new MemoryDestination({ partSize })];
    const blobs: PendingBlob[] = [];
    for (let seed = 0; seed < count; seed++) {
      const layer = bytesOf(15, seed);
      source.blobs.set(blobOf(layer).digest, layer);
      blobs.push({ ...blobOf(layer), upload: await destination.openUpload(), from: 0 });
    }
    return { source, destination, blobs };
  }

  test("copies them one after the other, with one question for what is missing", async () => {
    const { source, destination, blobs } = await several(3);
    await copyLayers({ blobs }, source, destination, enoughTime);
    expect([...destination.layers.keys()]).toEqual(blobs.map(({ digest }) => digest));
    expect(destination.calls.filter((call) => call === "missingBlobs")).toHaveLength(1);
  });

  test("returns those it has not begun, and the one it stopped in, as paused", async () => {
    const { source, destination, blobs } = await several(3);
    const { paused } = await copyLayers({ blobs }, source, destination, noTime);
    expect(paused).toEqual([{ ...blobs[0], from: 10 }, blobs[1], blobs[2]]);
  });

  test("begins no other layer when the time is up after one", async () => {
    const { source, destination, blobs } = await several(3);
    const times = [100_000, 59_999];
    const { paused } = await copyLayers({ blobs }, source, destination, {
      timeLeft: () => times.shift() ?? 0,
    });
    expect(paused).toEqual([blobs[1], blobs[2]]);
  });

  test("tells after every part how far its layer is", async () => {
    const { source, destination, blobs } = await several(2);
    const told: [digest: string, at: number][] = [];
    await copyLayers({ blobs }, source, destination, {
      ...enoughTime,
      took: (blob, at) => told.push([blob.digest, at]),
    });
    expect(told).toEqual(
      blobs.flatMap(({ digest }) => [
        [digest, 10],
        [digest, 15],
      ]),
    );
  });

  test("goes on with exactly the margin left", async () => {
    const { source, destination, blobs } = await several(3);
    expect(await copyLayers({ blobs }, source, destination, { timeLeft: () => 60_000 })).toEqual({
      paused: [],
    });
  });

  test("asks nothing of a task without layers but whether they are there", async () => {
    const { source, destination } = await several(0);
    expect(await copyLayers({ blobs: [] }, source, destination, enoughTime)).toEqual({ paused: [] });
  });
});
