import type { DockerImage, DockerLayer } from "../../../core/archive/docker-image.ts";
import { findDockerBlob, makeDockerManifest, rawLayers } from "../../../core/archive/docker-manifest.ts";
import { digestOf } from "../../../core/model/digest.ts";
import { parseManifest } from "../../../core/model/manifest.ts";

const hex = (digit: string) => digit.repeat(64);
const config = { digest: `sha256:${hex("c")}`, size: 12, place: { offset: 512, size: 12 } } as const;

function layer(shape: Partial<DockerLayer> = {}): DockerLayer {
  const place = { offset: 2_048, size: 10_240 };
  return { path: "a/layer.tar", diffId: `sha256:${hex("a")}`, place, compression: "none", ...shape };
}

function imageOf(...layers: readonly DockerLayer[]): DockerImage {
  return { kind: "docker", names: ["app:1"], config, layers };
}

describe("makeDockerManifest", () => {
  test("describes its own bytes, which can be read as an OCI manifest", () => {
    const { descriptor, bytes } = makeDockerManifest(imageOf(layer()), "none", []);
    expect(descriptor).toEqual({
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      digest: digestOf(bytes),
      size: bytes.length,
    });
    expect(parseManifest(bytes, descriptor)).toMatchObject({
      blobs: [
        { digest: config.digest, size: 12 },
        { digest: `sha256:${hex("a")}`, size: 10_240 },
      ],
      children: [],
    });
  });

  test("says where the config and each layer lie", () => {
    const other = layer({ diffId: `sha256:${hex("b")}`, place: { offset: 20_480, size: 1_024 } });
    const image = imageOf(layer(), other);
    expect(findDockerBlob(image, config.digest)).toEqual(config.place);
    expect(findDockerBlob(image, `sha256:${hex("a")}`)).toEqual({ offset: 2_048, size: 10_240 });
    expect(findDockerBlob(image, `sha256:${hex("b")}`)).toEqual({ offset: 20_480, size: 1_024 });
    expect(findDockerBlob(image, `sha256:${hex("f")}`)).toBeUndefined();
  });

  test("lists a layer as often as the image has it", () => {
    const { bytes } = makeDockerManifest(imageOf(layer(), layer()), "none", []);
    expect(JSON.parse(new TextDecoder().decode(bytes)).layers).toHaveLength(2);
  });

  test.each([
    ["none", "a/layer.tar", "application/vnd.oci.image.layer.v1.tar"],
    ["gzip", `${hex("d")}.tar.gz`, "application/vnd.oci.image.layer.v1.tar+gzip"],
    ["zstd", `${hex("d")}.tar.zst`, "application/vnd.oci.image.layer.v1.tar+zstd"],
  ] as const)("gives a layer with the compression %s its media type", (compression, path, mediaType) => {
    const { bytes } = makeDockerManifest(imageOf(layer({ compression, path })), "none", []);
    expect(JSON.parse(new TextDecoder().decode(bytes)).layers[0].mediaType).toBe(mediaType);
  });

  test.each([
    `${hex("d")}.tar.gz`,
    `sha256:${hex("d")}`,
    `blobs/sha256/${hex("d")}`,
    `layers/${hex("d")}.tar.gz`,
    hex("d"),
  ])("takes the digest of a compressed layer from its name %s", (path) => {
    const image = imageOf(layer({ compression: "gzip", path }));
    expect(rawLayers(image, "gzip")).toEqual([]);
    expect(findDockerBlob(image, `sha256:${hex("d")}`)).toEqual({ offset: 2_048, size: 10_240 });
  });

  test.each(["gzip", "zstd"] as const)("lists what was made with %s of a layer in its place", (choice) => {
    const made = { diffId: `sha256:${hex("a")}`, digest: `sha256:${hex("e")}`, size: 77 } as const;
    const { bytes } = makeDockerManifest(imageOf(layer(), layer()), choice, [made]);
    const listed = {
      mediaType: `application/vnd.oci.image.layer.v1.tar+${choice}`,
      digest: made.digest,
      size: 77,
    };
    expect(JSON.parse(new TextDecoder().decode(bytes)).layers).toEqual([listed, listed]);
  });

  test("cannot be made before all layers are", () => {
    expect(() => makeDockerManifest(imageOf(layer()), "gzip", [])).toThrow(RangeError);
  });
});

describe("rawLayers", () => {
  test.each(["gzip", "zstd"] as const)(
    "has each layer without compression once, to be made with %s",
    (choice) => {
      const compression = choice === "gzip" ? "zstd" : "gzip";
      const packed = layer({ compression, path: `${hex("d")}.tar.x`, diffId: `sha256:${hex("b")}` });
      expect(rawLayers(imageOf(layer(), packed, layer()), choice)).toEqual([
        { diffId: `sha256:${hex("a")}`, size: 10_240, compression: choice, result: choice },
      ]);
    },
  );

  test("has no layer without compression that is put as it is", () => {
    expect(rawLayers(imageOf(layer()), "none")).toEqual([]);
  });

  test.each([
    `${hex("d")}/layer.tar`, // The folder is named for Docker's old id of the layer.
    `${hex("d")}.tar`, // Skopeo's name of a layer without compression.
    `${hex("d")}.json`,
    `${hex("d")}0.tar.gz`,
    `0${hex("d")}.tar.gz`,
    `${hex("D")}.tar.gz`,
    "layer.tar.gz",
  ])("has a compressed layer whose digest its name %s does not tell, to be copied", (path) => {
    expect(rawLayers(imageOf(layer({ compression: "gzip", path })), "none")).toEqual([
      { diffId: `sha256:${hex("a")}`, size: 10_240, compression: "copy", result: "gzip" },
    ]);
  });

  test("is one layer, as it first comes, where it lies in the archive plain and again compressed", () => {
    const plain = layer({ path: "a/layer.tar" });
    const packed = layer({ compression: "zstd", path: "layer.tar.zst" });
    expect(rawLayers(imageOf(plain, packed), "gzip")).toEqual([
      { diffId: plain.diffId, size: 10_240, compression: "gzip", result: "gzip" },
    ]);
    const made = { diffId: plain.diffId, digest: `sha256:${hex("b")}` as const, size: 7 };
    const { bytes } = makeDockerManifest(imageOf(plain, packed), "gzip", [made]);
    const { layers } = JSON.parse(new TextDecoder().decode(bytes));
    expect(layers).toEqual(
      Array(2).fill({
        mediaType: "application/vnd.oci.image.layer.v1.tar+gzip",
        digest: made.digest,
        size: 7,
      }),
    );
  });
});
