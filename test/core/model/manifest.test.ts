import { digestOf } from "../../../core/model/digest.ts";
import { maxLayerSize, maxLayers, maxManifestLength } from "../../../core/model/limits.ts";
import { parseManifest } from "../../../core/model/manifest.ts";
import {
  artifact,
  bytesOf,
  type Content,
  type Family,
  families,
  image,
  imageOf,
  index,
} from "../../fakes/image.ts";

const { oci, docker } = families;
const digest = `sha256:${"ab".repeat(32)}`;
const layer = { mediaType: oci.layer, digest, size: 5 };
const config = { mediaType: oci.config, digest: `sha256:${"cd".repeat(32)}`, size: 2 };
const good = { schemaVersion: 2, mediaType: oci.manifest, config, layers: [layer] };
const goodIndex = {
  schemaVersion: 2,
  mediaType: oci.index,
  manifests: [{ ...layer, mediaType: oci.manifest }],
};

function parse(body: unknown, mediaType: string = oci.manifest) {
  return parseBytes(
    new TextEncoder().encode(typeof body === "string" ? body : JSON.stringify(body)),
    mediaType,
  );
}

function parseBytes(bytes: Uint8Array, mediaType: string = oci.manifest) {
  return parseManifest(bytes, { mediaType, digest: digestOf(bytes), size: bytes.length });
}

function rootBytes({ root, manifests }: Content): Uint8Array {
  return manifests.get(root.digest) ?? new Uint8Array();
}

describe("parseManifest", () => {
  test.each<Family>(["docker", "oci"])("reads the config and the layers of an image of %s", (family) => {
    const content = imageOf([3, 4], 1, family);
    const manifest = parseManifest(rootBytes(content), content.root);
    expect(manifest.descriptor).toEqual(content.root);
    expect(manifest.children).toEqual([]);
    expect(manifest.bytes).toEqual(rootBytes(content));
    expect(new Set(manifest.blobs.map((blob) => blob.digest))).toEqual(new Set(content.blobs.keys()));
    expect(manifest.blobs.map(({ size }) => size).slice(1)).toEqual([3, 4]);
  });

  test.each<Family>(["docker", "oci"])("reads the children of an index of %s", (family) => {
    const children = [imageOf([3], 1, family), imageOf([3], 2, family)];
    const content = index(children, { family });
    const manifest = parseManifest(rootBytes(content), content.root);
    expect(manifest.blobs).toEqual([]);
    expect(manifest.children).toEqual(children.map(({ root }) => root));
  });

  test.each([
    ["image", image({ layers: [bytesOf(3)], typed: false })],
    ["index", index([imageOf([3])], { typed: false })],
  ])("takes the media type of an %s without one from its descriptor", (_, content) => {
    expect(parseManifest(rootBytes(content), content.root).descriptor.mediaType).toBe(content.root.mediaType);
  });

  test.each(["", "application/octet-stream", "application/json"])(
    "takes the media type from the manifest when it was announced as %j",
    (announced) => {
      expect(parse(good, announced).descriptor.mediaType).toBe(oci.manifest);
    },
  );

  test("lists a config that is also a layer, as artifacts have it, each time", () => {
    const content = artifact();
    const [first, second] = parseManifest(rootBytes(content), content.root).blobs;
    expect(first).toEqual(second);
  });

  test.each([
    docker.layer.replace("diff", "foreign.diff"),
    "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
  ])("leaves out a layer of type %s that has its own URLs", (mediaType) => {
    const elsewhere = { ...layer, mediaType, urls: ["https://example.com"] };
    expect(parse({ ...good, layers: [elsewhere, layer] }).blobs).toHaveLength(2);
    expect(parse({ ...good, layers: [elsewhere] }).blobs).toHaveLength(1);
    // Without a URL there is nowhere else to have it from.
    expect(parse({ ...good, layers: [{ ...elsewhere, urls: [] }] }).blobs).toHaveLength(2);
  });

  test("does not leave out an ordinary layer that has URLs besides", () => {
    expect(parse({ ...good, layers: [{ ...layer, urls: ["https://example.com"] }] }).blobs).toHaveLength(2);
  });

  test("accepts any config and layer type", () => {
    const body = {
      ...good,
      config: { ...config, mediaType: "a/b" },
      layers: [{ ...layer, mediaType: "c/d" }],
    };
    expect(parse(body).blobs).toHaveLength(2);
  });

  test("accepts the largest layer and the most layers", () => {
    expect(parse({ ...good, layers: [{ ...layer, size: maxLayerSize }] }).blobs[1]?.size).toBe(
      54_525_952_000,
    );
    expect(parse({ ...good, layers: Array(maxLayers).fill(layer) }).blobs).toHaveLength(maxLayers + 1);
  });

  test("accepts the longest manifest, in characters and not in bytes, and none longer", () => {
    const padding = maxManifestLength - JSON.stringify({ ...good, pad: "" }).length;
    expect(parse({ ...good, pad: "ä".repeat(padding) }).blobs).toHaveLength(2);
    expect(() => parse({ ...good, pad: "ä".repeat(padding + 1) })).toThrow(
      `has ${maxManifestLength + 1} characters, and Amazon ECR takes at most ${maxManifestLength}`,
    );
  });
});

describe("parseManifest refuses bytes", () => {
  const content = imageOf([3]);
  const bytes = rootBytes(content);

  test.each([
    ["of another digest", Uint8Array.from([...bytes.slice(0, -1), 32]), content.root],
    ["that are too few", bytes.slice(1), content.root],
    ["that are none", new Uint8Array(), content.root],
    ["whose size is not the announced", bytes, { ...content.root, size: bytes.length + 1 }],
  ])("%s", (_, sent, descriptor) => {
    expect(() => parseManifest(sent, descriptor)).toThrow(
      expect.objectContaining({ name: "DigestMismatch", side: "source" }),
    );
  });
});

describe("parseManifest refuses", () => {
  const schema1 = "application/vnd.docker.distribution.manifest.v1+prettyjws";
  const refused: [what: string, body: unknown, message: string, mediaType?: string][] = [
    ["what is not JSON", "{", "is not a JSON object"],
    ["a list", [], "is not a JSON object"],
    ["null", "null", "is not a JSON object"],
    ["nothing", "", "is not a JSON object"],
    ["a byte order mark", `\uFEFF${JSON.stringify(good)}`, "is not a JSON object"],
    ["schema 1", { schemaVersion: 1, fsLayers: [] }, "is of Docker's schema 1", schema1],
    ["both index and image", { ...good, manifests: [] }, "is both an index and an image"],
    ["an index with a config", { ...goodIndex, config }, "is both an index and an image"],
    [
      "another type than announced",
      good,
      `says it is '${oci.manifest}' and was announced as ${docker.manifest}`,
      docker.manifest,
    ],
    ["an image announced as an index", good, "was announced as", oci.index],
    [
      "an untyped image announced as an index",
      { ...good, mediaType: undefined },
      "has the media type",
      oci.index,
    ],
    ["an untyped index announced as an image", { ...goodIndex, mediaType: undefined }, "has the media type"],
    ["a type that is no text", { ...good, mediaType: 7 }, "says it is '7'"],
    [
      "a type that cannot become a text",
      { ...good, mediaType: { toString: 1, valueOf: 1 } },
      `says it is an object and was announced as ${oci.manifest}`,
    ],
    [
      "a type of ten thousand lists",
      JSON.stringify({ ...good, mediaType: "deep" }).replace(
        '"deep"',
        "[".repeat(10_000) + "]".repeat(10_000),
      ),
      `says it is a list and was announced as ${oci.manifest}`,
    ],
    [
      "a digest that cannot become a text",
      { ...good, config: { ...config, digest: { toString: 1, valueOf: 1 } } },
      "has the digest an object at config",
    ],
    [
      "a type that would clear the terminal",
      { ...good, mediaType: "\u001b[2J" },
      "has the media type '\ufffd[2J'",
      "",
    ],
    [
      "a type that would fill the screen",
      { ...goodIndex, manifests: [{ ...layer, mediaType: "m".repeat(5_000) }] },
      `lists a '${"m".repeat(200)}…', and`,
      oci.index,
    ],
    [
      "a type that is no text, of an unknown one",
      { ...good, mediaType: 7 },
      "has the media type 'a/b'",
      "a/b",
    ],
    [
      "the withdrawn artifact manifest",
      { mediaType: "application/vnd.oci.artifact.manifest.v1+json", blobs: [] },
      "has the media type 'application/vnd.oci.artifact.manifest.v1+json'",
      "application/vnd.oci.artifact.manifest.v1+json",
    ],
    ["an image without layers", { ...good, layers: undefined }, "has no list 'layers'"],
    ["an image of no layer", { ...good, layers: [] }, "has no layer, and Amazon ECR takes no such image"],
    [
      "too many layers",
      { ...good, layers: Array(maxLayers + 1).fill(layer) },
      "has 1001 layers, and at most 1000",
    ],
    ["an image without config", { ...good, config: undefined }, "has no descriptor at config"],
    ["a layer that is a text", { ...good, layers: ["x"] }, "has no descriptor at layers[0]"],
    ["a layer that is a list", { ...good, layers: [layer, []] }, "has no descriptor at layers[1]"],
    [
      "a layer without a type",
      { ...good, layers: [{ ...layer, mediaType: "" }] },
      "has no media type at layers[0]",
    ],
    [
      "a digest of sha512",
      { ...good, layers: [{ ...layer, digest: `sha512:${"0".repeat(128)}` }] },
      "knows only sha256",
    ],
    [
      "a digest that is a path",
      { ...good, config: { ...config, digest: "../../x" } },
      "has the digest '../../x' at config",
    ],
    [
      "no digest",
      { ...good, config: { ...config, digest: undefined } },
      "has the digest 'undefined' at config",
    ],
    ["an empty layer", { ...good, layers: [{ ...layer, size: 0 }] }, "has an empty blob at layers[0]"],
    ["an empty config", { ...good, config: { ...config, size: 0 } }, "has an empty blob at config"],
    [
      "a layer above the limit",
      { ...good, layers: [{ ...layer, size: maxLayerSize + 1 }] },
      "has a blob of 54525952001 bytes",
    ],
    ["a negative size", { ...good, layers: [{ ...layer, size: -1 }] }, "has the size '-1' at layers[0]"],
    ["half a byte", { ...good, layers: [{ ...layer, size: 0.5 }] }, "has the size '0.5' at layers[0]"],
    ["a size that is text", { ...good, layers: [{ ...layer, size: "5" }] }, "has the size '5' at layers[0]"],
    [
      "a size above what a number holds",
      { ...good, layers: [{ ...layer, size: 2 ** 53 }] },
      "has the size '9007199254740992'",
    ],
    ["an index without list", { ...goodIndex, manifests: null }, "has no list 'manifests'", oci.index],
    [
      "a build cache",
      { ...goodIndex, manifests: [layer] },
      "takes only manifests in an index (for a build cache",
      oci.index,
    ],
    [
      "a child of schema 1",
      { ...goodIndex, manifests: [{ ...layer, mediaType: schema1 }] },
      "takes only manifests",
      oci.index,
    ],
    [
      "a child without digest",
      { ...goodIndex, manifests: [{ mediaType: oci.manifest, size: 1 }] },
      "at manifests[0]",
      oci.index,
    ],
  ];

  test.each(refused)("%s", (_, ...[body, message, mediaType]) => {
    expect(() => parse(body, mediaType)).toThrow(
      expect.objectContaining({
        name: "UnsupportedImage",
        side: "source",
        operation: "ReadManifest",
        message: expect.stringContaining(message),
      }),
    );
  });

  test("text that is not UTF-8, which a destination that takes text would store as another manifest", () => {
    const bytes = Buffer.from(JSON.stringify({ ...good, note: "?" }));
    bytes[bytes.lastIndexOf("?")] = 0xff;
    expect(() => parseBytes(bytes)).toThrow(expect.objectContaining({ name: "UnsupportedImage" }));
  });

  test("bad JSON without saying what it is, since it may be anything", () => {
    expect(() => parse("secret-token")).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining("secret") }),
    );
  });
});
