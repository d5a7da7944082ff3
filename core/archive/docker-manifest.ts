import type { Descriptor } from "../model/descriptor.ts";
import { type Digest, digestOf } from "../model/digest.ts";
import type { Compression, MadeLayer, RawLayer } from "../model/making.ts";
import type { DockerImage, DockerLayer } from "./docker-image.ts";
import type { Place } from "./random-access.ts";

/** The manifest that a Docker archive does not have, made of its config and layers. */
export interface DockerManifest {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

const oci = "application/vnd.oci.image";

/** The media type of an image's config. */
export const configType = `${oci}.config.v1+json`;

/** What becomes of layers that are not compressed. */
export type LayerCompression = "gzip" | "zstd" | "none";

/**
 * The layers whose blobs have yet to be made: those that are to be compressed, and compressed ones whose digest nothing
 * tells. A layer without compression that is put as it is has its diff_id as its digest.
 */
export function rawLayers(image: DockerImage, choice: LayerCompression): RawLayer[] {
  return distinctLayers(image).flatMap((layer): RawLayer[] => {
    const compression = makingOf(layer, choice);
    const result = layer.compression === "none" ? choice : layer.compression;
    if (!compression || result === "none") return [];
    return [{ diffId: layer.diffId, size: layer.place.size, compression, result }];
  });
}

/** Each layer as it first comes: that it lies there once plain and once compressed makes it no other layer. */
function distinctLayers({ layers }: DockerImage): DockerLayer[] {
  return layers.filter(({ diffId }, at) => layers.findIndex((each) => each.diffId === diffId) === at);
}

function makingOf(layer: DockerLayer, choice: LayerCompression): Compression | undefined {
  if (layer.compression === "none") return choice === "none" ? undefined : choice;
  return namedDigest(layer) ? undefined : "copy";
}

/** Writers such as crane name a compressed layer for its digest. */
function namedDigest({ path }: DockerLayer): Digest | undefined {
  const hex = /(?:^|[/:])([a-f0-9]{64})(?:\.tar\.\w+)?$/.exec(path)?.[1];
  return hex ? `sha256:${hex}` : undefined;
}

/** Where an image has its config, a layer by its diff_id, or a layer that is put as it lies by its digest. */
export function findDockerBlob({ config, layers }: DockerImage, digest: Digest): Place | undefined {
  if (digest === config.digest) return config.place;
  const layer =
    layers.find(({ diffId }) => diffId === digest) ??
    layers.find((each) => each.compression !== "none" && namedDigest(each) === digest);
  return layer?.place;
}

/** Makes the OCI manifest of an image, of its config as it lies and its layers. Throws RangeError when one has yet to be made. */
export function makeDockerManifest(
  image: DockerImage,
  choice: LayerCompression,
  made: readonly MadeLayer[],
): DockerManifest {
  const blobs = new Map(made.map((layer) => [layer.diffId, layer]));
  const first = new Map(distinctLayers(image).map((layer) => [layer.diffId, layer]));
  const layers = image.layers.map(({ diffId }) => {
    const layer = first.get(diffId) as DockerLayer;
    const compression = layer.compression === "none" ? choice : layer.compression;
    const mediaType = `${oci}.layer.v1.tar${compression === "none" ? "" : `+${compression}`}`;
    if (makingOf(layer, choice)) {
      const blob = blobs.get(layer.diffId);
      if (!blob) throw new RangeError(`layer ${layer.diffId} has yet to be made`);
      return { mediaType, digest: blob.digest, size: blob.size };
    }
    const digest = layer.compression === "none" ? layer.diffId : (namedDigest(layer) as Digest);
    return { mediaType, digest, size: layer.place.size };
  });
  const mediaType = `${oci}.manifest.v1+json`;
  const { digest, size } = image.config;
  const config = { mediaType: configType, digest, size };
  const body = { schemaVersion: 2, mediaType, config, layers };
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length }, bytes };
}
