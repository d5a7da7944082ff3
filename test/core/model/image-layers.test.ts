import { digestOf } from "../../../core/model/digest.ts";
import { configOf, layersByDiffId } from "../../../core/model/image-layers.ts";
import { maxLayerSize, maxLayers } from "../../../core/model/limits.ts";

const oci = "application/vnd.oci.image";
const [blob, diffId] = [digestOf(Buffer.from("blob")), digestOf(Buffer.from("layer"))];
const layer = { mediaType: `${oci}.layer.v1.tar+gzip`, digest: blob, size: 4 };
const config = { mediaType: `${oci}.config.v1+json`, digest: digestOf(Buffer.from("config")), size: 2 };
const found = { diffId, digest: blob, size: 4, compression: "gzip" };

const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const manifestOf = (layers: readonly unknown[]) => json({ schemaVersion: 2, config, layers });
const configWith = (diffIds: unknown) => json({ rootfs: { type: "layers", diff_ids: diffIds } });
const pair = (also: object) => layersByDiffId(manifestOf([{ ...layer, ...also }]), configWith([diffId]));

test.each([
  [`${oci}.layer.v1.tar`, "none"],
  [`${oci}.layer.v1.tar+gzip`, "gzip"],
  [`${oci}.layer.v1.tar+zstd`, "zstd"],
  ["application/vnd.docker.image.rootfs.diff.tar", "none"],
  ["application/vnd.docker.image.rootfs.diff.tar.gzip", "gzip"],
  ["application/vnd.docker.image.rootfs.diff.tar.zstd", "zstd"],
])("a layer of the type %s has the compression %s", (mediaType, compression) => {
  expect(pair({ mediaType })).toEqual([{ ...found, compression }]);
});

test.each([
  `${oci}.layer.v1.tar+encrypted`,
  `${oci}.layer.nondistributable.v1.tar+gzip`,
  "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
  "application/vnd.in-toto+json",
])("a layer of the type %s is left out, and those beside it are not", (mediaType) => {
  const manifest = manifestOf([{ ...layer, mediaType }, layer]);
  expect(layersByDiffId(manifest, configWith([blob, diffId]))).toEqual([found]);
});

test("a layer with URLs is left out, and one with an empty list of them is not", () => {
  expect(pair({ urls: ["https://example.com"] })).toEqual([]);
  expect(pair({ urls: [] })).toEqual([found]);
  expect(pair({ urls: null })).toEqual([found]);
});

test.each([
  [1, 1],
  [maxLayerSize, 1],
  [0, 0],
  [-1, 0],
  [1.5, 0],
  [maxLayerSize + 1, 0],
  ["4", 0],
])("of an image with a layer of %p bytes, %i is found", (size, count) => {
  expect(pair({ size })).toHaveLength(count);
});

test.each([
  [maxLayers, maxLayers],
  [maxLayers + 1, 0],
])("of an image of %i layers, %i are found", (count, expected) => {
  const manifest = manifestOf(Array.from({ length: count }, () => layer));
  const diffIds = configWith(Array.from({ length: count }, () => diffId));
  expect(layersByDiffId(manifest, diffIds)).toHaveLength(expected);
});

test.each<[string, Uint8Array]>([
  ["nothing", new Uint8Array()],
  ["no UTF-8", Buffer.from([0x22, 0xff, 0x22])],
  ["lists in lists, many thousands deep", Buffer.from("[".repeat(100_000) + "]".repeat(100_000))],
  ["an index", json({ schemaVersion: 2, manifests: [] })],
  ["an object with odd members", Buffer.from('{"__proto__":{"rootfs":{"diff_ids":[]}},"rootfs":"a"}')],
  ["diff_ids that are an object", configWith({ length: 1, 0: diffId })],
  ["a diff_id in capitals", configWith([diffId.toUpperCase()])],
])("what holds %s is neither a manifest nor a config", (_, bytes) => {
  expect(configOf(bytes)).toBeUndefined();
  expect(layersByDiffId(bytes, configWith([diffId]))).toEqual([]);
  expect(layersByDiffId(manifestOf([layer]), bytes)).toEqual([]);
});

test("an image has a config when it lists a layer of a known kind, and the config is an image's", () => {
  const { digest, size } = config;
  expect(configOf(manifestOf([{ ...layer, mediaType: "text/plain" }, layer]))).toMatchObject({
    digest,
    size,
  });
  expect(configOf(manifestOf([{ ...layer, mediaType: "text/plain" }]))).toBeUndefined();
  expect(configOf(manifestOf([]))).toBeUndefined();
  const artifact = { ...config, mediaType: "application/vnd.oci.empty.v1+json" };
  expect(configOf(json({ config: artifact, layers: [layer] }))).toBeUndefined();
});
