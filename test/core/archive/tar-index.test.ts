import type { RandomAccess } from "../../../core/archive/random-access.ts";
import { indexTar } from "../../../core/archive/tar-index.ts";
import { CountedArchive, pax, sparse, tar } from "../../fakes/tar.ts";

const GiB = 1024 ** 3;

describe("indexTar", () => {
  test("reads less than 1 MB, entry by entry, of 20 GB in 200 entries", async () => {
    const members = Array.from({ length: 200 }, (_, position) => ({
      name: `blobs/sha256/${position.toString(16).padStart(64, "0")}`,
      size: 100_000_000 + position,
    }));
    const archive = sparse(members);
    const index = await indexTar(archive);
    expect(index.size).toBe(200);
    expect(index.find(members[199]?.name ?? "")?.size).toBe(100_000_199);
    expect(archive.reads).toBe(201); // The last for the end.
    expect(archive.bytesRead).toBeLessThan(1_000_000);
  });

  test("reads the small files of a layer together with the header of the next", async () => {
    const layers = Array.from({ length: 60 }, (_, position) => [
      { name: `${position}/VERSION`, size: 3 },
      { name: `${position}/json`, size: 477 },
      { name: `${position}/layer.tar`, size: 300_000_000 },
    ]).flat();
    const archive = sparse(layers);
    expect((await indexTar(archive)).size).toBe(180);
    expect(archive.reads).toBeLessThanOrEqual(61);
    expect(archive.bytesRead).toBeLessThan(61 * 4_096 + 1);
  });

  test("finds files beyond 8 GiB, and those after them", async () => {
    const archive = sparse([
      { name: "a", size: 50 * GiB },
      { name: "b", size: 50 * GiB + 1 },
      { name: "c", size: 5 },
    ]);
    const index = await indexTar(archive);
    expect(index.find("b")).toEqual({ offset: 50 * GiB + 1024, size: 50 * GiB + 1 });
    expect(index.find("c")).toEqual({ offset: 100 * GiB + 1024 + 512 + 512, size: 5 });
    expect(archive.reads).toBeLessThanOrEqual(3);
  });

  test("reads many small entries in few pieces", async () => {
    const archive = sparse(Array.from({ length: 50_000 }, (_, at) => ({ name: `f${at}`, size: 700 })));
    expect((await indexTar(archive)).size).toBe(50_000);
    expect(archive.reads).toBeLessThan(320);
  });

  test("never reads beyond the end, nor more than one window too much", async () => {
    const archive = new CountedArchive(tar({ name: "a", data: "x".repeat(10_000) }, { name: "b" }));
    await indexTar(archive);
    expect([archive.reads, archive.bytesRead]).toEqual([2, 4_096 + 512 + 1024]);
  });

  test("reads an archive that fills one window once", async () => {
    const archive = new CountedArchive(
      tar({ name: "a", data: "x".repeat(3_072) }, { name: "b" }).subarray(0, 4_096),
    );
    expect((await indexTar(archive)).size).toBe(2);
    expect([archive.reads, archive.bytesRead]).toEqual([1, 4_096]);
  });

  test("finds the same whatever the alignment of entries to what is read ahead", async () => {
    for (let blocks = 0; blocks < 20; blocks++) {
      const before = { name: "before", data: new Uint8Array(blocks * 512) };
      const archive = tar(
        before,
        pax({ path: "p".repeat(3_000) }),
        { name: "x", data: "y" },
        { name: "after" },
      );
      const index = await indexTar(new CountedArchive(archive));
      expect([...index.names()]).toEqual(["before", "p".repeat(3_000), "after"]);
    }
  });

  test("refuses an archive that gives less than it has", async () => {
    const archive: RandomAccess = { size: 10_000, read: async () => new Uint8Array(100) };
    await expect(indexTar(archive)).rejects.toThrow(
      "the archive gave 100 bytes at byte 0, where 4096 should be",
    );
  });

  test("passes on what reading throws", async () => {
    const broken = new Error("broken");
    await expect(indexTar({ size: 1024, read: () => Promise.reject(broken) })).rejects.toBe(broken);
  });
});
