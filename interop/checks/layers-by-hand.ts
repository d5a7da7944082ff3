import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { accounts } from "../account.ts";
import type { Check } from "../check.ts";
import { closing, Hand } from "../hand.ts";
import { sha256 } from "../skopeo.ts";

const MiB = 1024 * 1024;

/** The AWS CLI uploads a layer in parts, and does everything wrong that ECR has an error for. */
export const layersByHand: Check = {
  name: "the AWS CLI uploads a layer part by part, and is refused as ECR refuses",
  needs: ["aws"],
  run: async (stage) => {
    const hand = new Hand(stage, "interop/layers-by-hand");
    const layer = randomBytes(12 * MiB);
    await hand.ecr("create-repository");
    await refusedLayers(hand);
    await pushLayer(hand, layer);
    await pushTwice(hand);
    await refusedReads(hand, sha256(layer));
    return `${hand.calls} calls`;
  },
};

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

async function pushTwice(hand: Hand): Promise<void> {
  const blob = Buffer.from("{}");
  const digest = await hand.upload(blob);
  const upload = await hand.open();
  await hand.send(upload, 0, blob);
  const close = ["complete-layer-upload", ...closing(upload, digest)] as const;
  await hand.refused("LayerAlreadyExistsException", `'${digest}' already exists`, ...close);
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
    `The layer with digest ${unknown} does not exist within the repository with name '${hand.repository}' in the registry with id '${accounts.source}'`,
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
