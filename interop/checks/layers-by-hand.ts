import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { accounts } from "../account.ts";
import { AwsCli } from "../aws-cli.ts";
import type { Check, Stage } from "../check.ts";
import { sha256 } from "../skopeo.ts";

const MiB = 1024 * 1024;
const repository = "interop/by-hand";
const mediaType = "application/vnd.oci.image.manifest.v1+json";

/** The AWS CLI pushes and pulls an image call by call, and does everything wrong that ECR has an error for. */
export const layersByHand: Check = {
  name: "the AWS CLI pushes an image part by part, reads it back, and is refused as ECR refuses",
  needs: ["aws"],
  run: async (stage) => {
    const hand = new Hand(stage);
    await hand.ecr("create-repository");
    await refusedLayers(hand);
    const layer = randomBytes(12 * MiB);
    const config = Buffer.from(
      JSON.stringify({ architecture: "arm64", os: "linux", rootfs: { type: "layers" } }),
    );
    await pushLayer(hand, layer);
    await pushSmall(hand, config);
    await refusedReads(hand, sha256(layer));
    await image(hand, { layer, config });
    await readBack(hand, layer);
    return `${hand.calls} calls`;
  },
};

/** The AWS CLI on one repository. */
class Hand {
  readonly #cli: AwsCli;
  readonly #directory: string;
  calls = 0;

  constructor(stage: Stage) {
    this.#cli = new AwsCli(stage, accounts.source);
    this.#directory = stage.directory;
  }

  ecr(operation: string, ...args: string[]) {
    this.calls += 1;
    return this.#cli.call("ecr", operation, "--repository-name", repository, ...args);
  }

  refused(error: string, text: string, operation: string, ...args: string[]): Promise<void> {
    this.calls += 1;
    return this.#cli.refused(["ecr", operation, "--repository-name", repository, ...args], error, text);
  }

  async open(): Promise<string> {
    return String((await this.ecr("initiate-layer-upload"))["uploadId"]);
  }

  /** The arguments that send these bytes as the part from there. */
  async part(uploadId: string, first: number, bytes: Uint8Array): Promise<string[]> {
    const path = join(this.#directory, "part");
    await writeFile(path, bytes);
    const range = ["--part-first-byte", String(first), "--part-last-byte", String(first + bytes.length - 1)];
    return ["--upload-id", uploadId, ...range, "--layer-part-blob", `fileb://${path}`];
  }

  async send(uploadId: string, first: number, bytes: Uint8Array): Promise<void> {
    const answer = await this.ecr("upload-layer-part", ...(await this.part(uploadId, first, bytes)));
    assert.equal(answer["lastByteReceived"], first + bytes.length - 1);
  }
}

const closing = (uploadId: string, digest: string) => ["--upload-id", uploadId, "--layer-digests", digest];

async function pushLayer(hand: Hand, layer: Uint8Array): Promise<void> {
  const upload = await hand.open();
  await hand.send(upload, 0, layer.subarray(0, 5 * MiB));
  await hand.refused(
    "InvalidLayerPartException",
    `First byte of the layer part is ${10 * MiB} instead of ${5 * MiB}`,
    "upload-layer-part",
    ...(await hand.part(upload, 10 * MiB, layer.subarray(10 * MiB))),
  );
  await hand.send(upload, 5 * MiB, layer.subarray(5 * MiB, 10 * MiB));
  await hand.send(upload, 10 * MiB, layer.subarray(10 * MiB));
  await hand.refused(
    "InvalidLayerException",
    "None of the provided layer digests match the calculated layer digest",
    "complete-layer-upload",
    ...closing(upload, sha256(Buffer.from("another"))),
  );
  const answer = await hand.ecr("complete-layer-upload", ...closing(upload, sha256(layer)));
  assert.equal(answer["layerDigest"], sha256(layer));
}

async function pushSmall(hand: Hand, blob: Uint8Array): Promise<void> {
  for (const attempt of ["first", "second"]) {
    const upload = await hand.open();
    await hand.send(upload, 0, blob);
    const args = closing(upload, sha256(blob));
    if (attempt === "first") await hand.ecr("complete-layer-upload", ...args);
    else await hand.refused("LayerAlreadyExistsException", sha256(blob), "complete-layer-upload", ...args);
  }
}

async function refusedLayers(hand: Hand): Promise<void> {
  const someDigest = sha256(Buffer.from("any"));
  await hand.refused(
    "UploadNotFoundException",
    "",
    "complete-layer-upload",
    ...closing(randomUUID(), someDigest),
  );
  const upload = await hand.open();
  const close = ["complete-layer-upload", ...closing(upload, someDigest)] as const;
  await hand.refused("EmptyUploadException", "", ...close);
  await hand.send(upload, 0, randomBytes(MiB));
  await hand.send(upload, MiB, randomBytes(MiB));
  const tooSmall = "All layer parts except the last part should be at least 5MB";
  await hand.refused("LayerPartTooSmallException", tooSmall, ...close);
}

async function refusedReads(hand: Hand, unused: string): Promise<void> {
  const unknown = sha256(Buffer.from("unknown"));
  await hand.refused(
    "LayersNotFoundException",
    `The layer with digest ${unknown} does not exist within the repository with name '${repository}' in the registry with id '${accounts.source}'`,
    "get-download-url-for-layer",
    ...["--layer-digest", unknown],
  );
  const reading = ["get-download-url-for-layer", "--layer-digest", unused] as const;
  await hand.refused("LayerInaccessibleException", "not associated with an image", ...reading);
  const asked = await hand.ecr("batch-check-layer-availability", "--layer-digests", unused, unknown);
  const layers = asked["layers"] as { layerDigest: string; layerAvailability: string }[];
  assert.deepEqual(
    layers.map(({ layerDigest, layerAvailability }) => [layerDigest, layerAvailability]),
    [
      [unused, "AVAILABLE"],
      [unknown, "UNAVAILABLE"],
    ],
  );
}

async function image(hand: Hand, { layer, config }: { layer: Buffer; config: Buffer }): Promise<void> {
  const registry = `repository with name '${repository}' in the registry with id '${accounts.source}'`;
  const first = manifest(config, [layer]);
  const put = (text: string, tag: string) =>
    [
      "put-image",
      "--image-manifest",
      text,
      "--image-manifest-media-type",
      mediaType,
      "--image-tag",
      tag,
    ] as const;
  const absent = Buffer.from("absent");
  await hand.refused(
    "LayersNotFoundException",
    `Layers with digests '[${sha256(absent)}]' required for pushing image into ${registry} do not exist`,
    ...put(manifest(config, [layer, absent]), "v1"),
  );
  await hand.refused(
    "InvalidParameterException",
    "Image has to have at least 1 layer",
    ...put(manifest(config, []), "v1"),
  );
  await hand.ecr(...put(first, "v1"));
  const again = `Image with digest '${sha256(Buffer.from(first))}' and tag 'v1' already exists in the repository`;
  await hand.refused("ImageAlreadyExistsException", again, ...put(first, "v1"));
  await hand.refused(
    "ImageDigestDoesNotMatchException",
    "does not match the image digest that Amazon ECR has calculated",
    ...put(first, "v2"),
    "--image-digest",
    sha256(absent),
  );
  await hand.ecr("put-image-tag-mutability", "--image-tag-mutability", "IMMUTABLE");
  await hand.refused("ImageTagAlreadyExistsException", "'v1' already exists", ...put(`${first}\n`, "v1"));
  const index = JSON.stringify({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.index.v1+json",
    manifests: [{ mediaType, digest: sha256(absent), size: absent.length }],
  });
  await hand.refused(
    "ReferencedImagesNotFoundException",
    `Images with digests '[${sha256(absent)}]' required for pushing image into ${registry} do not exist`,
    ...["put-image", "--image-manifest", index],
  );
}

function manifest(config: Uint8Array, layers: readonly Uint8Array[]): string {
  const described = (type: string, bytes: Uint8Array) => ({
    mediaType: `application/vnd.oci.image.${type}`,
    digest: sha256(bytes),
    size: bytes.length,
  });
  return JSON.stringify({
    schemaVersion: 2,
    config: described("config.v1+json", config),
    layers: layers.map((layer) => described("layer.v1.tar", layer)),
  });
}

async function readBack(hand: Hand, layer: Buffer): Promise<void> {
  const answer = await hand.ecr("batch-get-image", "--image-ids", "imageTag=v1", "imageTag=v9");
  const [{ imageManifest, imageId }] = answer["images"] as [
    { imageManifest: string; imageId: { imageDigest: string } },
  ];
  assert.equal(sha256(Buffer.from(imageManifest)), imageId.imageDigest);
  assert.equal((answer["failures"] as [{ failureCode: string }])[0].failureCode, "ImageNotFound");
  const { downloadUrl } = await hand.ecr("get-download-url-for-layer", "--layer-digest", sha256(layer));
  const whole = await fetch(String(downloadUrl));
  assert.equal(sha256(new Uint8Array(await whole.arrayBuffer())), sha256(layer));
  const rest = await fetch(String(downloadUrl), { headers: { range: `bytes=${5 * MiB}-` } });
  assert.equal(rest.status, 206);
  assert.equal(sha256(new Uint8Array(await rest.arrayBuffer())), sha256(layer.subarray(5 * MiB)));
}
