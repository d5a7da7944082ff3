import type { DockerImage, DockerLayer } from "../../../core/archive/docker-image.ts";
import { makeDockerManifest } from "../../../core/archive/docker-manifest.ts";
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
    const { descriptor, bytes } = makeDockerManifest(imageOf(layer()), "none");
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
    const { places } = makeDockerManifest(imageOf(layer(), other), "none");
    expect([...places]).toEqual([
      [config.digest, config.place],
      [`sha256:${hex("a")}`, { offset: 2_048, size: 10_240 }],
      [`sha256:${hex("b")}`, { offset: 20_480, size: 1_024 }],
    ]);
  });

  test("lists a layer as often as the image has it", () => {
    const { bytes, places } = makeDockerManifest(imageOf(layer(), layer()), "none");
    expect(JSON.parse(new TextDecoder().decode(bytes)).layers).toHaveLength(2);
    expect(places.size).toBe(2);
  });

  test.each([
    ["none", "a/layer.tar", "application/vnd.oci.image.layer.v1.tar"],
    ["gzip", `${hex("d")}.tar.gz`, "application/vnd.oci.image.layer.v1.tar+gzip"],
    ["zstd", `${hex("d")}.tar.zst`, "application/vnd.oci.image.layer.v1.tar+zstd"],
  ] as const)("gives a layer with the compression %s its media type", (compression, path, mediaType) => {
    const { bytes } = makeDockerManifest(imageOf(layer({ compression, path })), "none");
    expect(JSON.parse(new TextDecoder().decode(bytes)).layers[0].mediaType).toBe(mediaType);
  });

  test.each([
    `${hex("d")}.tar.gz`,
    `sha256:${hex("d")}`,
    `blobs/sha256/${hex("d")}`,
    `layers/${hex("d")}.tar.gz`,
    hex("d"),
  ])("takes the digest of a compressed layer from its name %s", (path) => {
    const { places } = makeDockerManifest(imageOf(layer({ compression: "gzip", path })), undefined);
    expect([...places.keys()]).toEqual([config.digest, `sha256:${hex("d")}`]);
  });

  test.each([
    `${hex("d")}/layer.tar`, // The folder is named for Docker's old id of the layer.
    `${hex("d")}.tar`, // Skopeo's name of a layer without compression.
    `${hex("d")}.json`,
    `${hex("d")}0.tar.gz`,
    `0${hex("d")}.tar.gz`,
    `${hex("D")}.tar.gz`,
    "layer.tar.gz",
  ])("takes no digest of a compressed layer from its name %s", (path) => {
    expect(() => makeDockerManifest(imageOf(layer({ compression: "gzip", path })), "none")).toThrow(
      expect.objectContaining({
        name: "UnsupportedImage",
        side: "source",
        message: `the archive's layer '${path}' is compressed, and its name does not tell its digest; save the image as an OCI archive`,
      }),
    );
  });

  test("refuses a layer without compression when nothing is said of it, and says what to say", () => {
    expect(() => makeDockerManifest(imageOf(layer()), undefined)).toThrow(
      expect.objectContaining({
        name: "UnsupportedImage",
        side: "source",
        message:
          "the archive's layer 'a/layer.tar' is not compressed; set layerCompression to none to put it as it is",
      }),
    );
  });
});
