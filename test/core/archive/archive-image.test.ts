import { type ListedImage, listImages, selectImage } from "../../../core/archive/archive-image.ts";
import type { RandomAccess } from "../../../core/archive/random-access.ts";
import { indexTar } from "../../../core/archive/tar-index.ts";
import { digestOf } from "../../../core/model/digest.ts";
import { image } from "../../fakes/image.ts";
import { CountedArchive, member, tarOf } from "../../fakes/tar.ts";

type Files = Record<string, Uint8Array | string | object>;

const layer = tarOf({ data: "one" });
const other = tarOf({ data: "two" });

/** One image as Docker 25 and later saves it, in both formats at once. */
function saved(bytes: Uint8Array, name: string) {
  const config = Buffer.from(JSON.stringify({ rootfs: { diff_ids: [digestOf(bytes)] } }));
  const content = image({ layers: [bytes], config });
  const path = (digest: string) => `blobs/sha256/${digest.slice(7)}`;
  return {
    content,
    files: Object.fromEntries(
      [...content.manifests, ...content.blobs].map(([digest, data]) => [path(digest), data]),
    ),
    oci: { ...content.root, annotations: { "io.containerd.image.name": `docker.io/library/${name}` } },
    docker: { Config: path(digestOf(config)), RepoTags: [name], Layers: [path(digestOf(bytes))] },
    manifestPath: path(content.root.digest),
  };
}

const [first, second] = [saved(layer, "app:1"), saved(other, "app:2")];
const both: Files = {
  ...first.files,
  ...second.files,
  "oci-layout": { imageLayoutVersion: "1.0.0" },
  "index.json": { manifests: [first.oci, second.oci] },
  "manifest.json": [second.docker, first.docker],
};

async function list(files: Files): Promise<ListedImage[]> {
  const archive = new CountedArchive(tarOf(files));
  return listImages(archive, await indexTar(archive));
}

async function kinds(files: Files): Promise<unknown[]> {
  const images = await list(files);
  return Promise.all(images.map(async ({ names, read }) => [(await read()).kind, names[0]]));
}

describe("listImages", () => {
  test("prefers the OCI layout of an archive that is both", async () => {
    expect(await kinds(both)).toEqual([
      ["oci", "docker.io/library/app:1"],
      ["oci", "docker.io/library/app:2"],
    ]);
  });

  test.each<[string, Files]>([
    ["null for manifests", { "index.json": { manifests: null } }],
    ["no manifests", { "index.json": { manifests: [] } }],
    ["an index that is no JSON", { "index.json": "{" }],
    ["another version", { "oci-layout": { imageLayoutVersion: "2.0.0" } }],
    ["a descriptor without a size", { "index.json": { manifests: [{ ...first.oci, size: undefined }] } }],
  ])("reads it as a Docker archive when its layout has %s", async (_, files) => {
    expect(await kinds({ ...both, ...files })).toEqual([
      ["docker", "app:2"],
      ["docker", "app:1"],
    ]);
  });

  test("reads it as a Docker archive when its index is a link to nowhere", async () => {
    const { "index.json": _, ...files } = both;
    const bytes = Buffer.concat([member({ name: "index.json", type: "2", linkName: "gone" }), tarOf(files)]);
    const archive = new CountedArchive(bytes);
    const images = await listImages(archive, await indexTar(archive));
    expect(images.map(({ names }) => names[0])).toEqual(["app:2", "app:1"]);
  });

  test.each<[string, Files]>([
    ["lacks its manifest", { [first.manifestPath]: undefined as unknown as string }],
    ["has a damaged manifest", { [first.manifestPath]: "{}" }],
    ["has a wrong size", { "index.json": { manifests: [{ ...first.oci, size: 7 }, second.oci] } }],
  ])("reads that image as Docker's which %s in the layout", async (_, files) => {
    const present = Object.entries({ ...both, ...files }).filter(([, file]) => file !== undefined);
    expect(await kinds(Object.fromEntries(present))).toEqual([
      ["docker", "docker.io/library/app:1"],
      ["oci", "docker.io/library/app:2"],
    ]);
  });

  test("takes the only image for the same in both lists, named or not", async () => {
    const { annotations: _, ...unnamed } = first.oci;
    const files = { ...both, [first.manifestPath]: "{}", "index.json": { manifests: [unnamed] } };
    expect(await kinds({ ...files, "manifest.json": [first.docker] })).toEqual([["docker", undefined]]);
    await expect(kinds(files)).rejects.toThrow(/has 2 bytes, and its descriptor says/);
  });

  test("is content with a damaged manifest.json beside a good layout", async () => {
    expect(await kinds({ ...both, "manifest.json": "{" })).toHaveLength(2);
  });

  test("passes on that reading failed, instead of reading something else", async () => {
    const bytes = tarOf(both);
    const index = await indexTar(new CountedArchive(bytes));
    const broken = new Error("broken");
    const archive: RandomAccess = { size: bytes.length, read: () => Promise.reject(broken) };
    await expect(listImages(archive, index)).rejects.toBe(broken);
  });

  test.each<[string, Files, RegExp]>([
    ["no file", {}, /neither 'index.json' nor 'manifest.json' at its root, and no file at all$/],
    ["a layout in a folder", { "lay/index.json": "{}" }, /at its root, but for example 'lay\/index.json'$/],
    ["absolute names", { "/tmp/index.json": "{}" }, /at its root, but for example '\/tmp\/index.json'$/],
  ])("refuses an archive with %s", async (_, files, message) => {
    await expect(list(files)).rejects.toMatchObject({
      name: "UnsupportedImage",
      message: expect.stringMatching(message),
    });
  });
});

describe("selectImage", () => {
  const named = (...names: string[]): ListedImage => ({
    names,
    read: () => Promise.reject(new Error("unread")),
  });
  const images = [
    named("docker.io/library/nginx:latest", "nginx:1.27"),
    named("ghcr.io/team/app:v1"),
    named(),
  ];

  test.each([
    ["nginx", 0],
    ["nginx:1.27", 0],
    ["docker.io/library/nginx:latest", 0],
    ["ghcr.io/team/app:v1", 1],
  ])("finds %s", (wanted, position) => {
    expect(selectImage(images, wanted)).toBe(images[position]);
  });

  test("finds a name that is only a tag, as OCI layouts have it", () => {
    const tagged = named("v1");
    expect(selectImage([tagged, ...images], "v1")).toBe(tagged);
  });

  test("takes the only image when none is named", () => {
    const only = named();
    expect(selectImage([only])).toBe(only);
  });

  test("says what there is to choose from", () => {
    const list = "3 images: 'docker.io/library/nginx:latest', 'ghcr.io/team/app:v1', one without a name";
    expect(() => selectImage(images)).toThrow(
      `the archive has ${list}; name one of them after '#', or tell where each goes`,
    );
    expect(() => selectImage(images, "nginx:2")).toThrow(
      expect.objectContaining({
        name: "SourceNotFound",
        message: `the archive has no image 'nginx:2'; it has ${list}`,
      }),
    );
  });

  test("refuses a name that two images have", () => {
    expect(() => selectImage([named("a:1"), named("docker.io/library/a:1")], "a:1")).toThrow(
      /the archive has 2 images of the name 'a:1'/,
    );
  });

  test("names only the first twenty of many", () => {
    const many = Array.from({ length: 25 }, (_, at) => named(`a:${at}`));
    expect(() => selectImage(many)).toThrow(/^the archive has 25 images: 'a:0', .*'a:19', …; name one/);
  });
});
