import { isDigest } from "../../core/model/digest.ts";
import type { FoundLayer } from "../../core/model/making.ts";

const layerType =
  /^application\/vnd\.(?:docker\.image\.rootfs\.diff|oci\.image\.layer\.v1)\.tar(?:[.+](gzip|zstd))?$/;
const configType = /^application\/vnd\.(?:docker\.container\.image|oci\.image\.config)\.v1\+json$/;

/** The layers of an image by the diff_ids of its config, worked out apart from the code under test. */
export function heldLayers(manifest: Uint8Array, blobs: ReadonlyMap<string, Uint8Array>): FoundLayer[] {
  const { config, layers = [] } = JSON.parse(new TextDecoder().decode(manifest));
  if (!configType.test(config?.mediaType)) return [];
  const diffIds = diffIdsIn(blobs.get(config.digest));
  if (diffIds.length !== layers.length || !diffIds.every(isDigest)) return [];
  const held: FoundLayer[] = [];
  for (const [at, { mediaType, digest, size, urls }] of layers.entries()) {
    const type = layerType.exec(mediaType);
    if (!type || urls || !blobs.has(digest)) continue;
    const compression = (type[1] ?? "none") as FoundLayer["compression"];
    held.push({ diffId: diffIds[at] ?? "", digest, size, compression });
  }
  return held;
}

function diffIdsIn(config: Uint8Array | undefined): string[] {
  try {
    const { rootfs } = JSON.parse(new TextDecoder().decode(config));
    return Array.isArray(rootfs?.diff_ids) ? rootfs.diff_ids : [];
  } catch {
    return [];
  }
}
