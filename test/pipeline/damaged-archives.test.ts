import { gzipSync } from "node:zlib";
import type { LayerCompression } from "../../core/archive/docker-manifest.ts";
import { digestOf } from "../../core/model/digest.ts";
import type { LocalAws } from "../../local/aws.ts";
import { blobPath, type DockerLayerFile, dockerFiles, type Files, ociFiles } from "../fakes/archive.ts";
import { blobOf, type Content, families, imageOf } from "../fakes/image.ts";
import { member, tar, tarOf } from "../fakes/tar.ts";
import { createBucket, createDestination, dockerLayer, putArchive, requestFrom } from "./bucket.ts";
import { execute } from "./execution.ts";
import { imageOfLayers, MiB } from "./layer.ts";
import { startPipeline } from "./pipeline.ts";
import { tagsOf } from "./repository.ts";
import { operations } from "./traffic.ts";

const layers = [dockerLayer(5_000, 61), dockerLayer(7, 62)];
const docker = dockerFiles(layers);
const oci = imageOf([4, 60], 63);
const configPath =
  Object.keys(docker).find((path) => path.endsWith(".json") && path !== "manifest.json") ?? "";
const [listed] = docker["manifest.json"] as { Config: string; Layers: string[] }[];
let aws: LocalAws;

beforeAll(async () => {
  aws = await startPipeline();
  await createBucket(aws);
});
afterAll(() => aws.stop());

const relisted = (also: object): Files => ({ ...docker, "manifest.json": [{ ...listed, ...also }] });

function without(path: string): Files {
  return Object.fromEntries(Object.entries(docker).filter(([name]) => name !== path));
}

/** The layout of an image with one of its blobs or its manifest exchanged for other bytes. */
function exchanged(content: Content, digest: string, bytes: Uint8Array): Files {
  return { ...ociFiles({ content }), [blobPath(digest)]: bytes };
}

function layerOf({ blobs }: Content): [string, Uint8Array] {
  return [...blobs].at(-1) as [string, Uint8Array];
}

function layerless(): Files {
  const config = Buffer.from("{}");
  const descriptor = { mediaType: families.oci.config, ...blobOf(config) };
  const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, config: descriptor, layers: [] }));
  const root = { mediaType: families.oci.manifest, ...blobOf(manifest) };
  const content: Content = {
    root,
    manifests: new Map([[root.digest, manifest]]),
    blobs: new Map([[descriptor.digest, config]]),
  };
  return ociFiles({ content });
}

describe("an archive whose damage shows when it is planned", () => {
  test.each<[string, () => Uint8Array | Files, RegExp]>([
    [
      "a header with a wrong checksum",
      () => tar({ name: "61/layer.tar", data: "a" }, { name: "62/layer.tar", checksum: "wrong" }),
      /the header at byte 1024 has a wrong checksum/,
    ],
    [
      "a layer that is cut",
      () => tarOf(docker).subarray(0, 2_000),
      /cut short: .*'61\/layer.tar'.* says it has \d+ bytes, and 1488 follow/,
    ],
    [
      "a sparse file",
      () => tar({ name: "61/layer.tar", type: "S", dialect: "gnu" }),
      /'61\/layer.tar'.* is a sparse file, which is not read; write the archive without --sparse/,
    ],
    [
      "more entries than are read",
      () => {
        const one = member({ name: "a" });
        return Buffer.alloc(100_001 * one.length, one);
      },
      /has more than 100000 entries/,
    ],
    ["no config", () => without(configPath), /the archive has no file '[a-f0-9]{64}\.json'/],
    ["no layer of those listed", () => without("62/layer.tar"), /the archive has no layer '62\/layer.tar'/],
    ["no layer at all", () => relisted({ Layers: [] }), /has no layer, and Amazon ECR takes no such image/],
    ["no layer in its manifest", layerless, /has no layer, and Amazon ECR takes no such image/],
    [
      "fewer layers than diff_ids",
      () => relisted({ Layers: ["61/layer.tar"] }),
      /has 2 diff_ids, and 'manifest.json' lists 1 layers/,
    ],
    [
      "a layer outside",
      () => relisted({ Layers: ["61/layer.tar", "../../etc/passwd"] }),
      /'..\/..\/etc\/passwd' leads out of the archive/,
    ],
    [
      "a link to the outside",
      () => {
        const link = member({ name: "62/layer.tar", type: "2", linkName: "/etc/passwd" });
        return Buffer.concat([link, tarOf(without("62/layer.tar"))]);
      },
      /the link '62\/layer.tar' leads out of the archive, to '\/etc\/passwd'/,
    ],
    [
      "a layer that is no tar",
      () => ({ ...docker, "62/layer.tar": "<html>" }),
      /layer '62\/layer.tar' is no tar archive; expected a tar archive/,
    ],
    [
      "JSON that nests a million times",
      () => ({ ...docker, "manifest.json": "[".repeat(1_000_000) }),
      /'manifest.json' is not JSON/,
    ],
    [
      "JSON larger than is read",
      () => ({ ...docker, "manifest.json": " ".repeat(4 * MiB + 1) }),
      /'manifest.json' has 4194305 bytes, and at most 4194304 are read/,
    ],
    [
      "a layer of another size than its descriptor says",
      () => exchanged(oci, layerOf(oci)[0], Buffer.from("short")),
      /has 5 bytes, and its descriptor says 60/,
    ],
  ])("since it has %s says so, and calls the destination for nothing", async (_, make, message) => {
    expect(await refused(make(), "none")).toEqual({
      error: "UnsupportedImage",
      message: expect.stringMatching(message),
      calls: [],
    });
  });

  test.each<[string, () => Files, RegExp]>([
    [
      "a manifest",
      () => {
        const bytes = Buffer.from(oci.manifests.get(oci.root.digest) ?? []);
        bytes[5] = 0x09;
        return exchanged(oci, oci.root.digest, bytes);
      },
      new RegExp(oci.root.digest),
    ],
    ["a config", () => ({ ...docker, [configPath]: "{}" }), /has the digest sha256:/],
  ])("since it has %s that is not what its name says is a DigestMismatch", async (_, make, message) => {
    expect(await refused(make(), "gzip")).toEqual({
      error: "DigestMismatch",
      message: expect.stringMatching(message),
      calls: [],
    });
  });
});

describe("an archive whose damage shows when it is copied", () => {
  const forged = { ...docker, "62/layer.tar": tarOf({ data: "forged" }) };
  const named = (bytes: Uint8Array): DockerLayerFile => ({
    path: `${digestOf(Buffer.from("another")).slice(7)}.tar.gz`,
    bytes: gzipSync(bytes),
    diffId: digestOf(bytes),
  });

  test.each<[string, LayerCompression, () => Files, string]>([
    [
      "a layer that its config does not list",
      "none",
      () => forged,
      digestOf(layers[1]?.bytes ?? new Uint8Array()),
    ],
    [
      "a layer that its config does not list",
      "gzip",
      () => forged,
      digestOf(layers[1]?.bytes ?? new Uint8Array()),
    ],
    [
      "a layer that its config does not list",
      "zstd",
      () => forged,
      digestOf(layers[1]?.bytes ?? new Uint8Array()),
    ],
    [
      "a layer that is not what its descriptor says",
      "gzip",
      () => {
        const content = imageOfLayers([2 * MiB, 60], 64);
        const [digest, bytes] = layerOf(content);
        return exchanged(
          content,
          digest,
          Uint8Array.from(bytes, (byte) => byte ^ 1),
        );
      },
      layerOf(imageOfLayers([2 * MiB, 60], 64))[0],
    ],
    [
      "a compressed layer that is not what its name says",
      "gzip",
      () => dockerFiles([named(layers[0]?.bytes ?? new Uint8Array())]),
      digestOf(Buffer.from("another")),
    ],
  ])(
    "since it has %s, with layerCompression %s, names the layer, and tags nothing",
    async (_, compression, make, layer) => {
      const { error, message, calls } = await refused(make(), compression);
      expect({ error, message }).toEqual({
        error: "DigestMismatch",
        message: expect.stringContaining(layer),
      });
      expect(calls).not.toContain("PutImage");
    },
  );
});

/** Runs an archive that must fail, and leave no tag. */
async function refused(archive: Uint8Array | Files, layerCompression: LayerCompression) {
  const to = await createDestination(aws);
  const key = await putArchive(aws, archive);
  const { status, error, cause } = await execute(aws, requestFrom(key, to, { layerCompression }));
  expect(status).toBe("FAILED");
  expect(await tagsOf(to)).toEqual([]);
  const { message } = cause as { message: string };
  return { error, message, calls: operations(to).filter((operation) => operation !== "ListImages") };
}
