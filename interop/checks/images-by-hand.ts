import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { accounts } from "../account.ts";
import type { Check } from "../check.ts";
import { Hand } from "../hand.ts";
import { sha256 } from "../skopeo.ts";

const mediaType = "application/vnd.oci.image.manifest.v1+json";

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
    await putImages(hand, { layer, config });
    await readBack(hand, layer);
    return `${hand.calls} calls`;
  },
};

async function putImages(hand: Hand, { layer, config }: { layer: Buffer; config: Buffer }): Promise<void> {
  const registry = `repository with name '${hand.repository}' in the registry with id '${accounts.source}'`;
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
  const rest = await fetch(String(downloadUrl), { headers: { range: `bytes=500000-` } });
  assert.equal(rest.status, 206);
  assert.equal(sha256(new Uint8Array(await rest.arrayBuffer())), sha256(layer.subarray(500_000)));
}
