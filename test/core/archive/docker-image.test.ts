import { gzipSync, zstdCompressSync } from "node:zlib";
import { listImages } from "../../../core/archive/archive-image.ts";
import type { DockerImage } from "../../../core/archive/docker-image.ts";
import { indexTar } from "../../../core/archive/tar-index.ts";
import { digestOf } from "../../../core/model/digest.ts";
import { CountedArchive, member, type TarMember, tar, tarOf } from "../../fakes/tar.ts";

type Files = Record<string, Uint8Array | string | object>;

const layers = ["base", "top"].map((data) => tarOf({ data }));
const [base = new Uint8Array(), top = new Uint8Array()] = layers;
const diffIds = layers.map(digestOf);
const config = Buffer.from(`{"architecture":"arm64", "rootfs":{"diff_ids":${JSON.stringify(diffIds)}} }\n`);
const configPath = `${digestOf(config).slice(7)}.json`;
const listed = { Config: configPath, RepoTags: ["app:1"], Layers: ["a/layer.tar", "b/layer.tar"] };
const good: Files = {
  "a/layer.tar": base,
  "b/layer.tar": top,
  [configPath]: config,
  "manifest.json": [listed],
};

function configOf(diff_ids: unknown): Files {
  return { "c.json": { rootfs: { diff_ids } }, "manifest.json": [{ ...listed, Config: "c.json" }] };
}

async function open(bytes: Uint8Array) {
  const archive = new CountedArchive(bytes);
  return { archive, images: await listImages(archive, await indexTar(archive)) };
}

async function readFirst(files: Files, ...members: TarMember[]): Promise<DockerImage> {
  const bytes = Buffer.concat([...members.map(member), tarOf(files)]);
  return (await (await open(bytes)).images[0]?.read()) as DockerImage;
}

describe("a Docker archive", () => {
  test("gives config and layers where they lie, base first", async () => {
    const bytes = tarOf(good);
    const { images } = await open(bytes);
    const image = (await images[0]?.read()) as DockerImage;
    const at = ({ offset, size }: { offset: number; size: number }) => bytes.subarray(offset, offset + size);
    expect([image.kind, image.names]).toEqual(["docker", ["app:1"]]);
    expect(image.config).toMatchObject({ digest: digestOf(config), size: config.length });
    expect(at(image.config.place)).toEqual(config);
    expect(image.layers.map(({ diffId, compression }) => [diffId, compression])).toEqual(
      diffIds.map((diffId) => [diffId, "none"]),
    );
    expect(image.layers.map(({ place }) => digestOf(at(place)))).toEqual(diffIds);
  });

  test("tells layers with gzip and zstd by what is in them", async () => {
    const compressed = { "a/layer.tar": gzipSync(base), "b/layer.tar": zstdCompressSync(top) };
    const image = await readFirst({ ...good, ...compressed });
    expect(image.layers.map(({ compression }) => compression)).toEqual(["gzip", "zstd"]);
  });

  test("takes a layer of no bytes, which Docker once wrote, for one that is not compressed", async () => {
    const image = await readFirst({ ...good, "b/layer.tar": "" });
    expect(image.layers[1]).toMatchObject({ compression: "none", place: { size: 0 } });
  });

  test("follows links from one layer to another, and reads what is the same once", async () => {
    const { "b/layer.tar": _, ...rest } = good;
    const link = { name: "b/layer.tar", type: "2", linkName: "../a/layer.tar" };
    const bytes = Buffer.concat([member(link), tarOf(rest)]);
    const { archive, images } = await open(bytes);
    const before = archive.reads;
    const image = (await images[0]?.read()) as DockerImage;
    expect(image.layers[1]?.place).toEqual(image.layers[0]?.place);
    expect(archive.reads - before).toBe(2); // The config, and one layer's beginning.
  });

  test("may have the same layer twice", async () => {
    const twice = configOf([diffIds[0], diffIds[0]]);
    const manifest = [{ ...listed, Config: "c.json", Layers: ["a/layer.tar", "a/layer.tar"] }];
    const image = await readFirst({ ...good, ...twice, "manifest.json": manifest });
    expect(image.layers[0]).toEqual(image.layers[1]);
  });

  test.each(["c.json", `sha256:${digestOf(config).slice(7)}`, `blobs/sha256/${digestOf(config).slice(7)}`])(
    "may name its config %s",
    async (path) => {
      const files = { ...good, [path]: config, "manifest.json": [{ ...listed, Config: path }] };
      expect((await readFirst(files)).config.digest).toBe(digestOf(config));
    },
  );

  test("gives several images, and none of another's trouble", async () => {
    const broken = { Config: "gone.json", RepoTags: null, Layers: null };
    const { images } = await open(tarOf({ ...good, "manifest.json": [broken, listed] }));
    expect(images.map(({ names }) => names)).toEqual([[], ["app:1"]]);
    await expect(images[0]?.read()).rejects.toThrow("the archive has no file 'gone.json'");
    expect(await images[1]?.read()).toMatchObject({ kind: "docker" });
  });

  test.each<[string, Files, string]>([
    [
      "a config that is not the one it is named for",
      { [configPath]: '{"rootfs":{}}' },
      "has the digest sha256:",
    ],
    [
      "a config that is too large",
      { [configPath]: new Uint8Array(4 * 1024 * 1024 + 1) },
      "at most 4194304 are read",
    ],
    ["a config that is no JSON", { ...configOf([]), "c.json": "{" }, "'c.json' is not JSON"],
    [
      "a config without rootfs",
      { ...configOf([]), "c.json": {} },
      "'c.json': rootfs is absent; expected an object",
    ],
    [
      "fewer diff_ids than layers",
      configOf([diffIds[0]]),
      "has 1 diff_ids, and 'manifest.json' lists 2 layers",
    ],
    ["no diff_ids", configOf(null), "has 0 diff_ids, and 'manifest.json' lists 2 layers"],
    [
      "a diff_id that is no digest",
      configOf([diffIds[0], "md5:1"]),
      "diff_ids[1] is 'md5:1'; expected sha256:",
    ],
    [
      "a layer that is missing",
      { "manifest.json": [{ ...listed, Layers: ["a/layer.tar", "c"] }] },
      "no layer 'c'",
    ],
    [
      "a layer outside",
      { "manifest.json": [{ ...listed, Layers: ["../a", "/b"] }] },
      "'../a' leads out of the archive",
    ],
    [
      "no layer",
      { "manifest.json": [{ ...listed, Layers: [] }] },
      "has no layer, and Amazon ECR takes no such image",
    ],
    ["null for layers", { "manifest.json": [{ ...listed, Layers: null }] }, "has no layer"],
    [
      "a layer with bzip2",
      { "b/layer.tar": "BZh91AY&SY" },
      "layer 'b/layer.tar' is compressed with bzip2; expected",
    ],
    [
      "a layer that is a page",
      { "a/layer.tar": "<html>" },
      "layer 'a/layer.tar' is no tar archive; expected",
    ],
  ])("refuses an image with %s", async (_, files, message) => {
    await expect(readFirst({ ...good, ...files })).rejects.toMatchObject({
      name: message.startsWith("has the digest") ? "DigestMismatch" : "UnsupportedImage",
      side: "source",
      operation: "ReadArchive",
      message: expect.stringContaining(message),
    });
  });

  test.each<[string, string | object, string]>([
    ["lists nothing", [], "'manifest.json' lists no image"],
    ["is an object", {}, "'manifest.json' is of type object; expected a list"],
    ["is null", "null", "'manifest.json' is null; expected a list"],
    ["is no JSON", "[", "'manifest.json' is not JSON"],
    ["lists texts", ["a"], "'manifest.json'[0] is 'a'; expected an object"],
    ["has no config", [{ Layers: [] }], "'manifest.json'[0]: Config is absent; expected a text"],
    ["has a config without a name", [{ Config: "" }], "'manifest.json'[0]: Config is ''; expected a text"],
    [
      "has a layer that is a number",
      [{ Config: "c", Layers: [1] }],
      "Layers[0] is of type number; expected a text",
    ],
    ["has a text for tags", [{ Config: "c", RepoTags: "a:1" }], "RepoTags is 'a:1'; expected a list"],
    ["lists more than is read", Array(1_001).fill(listed), "'manifest.json' has 1001 items"],
    [
      "has more layers than is read",
      [{ Config: "c", Layers: Array(1_001).fill("l") }],
      "Layers has 1001 items",
    ],
    ["nests without end", "[".repeat(1_000_000), "'manifest.json' is not JSON"],
  ])("is refused when manifest.json %s", async (_, manifest, message) => {
    await expect(open(tarOf({ ...good, "manifest.json": manifest }))).rejects.toThrow(message);
  });

  test("is refused when it is of the format before manifest.json, with what to do about it", async () => {
    const bytes = tar(
      { name: "abc/", type: "5" },
      { name: "abc/VERSION", data: "1.0" },
      { name: "abc/json", data: '{"id":"abc","config":{}}' },
      { name: "abc/layer.tar", data: base },
      { name: "repositories", data: '{"app":{"1":"abc"}}' },
    );
    await expect(open(bytes)).rejects.toMatchObject({
      name: "UnsupportedImage",
      side: "source",
      message: expect.stringMatching(
        /^the archive is of a Docker before 1\.10: .* load it with a Docker of 1\.10 to 28, .* save it again/,
      ),
    });
  });

  test("is read with its manifest.json when it has what came before besides", async () => {
    const older = { repositories: { app: { 1: "a" } }, "a/VERSION": "1.0", "a/json": { id: "a" } };
    const { images } = await open(tarOf({ ...older, ...good }));
    expect(images.map(({ names }) => names)).toEqual([["app:1"]]);
  });
});
