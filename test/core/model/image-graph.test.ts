import type { Descriptor } from "../../../core/model/descriptor.ts";
import { readImageGraph } from "../../../core/model/image-graph.ts";
import { maxManifestBytes, maxManifests } from "../../../core/model/limits.ts";
import { attestedIndex, bytesOf, type Content, image, imageOf, index, nested } from "../../fakes/image.ts";

/** Reads a content's graph, and says which manifests were read and how many at once. */
async function read(content: Content) {
  const reads: string[] = [];
  let [reading, most] = [0, 0];
  const graph = await readImageGraph(content.root, async ({ digest }: Descriptor) => {
    reads.push(digest);
    most = Math.max(most, ++reading);
    await Promise.resolve();
    reading--;
    return content.manifests.get(digest) ?? new Uint8Array();
  });
  return { graph, reads, most };
}

function expectChildrenFirst({ manifests }: Awaited<ReturnType<typeof read>>["graph"]): void {
  const seen = new Set<string>();
  for (const { descriptor, children } of manifests) {
    for (const { digest } of children) expect(seen).toContain(digest);
    seen.add(descriptor.digest);
  }
  expect(seen.size).toBe(manifests.length);
}

const shared = imageOf([5], 9);

describe("readImageGraph", () => {
  test.each([
    ["an image", imageOf([3, 4])],
    ["an index with an attestation", attestedIndex()],
    ["a child that is listed twice", index([shared, shared])],
    ["a child that is shared between levels", index([shared, index([index([shared]), shared])])],
    ["a child that comes first high up and then deep down", index([shared, nested(4, index([shared]))])],
    ["fifty nested indexes", nested(50)],
    [
      "images that share layers",
      index([imageOf([7], 1), image({ layers: [bytesOf(7, 1_000), bytesOf(8)] })]),
    ],
  ])("of %s has each manifest and each blob once, children first", async (_, content) => {
    const { graph, reads } = await read(content);
    expect(reads.toSorted()).toEqual([...content.manifests.keys()].toSorted());
    expect(graph.manifests.map(({ bytes }) => bytes)).toEqual(
      expect.arrayContaining([...content.manifests.values()]),
    );
    expect(graph.blobs.map(({ digest }) => digest).toSorted()).toEqual([...content.blobs.keys()].toSorted());
    expect(graph.manifests.at(-1)?.descriptor.digest).toBe(content.root.digest);
    expectChildrenFirst(graph);
  });

  test("reads the deepest chain that is allowed", async () => {
    const { graph } = await read(nested(maxManifests - 1));
    expect(graph.manifests).toHaveLength(maxManifests);
    expectChildrenFirst(graph);
  });

  test("reads at most eight manifests at once", async () => {
    const children = Array.from({ length: 30 }, (_, seed) => imageOf([4], seed));
    expect((await read(index(children))).most).toBe(8);
  });

  test("accepts as many manifests as are allowed in one index, and none more", async () => {
    const children = Array.from({ length: maxManifests }, (_, seed) => imageOf([4], seed));
    expect((await read(index(children.slice(1)))).graph.manifests).toHaveLength(maxManifests);
    await expect(read(index(children))).rejects.toMatchObject({ name: "UnsupportedImage", side: "source" });
  });

  test("refuses more bytes of manifests than fit in memory before it reads them", async () => {
    const size = maxManifestBytes / 8;
    const children = Array.from({ length: 8 }, (_, seed) => imageOf([4], seed).root);
    const lying = children.map((root) => ({
      root: { ...root, size },
      manifests: new Map(),
      blobs: new Map(),
    }));
    const content = index(lying);
    const reads: string[] = [];
    const reading = readImageGraph(content.root, async ({ digest }) => {
      reads.push(digest);
      return content.manifests.get(digest) ?? new Uint8Array();
    });
    await expect(reading).rejects.toMatchObject({ name: "UnsupportedImage" });
    expect(reads).toEqual([content.root.digest]);
  });

  test("fails with what a child fails with", async () => {
    const content = attestedIndex();
    const [digest = ""] = content.manifests.keys();
    const damaged = { ...content, manifests: new Map([...content.manifests, [digest, bytesOf(5)] as const]) };
    await expect(read(damaged)).rejects.toMatchObject({ name: "DigestMismatch" });
  });

  test("refuses a child of another size than its index says", async () => {
    const content = index([shared], { entries: [{ size: shared.root.size + 1 }] });
    await expect(read(content)).rejects.toMatchObject({ name: "DigestMismatch" });
  });
});
