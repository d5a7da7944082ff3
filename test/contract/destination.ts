import { Incomplete } from "../../core/errors.ts";
import { readImageGraph } from "../../core/model/image-graph.ts";
import type { Manifest } from "../../core/model/manifest.ts";
import type { Destination, Upload } from "../../core/ports.ts";
import {
  artifact,
  attestedIndex,
  blobOf,
  bytesOf,
  type Content,
  image,
  imageOf,
  index,
  nested,
} from "../fakes/image.ts";
import { push } from "../fakes/push.ts";

/** Makes an empty destination. */
export type MakeDestination = (rules: { readonly immutable: boolean }) => Promise<Destination>;

const contents: Record<string, Content> = {
  "a Docker image": imageOf([35, 10], 1, "docker"),
  "an OCI image without mediaType": image({ layers: [bytesOf(12)], typed: false }),
  "an OCI index of Docker images": index([imageOf([9], 1, "docker")]),
  "an OCI index with an attestation": attestedIndex(),
  "a nested index": nested(3),
  "an artifact": artifact(),
};
const side = "destination";

/** What every destination promises of uploads and of manifests. */
export function describeDestination(name: string, make: MakeDestination): void {
  const mutable = () => make({ immutable: false });

  describe(`${name} as a destination of layers`, () => {
    let destination: Destination;
    let upload: Upload;
    let layer: Uint8Array;
    beforeEach(async () => {
      destination = await mutable();
      upload = await destination.openUpload();
      layer = bytesOf(2 * upload.partSize + 3);
    });

    const write = (from: number, to: number) => destination.writePart(upload, from, layer.subarray(from, to));
    const isMissing = async () => (await destination.missingBlobs([blobOf(layer)])).length === 1;

    test("takes parts in order, and has the layer when its upload is closed", async () => {
      const { partSize } = upload;
      expect(await write(0, partSize)).toBe(partSize);
      expect(await write(partSize, 2 * partSize)).toBe(2 * partSize);
      expect(await write(2 * partSize, layer.length)).toBe(layer.length);
      expect(await isMissing()).toBe(true);
      await destination.closeUpload(upload, blobOf(layer));
      expect(await isMissing()).toBe(false);
    });

    test("answers a part at another offset with the offset that it expects, and writes nothing", async () => {
      const { partSize } = upload;
      expect(await write(partSize, 2 * partSize)).toBe(0);
      expect(await write(0, partSize)).toBe(partSize);
      expect(await write(0, partSize)).toBe(partSize);
      expect(await write(2 * partSize, layer.length)).toBe(partSize);
      expect(await write(partSize - 1, 2 * partSize - 1)).toBe(partSize);
      expect(await write(partSize, 2 * partSize)).toBe(2 * partSize);
      expect(await write(2 * partSize, layer.length)).toBe(layer.length);
      await destination.closeUpload(upload, blobOf(layer));
    });

    test("says where an upload stands, which changes nothing", async () => {
      const { partSize } = upload;
      const blob = blobOf(layer);
      expect(await destination.expected(upload, blob)).toBe(0);
      await write(0, partSize);
      expect(await destination.expected(upload, blob)).toBe(partSize);
      await write(partSize, 2 * partSize);
      await write(2 * partSize, layer.length);
      expect(await destination.expected(upload, blob)).toBe(layer.length);
      await destination.closeUpload(upload, blob);
      await expect(destination.expected(upload, blob)).rejects.toMatchObject({ name: "UploadLost" });
    });

    test("takes a layer of one byte, and says where its upload stands", async () => {
      const one = bytesOf(1);
      expect(await destination.writePart(upload, 0, one)).toBe(1);
      await destination.closeUpload(upload, blobOf(one));
      expect(await destination.missingBlobs([blobOf(one)])).toEqual([]);
    });

    test("says UploadLost of an upload that it does not have, that is empty, or that is closed", async () => {
      const lost = { name: "UploadLost", side };
      await expect(destination.closeUpload(upload, blobOf(layer))).rejects.toMatchObject(lost);
      const small = layer.subarray(0, 5);
      const unknown = { ...upload, id: "11111111-1111-4111-8111-111111111111" };
      await expect(destination.writePart(unknown, 0, small)).rejects.toMatchObject(lost);
      await expect(destination.closeUpload(unknown, blobOf(small))).rejects.toMatchObject(lost);
      const closed = await destination.openUpload();
      await destination.writePart(closed, 0, small);
      await destination.closeUpload(closed, blobOf(small));
      await expect(destination.writePart(closed, 5, small)).rejects.toMatchObject(lost);
    });

    test("says DigestMismatch of bytes that are not the layer, and keeps nothing under its digest", async () => {
      await write(0, 5);
      await expect(destination.closeUpload(upload, blobOf(layer))).rejects.toMatchObject({
        name: "DigestMismatch",
        side,
      });
      expect(await isMissing()).toBe(true);
    });

    test("takes a layer that is there already as a success", async () => {
      const small = layer.subarray(0, 5);
      for (const one of [upload, await destination.openUpload()]) {
        await destination.writePart(one, 0, small);
        await destination.closeUpload(one, blobOf(small));
      }
      expect(await destination.missingBlobs([blobOf(small)])).toEqual([]);
    });

    test("refuses a layer of which a part before the last is too small", async () => {
      await write(0, 1);
      await write(1, 2);
      await expect(destination.closeUpload(upload, blobOf(layer.subarray(0, 2)))).rejects.toThrow();
    });

    test("says which of 250 blobs are missing, in the order given", async () => {
      const wanted = Array.from({ length: 250 }, (_, seed) => ({ ...blobOf(bytesOf(9, seed)), seed }));
      await push(destination, image({ layers: [bytesOf(9, 3), bytesOf(9, 120), bytesOf(9, 249)] }));
      const missing = await destination.missingBlobs(wanted);
      expect(missing.map(({ seed }) => seed)).toEqual(
        wanted.map(({ seed }) => seed).filter((seed) => ![3, 120, 249].includes(seed)),
      );
      expect(await destination.missingBlobs([])).toEqual([]);
    });
  });

  describe(`${name} as a destination of manifests`, () => {
    test.each(Object.entries(contents))("takes %s under a tag, and twice", async (_, content) => {
      const destination = await make({ immutable: true });
      await push(destination, content, "1.0");
      await push(destination, content, "1.0");
      expect(await destination.resolve("1.0")).toBe(content.root.digest);
      expect(await destination.resolve(content.root.digest)).toBe(content.root.digest);
      expect(await destination.missingManifests(await manifestsOf(content))).toEqual([]);
    });

    test("knows no tag and no digest of what was never put", async () => {
      const destination = await mutable();
      const content = attestedIndex();
      expect(await destination.resolve("1.0")).toBeUndefined();
      expect(await destination.resolve(content.root.digest)).toBeUndefined();
      const manifests = await manifestsOf(content);
      expect(await destination.missingManifests(manifests)).toEqual(manifests);
    });

    test("takes an image without a tag", async () => {
      const destination = await mutable();
      const content = imageOf([10]);
      await push(destination, content);
      expect(await destination.resolve(content.root.digest)).toBe(content.root.digest);
      expect(await destination.resolve("1.0")).toBeUndefined();
    });

    test("refuses an image without its layers, and an index without its children, as Incomplete", async () => {
      const destination = await mutable();
      for (const content of [imageOf([10]), index([imageOf([11], 5)])]) {
        const root = (await manifestsOf(content)).at(-1) as Manifest;
        await expect(destination.putManifest(root, "1.0")).rejects.toThrow(Incomplete);
      }
      expect(await destination.resolve("1.0")).toBeUndefined();
    });

    test("moves a tag that may be moved", async () => {
      const destination = await mutable();
      for (const content of [imageOf([10], 1), imageOf([10], 2), imageOf([10], 1)]) {
        await push(destination, content, "1.0");
        expect(await destination.resolve("1.0")).toBe(content.root.digest);
      }
    });

    test("says TagImmutable of a tag that may not be moved, and leaves it", async () => {
      const destination = await make({ immutable: true });
      const content = imageOf([10], 1);
      await push(destination, content, "1.0");
      await expect(push(destination, imageOf([10], 2), "1.0")).rejects.toMatchObject({
        name: "TagImmutable",
        side,
      });
      expect(await destination.resolve("1.0")).toBe(content.root.digest);
    });
  });
}

async function manifestsOf({ root, manifests }: Content): Promise<readonly Manifest[]> {
  const graph = await readImageGraph(root, async ({ digest }) => manifests.get(digest) ?? new Uint8Array());
  return graph.manifests;
}
