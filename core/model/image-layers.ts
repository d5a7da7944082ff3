import * as z from "zod";
import type { Blob } from "./descriptor.ts";
import { isDigest } from "./digest.ts";
import { maxLayerSize, maxLayers } from "./limits.ts";
import type { FoundLayer } from "./making.ts";

/** How layers are compressed, by their media types; layers that a registry does not hold are not among them. */
const compressions = new Map<string, FoundLayer["compression"]>([
  ["application/vnd.docker.image.rootfs.diff.tar", "none"],
  ["application/vnd.docker.image.rootfs.diff.tar.gzip", "gzip"],
  ["application/vnd.docker.image.rootfs.diff.tar.zstd", "zstd"],
  ["application/vnd.oci.image.layer.v1.tar", "none"],
  ["application/vnd.oci.image.layer.v1.tar+gzip", "gzip"],
  ["application/vnd.oci.image.layer.v1.tar+zstd", "zstd"],
]);

/** The media types of configs that list diff_ids; images with others are artifacts. */
export const configTypes: readonly string[] = [
  "application/vnd.docker.container.image.v1+json",
  "application/vnd.oci.image.config.v1+json",
];

const digest = z.string().refine(isDigest);
const descriptor = z.object({
  mediaType: z.string(),
  digest,
  size: z.int().min(1).max(maxLayerSize),
  urls: z.array(z.string()).nullish(),
});
const imageBody = z.object({ config: descriptor, layers: z.array(descriptor).max(maxLayers) });
const configBody = z.object({ rootfs: z.object({ diff_ids: z.array(digest).max(maxLayers) }) });

/** The config of an image, by its manifest; undefined when none of its layers is one that `layersByDiffId` could give. */
export function configOf(manifest: Uint8Array): Blob | undefined {
  const { config, layers = [] } = read(imageBody, manifest) ?? {};
  if (!config || !configTypes.includes(config.mediaType)) return undefined;
  return layers.some(({ mediaType }) => compressions.has(mediaType)) ? config : undefined;
}

/**
 * The layers of an image by the diff_ids that its config lists, base first: none when manifest and config do not fit.
 * Left out are layers that are kept elsewhere, or compressed in a way that is not known.
 */
export function layersByDiffId(manifest: Uint8Array, config: Uint8Array): FoundLayer[] {
  const layers = read(imageBody, manifest)?.layers ?? [];
  const diffIds = read(configBody, config)?.rootfs.diff_ids ?? [];
  if (layers.length !== diffIds.length) return [];
  return layers.flatMap(({ mediaType, digest, size, urls }, position) => {
    const [diffId, compression] = [diffIds[position], compressions.get(mediaType)];
    return diffId && compression && !urls?.length ? [{ diffId, digest, size, compression }] : [];
  });
}

function read<Body>(shape: z.ZodType<Body>, bytes: Uint8Array): Body | undefined {
  try {
    return shape.safeParse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes))).data;
  } catch {
    return undefined;
  }
}
