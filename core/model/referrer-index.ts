import type { Descriptor } from "./descriptor.ts";
import { parseManifest } from "./manifest.ts";
import { indexTypes } from "./media-type.ts";
import type { Referrer } from "./referrer.ts";

/**
 * The artifacts that an index under a fallback tag lists (OCI distribution-spec, "Referrers Tag Schema").
 * Throws what `parseManifest` throws; what is no index lists none.
 */
export function listedReferrers(bytes: Uint8Array, index: Descriptor): Referrer[] {
  if (!indexTypes.includes(index.mediaType)) return [];
  const { children } = parseManifest(bytes, index);
  const { manifests } = JSON.parse(new TextDecoder().decode(bytes)) as { manifests: readonly unknown[] };
  return children.map((child, at) => {
    const { artifactType } = Object(manifests[at]) as { artifactType?: unknown };
    return { ...child, ...(typeof artifactType === "string" && { artifactType }) };
  });
}
