import { gzipSync, zstdCompressSync } from "node:zlib";
import { type Archive, ArchiveSource } from "../../../core/archive/archive-source.ts";
import type { Blob } from "../../../core/model/descriptor.ts";
import { digestOf } from "../../../core/model/digest.ts";
import { readImageGraph } from "../../../core/model/image-graph.ts";
import {
  blobPath,
  type DockerLayerFile,
  dockerConfig,
  dockerContent,
  dockerFiles,
  type Files,
  MemoryArchive,
  ociFiles,
} from "../../fakes/archive.ts";
import { attestedIndex, blobOf, bytesOf, type Content, imageOf, nested } from "../../fakes/image.ts";
import { MemoryPacked } from "../../fakes/packed.ts";
import { type CountedArchive, end, member, sparse, tarOf } from "../../fakes/tar.ts";

type Choice = ConstructorParameters<typeof ArchiveSource>[1];

const none = { layerCompression: "none" } as const;
const [base, top] = ["base", "top"].map((data) => ({
  path: `${data}/layer.tar`,
  bytes: tarOf({ data }),
})) as [DockerLayerFile, DockerLayerFile];

function sourceOf(content: Uint8Array | Files, choice?: Choice): ArchiveSource {
  const bytes = content instanceof Uint8Array ? content : tarOf(content);
  return new ArchiveSource(async () => new MemoryArchive(bytes), choice);
}

async function readWhole(source: ArchiveSource, blob: Blob, from = 0): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source.readBlob(blob, from)) chunks.push(Uint8Array.from(chunk));
  return Buffer.concat(chunks);
}

/** Reads all of an image, as a copy does, and compares it with what it should be. */
async function expectImage(source: ArchiveSource, expected: Content): Promise<void> {
  const root = await source.resolve();
  expect(root).toEqual({ ...expected.root, pin: { etag: '"of the test"' } });
  const graph = await readImageGraph(root, (manifest) => source.readManifest(manifest));
  expect(graph.manifests.map(({ descriptor }) => descriptor.digest).toSorted()).toEqual(
    [...expected.manifests.keys()].toSorted(),
  );
  for (const { descriptor, bytes } of graph.manifests) {
    expect(Buffer.from(bytes)).toEqual(Buffer.from(expected.manifests.get(descriptor.digest) ?? []));
  }
  expect(graph.blobs.map(({ digest }) => digest).toSorted()).toEqual([...expected.blobs.keys()].toSorted());
  for (const blob of graph.blobs) expect(digestOf(await readWhole(source, blob))).toBe(blob.digest);
}

const unsupported = (message: string | RegExp) => ({
  name: "UnsupportedImage",
  side: "source",
  message: expect.stringMatching(message),
});

describe("an OCI layout as a source", () => {
  test.each<[string, Content]>([
    ["one image", imageOf([3, 40])],
    ["an image in Docker's own format", imageOf([3, 40], 1, "docker")],
    ["an index of platforms with an attestation", attestedIndex()],
    ["an index in an index in an index", nested(3, attestedIndex())],
  ])("gives %s byte for byte", async (_, content) => {
    await expectImage(sourceOf(ociFiles({ content })), content);
  });

  test("gives the image that is named, of several", async () => {
    const [first, second] = [imageOf([3], 1), imageOf([4], 2)];
    const files = ociFiles({ content: first, name: "team/app:1" }, { content: second, name: "team/app:2" });
    await expectImage(sourceOf(files, { image: "team/app:2" }), second);
    await expectImage(sourceOf(files, { image: "docker.io/team/app:1" }), first);
  });

  test("takes no notice of layerCompression: its layers have their digests already", async () => {
    const content = imageOf([3, 40]);
    await expectImage(sourceOf(ociFiles({ content }), none), content);
  });

  test("is not resolved when it lacks the only image's manifest or a layer, and says which", async () => {
    const content = imageOf([3, 40]);
    for (const digest of [content.root.digest, [...content.blobs.keys()].at(-1) ?? ""]) {
      const { [blobPath(digest)]: _, ...rest } = ociFiles({ content });
      await expect(sourceOf(rest).resolve()).rejects.toMatchObject(
        unsupported(`the archive lacks ${digest}`),
      );
    }
  });

  test("says which blob it lacks when only some platforms were saved", async () => {
    const content = attestedIndex();
    const [lost = ""] = content.manifests.keys();
    const { [blobPath(lost)]: _, ...rest } = ociFiles({ content });
    const source = sourceOf(rest);
    const root = await source.resolve();
    await expect(readImageGraph(root, (manifest) => source.readManifest(manifest))).rejects.toMatchObject({
      name: "SourceNotFound",
      side: "source",
      message: `the archive does not hold ${lost}, which its image needs; save it again, whole`,
    });
  });

  test("is not resolved when a manifest is not what its digest says", async () => {
    const content = imageOf([3]);
    const damaged = { [blobPath(content.root.digest)]: bytesOf(content.root.size) };
    await expect(sourceOf({ ...ociFiles({ content }), ...damaged }).resolve()).rejects.toMatchObject({
      name: "DigestMismatch",
      side: "source",
    });
  });
});

describe("a Docker archive as a source", () => {
  test("gives its config verbatim and its layers as they lie, under a manifest of its own", async () => {
    await expectImage(sourceOf(dockerFiles([base, top], "app:1"), none), dockerContent([base, top]));
  });

  test("becomes the same manifest whatever else is in the archive, in whatever order, and under whatever name", async () => {
    const one = await sourceOf(dockerFiles([base, top], "app:1"), none).resolve();
    const files = Object.entries({ ...dockerFiles([base, top]), "other/file": "x" }).toReversed();
    expect(await sourceOf(Object.fromEntries(files), none).resolve()).toEqual(one);
  });

  test("has a digest that no release may change: a second copy would not be in sync", async () => {
    const { digest } = await sourceOf(dockerFiles([base, top]), none).resolve();
    expect(digest).toBe("sha256:22ddb92e0cc7e8f2435226615d8d7fb21c15595b1ccf4d6c34ae5a3340e5ffe4");
  });

  test("may have the same layer twice, which is one blob", async () => {
    const twice = [base, top, base];
    const content = dockerContent(twice);
    expect(content.blobs.size).toBe(3);
    await expectImage(sourceOf(dockerFiles(twice), none), content);
  });

  test("may have a link in place of a layer that another image has", async () => {
    const link = { name: "top/layer.tar", type: "2", linkName: "../elsewhere/layer.tar" };
    const { "top/layer.tar": bytes = "", ...rest } = dockerFiles([base, top]);
    const archive = Buffer.concat([member(link), tarOf({ ...rest, "elsewhere/layer.tar": bytes })]);
    await expectImage(sourceOf(archive, none), dockerContent([base, top]));
  });

  test.each([
    ["gzip", gzipSync, "gz"],
    ["zstd", zstdCompressSync, "zst"],
  ])("gives layers with %s that are named for their digest as they are", async (format, compress, ending) => {
    const layers = [base, top].map(({ bytes }) => {
      const packed = compress(bytes);
      return { path: `${digestOf(packed).slice(7)}.tar.${ending}`, bytes: packed, diffId: digestOf(bytes) };
    });
    const content = dockerContent(layers, `+${format}`);
    await expectImage(sourceOf(dockerFiles(layers)), content);
    await expectImage(sourceOf(dockerFiles(layers), none), content);
  });

  test.each(["gzip", "zstd"] as const)(
    "asks for its layers to be made with %s, and is its config until they are",
    async (layerCompression) => {
      const source = sourceOf(dockerFiles([base, top]), { layerCompression });
      const [first, second] = [base, top].map(({ bytes }) => ({
        diffId: digestOf(bytes),
        size: bytes.length,
        compression: layerCompression,
        result: layerCompression,
      }));
      expect(await source.prepare([])).toEqual([first, second]);
      expect((await source.resolve()).digest).toBe(digestOf(dockerConfig([base, top])));
      const made = [base, top].map(({ bytes }) => ({ diffId: digestOf(bytes), ...blobOf(gzipSync(bytes)) }));
      expect(await source.prepare(made.slice(0, 1))).toEqual([second]);
      expect(await source.prepare(made)).toEqual([]);
      const root = await source.resolve();
      expect(digestOf(await source.readManifest(root))).toBe(root.digest);
    },
  );

  test("makes gzip of its layers when nothing is said", async () => {
    expect(await sourceOf(dockerFiles([base])).prepare([])).toMatchObject([{ compression: "gzip" }]);
  });

  test("asks for a compressed layer whose digest nothing tells to be read through", async () => {
    const packed = { ...base, bytes: gzipSync(base.bytes), diffId: digestOf(base.bytes) };
    const source = sourceOf(dockerFiles([packed]), none);
    expect(await source.prepare([])).toMatchObject([{ diffId: packed.diffId, compression: "copy" }]);
    const raw = { digest: packed.diffId, size: packed.bytes.length };
    expect(Buffer.from(await readWhole(source, raw))).toEqual(packed.bytes);
  });

  test("gives the image that is named, of several", async () => {
    const [first, second] = [dockerFiles([base], "app:1"), dockerFiles([base, top], "app:2")];
    const listed = [first, second].flatMap((files) => files["manifest.json"]);
    const files = { ...first, ...second, "manifest.json": listed };
    await expectImage(sourceOf(files, { ...none, image: "app:2" }), dockerContent([base, top]));
    await expect(sourceOf(files, none).resolve()).rejects.toMatchObject(
      unsupported("the archive has 2 images: 'app:1', 'app:2'; name one of them"),
    );
  });

  test("has no image of a name that it does not list, even if it has only one", async () => {
    const source = sourceOf(dockerFiles([base], "app:1"), { ...none, image: "app:2" });
    await expect(source.resolve()).rejects.toMatchObject({
      name: "SourceNotFound",
      side: "source",
      message: "the archive has no image 'app:2'; it has 1 image: 'app:1'",
    });
  });
});

describe("an archive", () => {
  const whole = tarOf(dockerFiles([base]));

  test.each<[string, Uint8Array, RegExp]>([
    ["empty", new Uint8Array(), /is empty/],
    ["gzip", gzipSync(tarOf(dockerFiles([base]))), /compressed with gzip; put it .* without compression/],
    ["zstd", zstdCompressSync(tarOf({})), /compressed with zstd; put it .* without compression/],
    ["zip", Buffer.from("PK\x03\x04 and more"), /is 'zip'; expected an image archive/],
    ["HTML", Buffer.from("<!DOCTYPE html><title>Sign in</title>"), /is no tar archive; expected an image/],
    ["511 bytes of zeros", new Uint8Array(511), /is no tar archive; expected an image/],
    ["a tar of nothing", tarOf({}), /holds no image: .* no file at all/],
    ["a tar of something else", tarOf({ "readme.md": "" }), /holds no image: .* 'readme.md'/],
    ["cut inside a layer", whole.subarray(0, 1_000), /archive is cut short/],
    ["cut inside a header", whole.subarray(0, 512 + base.bytes.length + 100), /archive is cut short/],
    [
      "cut between two files",
      whole.subarray(0, 512 + base.bytes.length),
      /holds no image: .* 'base\/layer.tar'/,
    ],
  ])("that is %s is no image", async (_, bytes, message) => {
    await expect(sourceOf(bytes, none).resolve()).rejects.toMatchObject(unsupported(message));
  });

  test("is opened, and its headers are read, once for all calls", async () => {
    const archive = new MemoryArchive(tarOf(dockerFiles([base, top])));
    let opened = 0;
    const open = async () => {
      opened++;
      return archive;
    };
    const source = new ArchiveSource(open, none);
    expect(opened).toBe(0);
    const [root] = await Promise.all([source.resolve(), source.resolve()]);
    const { reads } = archive;
    await source.resolve();
    await source.readManifest(root);
    expect([opened, archive.reads]).toEqual([1, reads]);
  });

  test("that cannot be opened fails every call alike", async () => {
    const broken = new Error("broken");
    const source = new ArchiveSource(() => Promise.reject(broken));
    await expect(source.resolve()).rejects.toBe(broken);
    await expect(source.readManifest(imageOf([1]).root)).rejects.toBe(broken);
  });

  test("of 20 GB is planned with less than a megabyte read of it", async () => {
    const GB = 1_000_000_000;
    const shapes = [12 * GB, 7 * GB, GB].map((size, at) => ({
      path: `${at}/layer.tar`,
      name: `${at}/layer.tar`,
      size,
      bytes: new Uint8Array(),
      diffId: `sha256:${String(at).repeat(64)}`,
    }));
    const files = Object.entries(dockerFiles(shapes)).filter(([name]) => !name.endsWith("layer.tar"));
    const archive = new HugeArchive(sparse(shapes), tarOf(Object.fromEntries(files)));
    const source = new ArchiveSource(async () => archive, none);
    const graph = await readImageGraph(await source.resolve(), (manifest) => source.readManifest(manifest));
    expect(graph.blobs.slice(1).map(({ size }) => size)).toEqual(shapes.map(({ size }) => size));
    expect(archive.size).toBeGreaterThan(20 * GB);
    expect(archive.bytesRead).toBeLessThan(1_000_000);
  });
});

/** Layers of zeros that exist nowhere, and behind them the rest of an archive. */
class HugeArchive implements Archive {
  readonly size: number;
  readonly pin = { etag: "huge" };
  bytesRead = 0;
  readonly #layers: CountedArchive;
  readonly #rest: Uint8Array;

  constructor(layers: CountedArchive, rest: Uint8Array) {
    this.#layers = layers;
    this.#rest = rest;
    this.size = layers.size - end.length + rest.length;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const border = this.#layers.size - end.length;
    const ofLayers = Math.max(0, Math.min(length, border - offset));
    const zeros = ofLayers > 0 ? await this.#layers.read(offset, ofLayers) : new Uint8Array();
    const from = Math.max(0, offset - border);
    const bytes = Buffer.concat([zeros, this.#rest.subarray(from, from + length - ofLayers)]);
    this.bytesRead += bytes.length;
    return bytes;
  }

  stream(): AsyncIterable<Uint8Array> {
    throw new Error("nothing of a layer is read to plan");
  }
}

describe("a packed archive", () => {
  const bytes = gzipSync(tarOf(dockerFiles([base])));
  const packed = () => new ArchiveSource(async () => new MemoryPacked("gzip", bytes));

  test("says what it is, and is not read", async () => {
    const archive = new MemoryPacked("gzip", bytes);
    const source = new ArchiveSource(async () => archive);
    expect(await source.packed()).toEqual({ etag: '"of the test"', format: "gzip", size: bytes.length });
    expect(archive.read).toBe(0);
  });

  test("is undefined of one that is not", async () => {
    expect(await sourceOf(dockerFiles([base])).packed()).toBeUndefined();
  });

  test.each<[string, (source: ArchiveSource) => Promise<unknown>]>([
    ["resolve", (source) => source.resolve()],
    ["list", (source) => source.list()],
    ["prepare", (source) => source.prepare([])],
    ["readManifest", (source) => source.readManifest(imageOf([1]).root)],
    ["readBlob", (source) => readWhole(source, blobOf(base.bytes))],
  ])("has nothing to %s", async (_, call) => {
    await expect(call(packed())).rejects.toMatchObject(
      unsupported(/^the archive is compressed with gzip; put it/),
    );
  });
});
