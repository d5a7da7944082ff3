import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { accounts } from "../account.ts";
import type { Check } from "../check.ts";
import { Hand } from "../hand.ts";
import { sha256 } from "../skopeo.ts";

const mediaType = "application/vnd.oci.image.manifest.v1+json";

interface Blobs {
  readonly layer: Buffer;
  readonly config: Buffer;
}

/** The AWS CLI puts and reads an image, and does everything wrong that ECR has an error for. */
export const imagesByHand: Check = {
  name: "the AWS CLI puts an image and reads it back, and is refused as ECR refuses",
  needs: ["aws"],
  run: async (stage) => {
    const hand = new Hand(stage, "interop/images-by-hand");
    const layer = randomBytes(1_000_000);
    const config = Buffer.from(JSON.stringify({ architecture: "arm64", os: "linux" }));
    await hand.ecr("create-repository");
    await hand.upload(layer);
    await hand.upload(config);
    await refusedIncomplete(hand, { layer, config });
    await putAgain(hand, { layer, config });
    await readBack(hand, layer);
    return `${hand.calls} calls`;
  },
};

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

async function refusedIncomplete(hand: Hand, { layer, config }: Blobs): Promise<void> {
  const absent = Buffer.from("absent");
  const doNotExist = `'[${sha256(absent)}]' required for pushing image into repository with name '${hand.repository}' in the registry with id '${accounts.source}' do not exist`;
  const index = JSON.stringify({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.index.v1+json",
    manifests: [{ mediaType, digest: sha256(absent), size: absent.length }],
  });
  const noLayers = "Image has to have at least 1 layer";
  const parent = ["put-image", "--image-manifest", index] as const;
  const missing = put(manifest(config, [layer, absent]), "v1");
  await hand.refused("LayersNotFoundException", `Layers with digests ${doNotExist}`, ...missing);
  await hand.refused("ReferencedImagesNotFoundException", `Images with digests ${doNotExist}`, ...parent);
  await hand.refused("InvalidParameterException", noLayers, ...put(manifest(config, []), "v1"));
}

async function putAgain(hand: Hand, { layer, config }: Blobs): Promise<void> {
  const image = manifest(config, [layer]);
  const other = ["--image-digest", sha256(layer)];
  await hand.ecr(...put(image, "v1"));
  const again = `Image with digest '${sha256(Buffer.from(image))}' and tag 'v1' already exists in the repository`;
  await hand.refused("ImageAlreadyExistsException", again, ...put(image, "v1"));
  const unlike = "does not match the image digest that Amazon ECR has calculated";
  await hand.refused("ImageDigestDoesNotMatchException", unlike, ...put(image, "v2"), ...other);
  await hand.ecr("put-image-tag-mutability", "--image-tag-mutability", "IMMUTABLE");
  await hand.refused("ImageTagAlreadyExistsException", "'v1' already exists", ...put(`${image}\n`, "v1"));
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
  const rest = await fetch(String(downloadUrl), { headers: { range: `bytes=500000-` } });
  assert.equal(rest.status, 206);
  assert.equal(sha256(new Uint8Array(await rest.arrayBuffer())), sha256(layer.subarray(500_000)));
}
