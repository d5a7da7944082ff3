import { listImages } from "../../../core/archive/archive-image.ts";
import type { OciImage } from "../../../core/archive/oci-image.ts";
import { findBlob } from "../../../core/archive/oci-layout.ts";
import { indexTar } from "../../../core/archive/tar-index.ts";
import { attestedIndex, blobOf, type Content, families, imageOf, index } from "../../fakes/image.ts";
import { CountedArchive, tarOf } from "../../fakes/tar.ts";

type Files = Record<string, Uint8Array | string | object>;

const pathOf = (digest: string) => `blobs/${digest.replace(":", "/")}`;

function blobs({ manifests, blobs }: Content, without: readonly string[] = []): Files {
  const all = [...manifests, ...blobs].filter(([digest]) => !without.includes(digest));
  return Object.fromEntries(all.map(([digest, bytes]) => [pathOf(digest), bytes]));
}

function layout(manifests: unknown, files: Files): Files {
  return {
    ...files,
    "oci-layout": { imageLayoutVersion: "1.0.0" },
    "index.json": { schemaVersion: 2, manifests },
  };
}

async function list(files: Files) {
  const archive = new CountedArchive(tarOf(files));
  return listImages(archive, await indexTar(archive));
}

async function readFirst(files: Files): Promise<OciImage> {
  const [first] = await list(files);
  return (await first?.read()) as OciImage;
}

const image = imageOf([300, 20]);
const [config = "", layer = ""] = image.blobs.keys();

describe("an OCI layout", () => {
  test("gives an image with its root, whole", async () => {
    expect(await readFirst(layout([image.root], blobs(image)))).toEqual({
      kind: "oci",
      names: [],
      root: image.root,
      whole: [image.root],
      missing: [],
    });
  });

  test("is read under names with ./ before them", async () => {
    const files = Object.entries(layout([image.root], blobs(image))).map(([name, file]) => [
      `./${name}`,
      file,
    ]);
    expect((await readFirst(Object.fromEntries(files))).whole).toEqual([image.root]);
  });

  test("gives names of both kinds, and an image once that is listed twice", async () => {
    const named = (name: string, full?: string) => ({
      ...image.root,
      annotations: { "org.opencontainers.image.ref.name": name, "io.containerd.image.name": full },
    });
    const listed = [named("1", "docker.io/library/app:1"), named("2", ""), named("1")];
    const images = await list(layout(listed, blobs(image)));
    expect(images.map(({ names }) => names)).toEqual([["docker.io/library/app:1", "1", "2"]]);
  });

  test("gives an index of platforms whole, with attestations", async () => {
    const content = attestedIndex();
    const read = await readFirst(layout([content.root], blobs(content)));
    expect([read.whole, read.missing]).toEqual([[content.root], []]);
  });

  test("gives the platforms that were saved, and what is missing of the others", async () => {
    const [here, gone, half] = [imageOf([10], 1), imageOf([10], 2), imageOf([10, 11], 3)];
    const content = index([here, gone, half]);
    const [, halfLayer = ""] = half.blobs.keys();
    const without = [gone.root.digest, halfLayer];
    const read = await readFirst(layout([content.root], blobs(content, without)));
    expect(read.whole).toEqual([here.root]);
    expect(read.missing.map(({ digest }) => digest).sort()).toEqual([...without].sort());
  });

  test("gives what is whole inside an index in an index, once", async () => {
    const [here, gone] = [imageOf([10], 1), imageOf([10], 2)];
    const inner = index([here, gone]);
    const outer = index([inner, here]);
    const read = await readFirst(layout([outer.root], blobs(outer, [gone.root.digest])));
    expect(read.whole).toEqual([here.root]);
  });

  test("says where a blob lies, or that it does not", async () => {
    const files = tarOf(layout([image.root], blobs(image)));
    const found = await indexTar(new CountedArchive(files));
    const size = image.blobs.get(layer)?.length ?? 0;
    const place = findBlob(found, { digest: layer, size });
    expect(files.subarray(place?.offset, (place?.offset ?? 0) + size)).toEqual(
      Buffer.from(image.blobs.get(layer) ?? []),
    );
    expect(findBlob(found, { digest: `sha256:${"0".repeat(64)}`, size: 1 })).toBeUndefined();
    expect(() => findBlob(found, { digest: layer, size: size + 1 })).toThrow(
      `blob ${layer} has ${size} bytes, and its descriptor says ${size + 1}`,
    );
  });

  test.each([
    ["a layer", [layer], layer],
    ["its manifest", [image.root.digest], image.root.digest],
    ["its config and a layer", [config, layer], `${config} and 1 more`],
  ])("is refused when an image lacks %s, by digest", async (_, without, named) => {
    const read = readFirst(layout([image.root], blobs(image, without)));
    await expect(read).rejects.toThrow(`image ${image.root.digest} is not whole: the archive lacks ${named}`);
  });

  test("is refused when a manifest is not the one it should be", async () => {
    const bytes = Buffer.from(image.manifests.get(image.root.digest) ?? []);
    bytes[5] = 0x20;
    const files = { ...blobs(image), [pathOf(image.root.digest)]: bytes };
    await expect(readFirst(layout([image.root], files))).rejects.toMatchObject({ name: "DigestMismatch" });
  });

  test("is refused when a blob has another size", async () => {
    const files = { ...blobs(image), [pathOf(layer)]: "short" };
    await expect(readFirst(layout([image.root], files))).rejects.toThrow(
      /has 5 bytes, and its descriptor says/,
    );
  });

  test.each<[string, unknown, string]>([
    ["null", null, "'index.json': manifests is null; expected a list"],
    ["nothing", [], "'index.json' lists no image"],
    ["an object", {}, "'index.json': manifests is of type object; expected a list"],
    ["a number", [1], "'index.json': manifests[0] is of type number; expected an object"],
    ["no digest", [{ mediaType: "a" }], "'index.json': manifests[0]: digest is absent; expected a text"],
    [
      "a digest of another kind",
      [{ mediaType: "a", digest: "sha512:00" }],
      "digest is 'sha512:00'; expected sha256",
    ],
    [
      "a digest that is a path",
      [{ ...image.root, digest: "sha256:../../a" }],
      "digest is 'sha256:../../a'; expected",
    ],
    ["a negative size", [{ ...image.root, size: -1 }], "size is of type number; expected a number of bytes"],
    [
      "a name that is a list",
      [{ ...image.root, annotations: [] }],
      "annotations is a list; expected an object",
    ],
    ["more than is read", Array(1_001).fill(image.root), "has 1001 items, and at most 1000 are read"],
  ])("is refused when it lists %s", async (_, manifests, message) => {
    await expect(list(layout(manifests, blobs(image)))).rejects.toMatchObject({
      name: "UnsupportedImage",
      side: "source",
      operation: "ReadArchive",
      message: expect.stringContaining(message),
    });
  });

  test.each<[string, Files, string]>([
    ["no version file", { "oci-layout": "" }, "'oci-layout' is not JSON"],
    ["another version", { "oci-layout": { imageLayoutVersion: "2.0.0" } }, "has the version '2.0.0'"],
    [
      "a version that would clear the terminal",
      { "oci-layout": { imageLayoutVersion: "\u001b[2J" } },
      "has the version '\ufffd[2J'",
    ],
    ["an index that is no JSON", { "index.json": "{" }, "'index.json' is not JSON"],
    [
      "an index that is no UTF-8",
      { "index.json": Buffer.from([0x22, 0xff, 0x22]) },
      "'index.json' is not JSON",
    ],
    [
      "an index too large to read",
      { "index.json": " ".repeat(4 * 1024 * 1024 + 1) },
      "at most 4194304 are read",
    ],
    ["an index that is a list", { "index.json": [] }, "'index.json' is a list; expected an object"],
  ])("is refused with %s", async (_, files, message) => {
    await expect(list({ ...layout([image.root], blobs(image)), ...files })).rejects.toThrow(message);
  });

  test("is refused with more manifests than fit under one tag", async () => {
    const digest = (at: number) => `sha256:${at.toString(16).padStart(64, "0")}`;
    const manifests = Array.from({ length: 1_001 }, (_, at) => ({ ...image.root, digest: digest(at) }));
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, manifests }));
    const root = { mediaType: families.oci.index, ...blobOf(bytes) };
    const files = layout([root], { [pathOf(root.digest)]: bytes });
    await expect(readFirst(files)).rejects.toThrow(/has over 1000 manifests/);
  });
});
