import type { Descriptor } from "../model/descriptor.ts";
import { type Digest, digestOf } from "../model/digest.ts";
import type { DockerImage, DockerLayer } from "./docker-image.ts";
import type { Place } from "./random-access.ts";
import { quoted, unreadable } from "./unreadable.ts";

/** The manifest that a Docker archive does not have, made of its config and layers, with where each blob lies. */
export interface DockerManifest {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
  readonly places: ReadonlyMap<Digest, Place>;
}

const oci = "application/vnd.oci.image";

/**
 * Makes the OCI manifest of an image whose blobs are put as they lie in the archive: the config, layers without
 * compression, whose digest the config lists, and compressed layers that are named for their digest.
 * Throws `UnsupportedImage` for a layer without compression unless that is asked for, and for a compressed one
 * whose digest nothing tells.
 */
export function makeDockerManifest(image: DockerImage, layerCompression: "none" | undefined): DockerManifest {
  const layers = image.layers.map((layer) => ({
    mediaType: `${oci}.layer.v1.tar${layer.compression === "none" ? "" : `+${layer.compression}`}`,
    digest: blobDigest(layer, layerCompression),
    size: layer.place.size,
  }));
  const { place, ...config } = image.config;
  const mediaType = `${oci}.manifest.v1+json`;
  const body = {
    schemaVersion: 2,
    mediaType,
    config: { mediaType: `${oci}.config.v1+json`, digest: config.digest, size: config.size },
    layers,
  };
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  const places = new Map([[config.digest, place]]);
  for (const [at, { digest }] of layers.entries())
    places.set(digest, (image.layers[at] as DockerLayer).place);
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length }, bytes, places };
}

function blobDigest(
  { path, compression, diffId }: DockerLayer,
  layerCompression: "none" | undefined,
): Digest {
  if (compression === "none") {
    if (layerCompression === "none") return diffId;
    throw unreadable(
      `the archive's layer ${quoted(path)} is not compressed; set layerCompression to none to put it as it is`,
    );
  }
  const hex = /(?:^|[/:])([a-f0-9]{64})(?:\.tar\.\w+)?$/.exec(path)?.[1];
  if (hex) return `sha256:${hex}`;
  throw unreadable(
    `the archive's layer ${quoted(path)} is compressed, and its name does not tell its digest; save the image as an OCI archive`,
  );
}
