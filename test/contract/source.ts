import { digestOf } from "../../core/model/digest.ts";
import type { Source } from "../../core/ports.ts";
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

/** Makes a source that has an image under a tag, or without one. */
export type MakeSource = (content: Content, tag?: string) => Promise<Source>;

/** Makes a source that has an image. */
export type MakeReadable = (content: Content) => Promise<Source>;

const contents: Record<string, Content> = {
  "a Docker image": imageOf([35, 10], 1, "docker"),
  "an OCI image": imageOf([35, 10], 2),
  "an OCI image without mediaType": image({ layers: [bytesOf(12)], typed: false }),
  "a Docker list": index([imageOf([9], 1, "docker")], { family: "docker" }),
  "an OCI index with an attestation": attestedIndex(),
  "a nested index": nested(3),
  "an artifact": artifact(),
};
const absent = blobOf(bytesOf(77, 77));

/** What every source promises of names: it has images by tag and by digest. */
export function describeSource(name: string, make: MakeSource): void {
  describe(`${name} as a source of images by name`, () => {
    test.each(Object.entries(contents))(
      "resolves the tag and the digest of %s to the same descriptor",
      async (_, content) => {
        const source = await make(content, "1.0");
        expect(await source.resolve("1.0")).toEqual(content.root);
        expect(await source.resolve(content.root.digest)).toEqual(content.root);
      },
    );

    test("resolves an image without a tag by its digest", async () => {
      const content = imageOf([10]);
      expect(await (await make(content)).resolve(content.root.digest)).toEqual(content.root);
    });

    test.each(["2.0", absent.digest])(
      "says SourceNotFound for %s, which it does not have",
      async (reference) => {
        const source = await make(imageOf([10]), "1.0");
        await expect(source.resolve(reference)).rejects.toMatchObject({
          name: "SourceNotFound",
          side: "source",
        });
      },
    );
  });
  describeReadable(name, (content) => make(content, "1.0"));
}

/** What every source promises of bytes, also one that has a single image. */
export function describeReadable(name: string, make: MakeReadable): void {
  describe(`${name} as a source of bytes`, () => {
    test.each(Object.entries(contents))(
      "gives every manifest and every blob of %s byte for byte",
      async (_, content) => {
        const source = await make(content);
        for (const [digest, bytes] of content.manifests) {
          const manifest = { ...content.root, digest, size: bytes.length };
          expect(digestOf(await source.readManifest(manifest))).toBe(digest);
        }
        for (const [digest, { length }] of content.blobs) {
          expect(digestOf(await read(source, { digest, size: length }, 0))).toBe(digest);
        }
      },
    );

    test("says SourceNotFound for a manifest and a blob that it does not have", async () => {
      const source = await make(imageOf([10]));
      const notFound = { name: "SourceNotFound", side: "source" };
      const { mediaType } = imageOf([10]).root;
      await expect(source.readManifest({ mediaType, ...absent })).rejects.toMatchObject(notFound);
      await expect(read(source, absent, 0)).rejects.toMatchObject(notFound);
    });

    test.each([0, 1, 299_999, 300_000])(
      "reads a blob of 300,000 bytes from byte %i to its end",
      async (from) => {
        const layer = bytesOf(300_000);
        const source = await make(image({ layers: [layer] }));
        expect(digestOf(await read(source, blobOf(layer), from))).toBe(digestOf(layer.subarray(from)));
      },
    );

    test("can be left in the middle of a blob, and read again", async () => {
      const layer = bytesOf(300_000);
      const source = await make(image({ layers: [layer] }));
      for await (const chunk of source.readBlob(blobOf(layer), 0)) {
        expect(chunk.length).toBeGreaterThan(0);
        break;
      }
      expect(digestOf(await read(source, blobOf(layer), 0))).toBe(digestOf(layer));
    });
  });
}

async function read(
  source: Source,
  blob: { digest: string; size: number },
  from: number,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  // A chunk is valid until the next is asked for.
  for await (const chunk of source.readBlob(blob, from)) chunks.push(Uint8Array.from(chunk));
  return Buffer.concat(chunks);
}
