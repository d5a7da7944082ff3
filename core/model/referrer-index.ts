import { isDigest } from "./digest.ts";
import { manifestTypes } from "./media-type.ts";
import { quotedValue } from "./quoted.ts";
import { briefly, maxReferrers, type Referrer } from "./referrer.ts";

/** Two names of 127 characters with a slash between them (RFC 6838, section 4.2); what is none is not told. */
const artifactForm = /^[\w!#$&^.+-]{1,127}\/[\w!#$&^.+-]{1,127}$/;
/** In characters: that of a digest of SHA-512. What is longer is refused, and need not be told whole. */
const maxDigestLength = 135;

/**
 * The artifacts that an index lists (OCI distribution-spec, "Listing Referrers" and "Referrers Tag Schema"), no more than
 * one over the most that are copied; undefined for what is no index.
 */
export function listedReferrers(bytes: Uint8Array): Referrer[] | undefined {
  const { manifests } = Object(parsed(bytes)) as { manifests?: unknown };
  return Array.isArray(manifests) ? manifests.slice(0, maxReferrers + 1).map(listedReferrer) : undefined;
}

/** The artifact that an entry of a list stands for: refused, with the reason, when it is none that can be copied. */
export function listedReferrer(entry: unknown): Referrer {
  const { mediaType, digest, size, artifactType } = Object(entry) as Record<string, unknown>;
  const refused = whyRefused(mediaType, digest, size);
  return {
    mediaType: refused === undefined ? String(mediaType) : "",
    digest: isText(digest) ? digest.slice(0, maxDigestLength) : "",
    size: isSize(size) ? size : 0,
    ...(isText(artifactType) && artifactForm.test(artifactType) && { artifactType }),
    ...(refused !== undefined && { refused: briefly(refused) }),
  };
}

function whyRefused(mediaType: unknown, digest: unknown, size: unknown): string | undefined {
  if (!isText(digest) || !isDigest(digest)) {
    return `it is listed with the digest ${quotedValue(digest)}, and Amazon ECR knows only sha256`;
  }
  if (!isText(mediaType) || !manifestTypes.includes(mediaType)) {
    return `it is listed with the media type ${quotedValue(mediaType)}, and only images and indexes are copied`;
  }
  return isSize(size) ? undefined : `it is listed with the size ${quotedValue(size)}`;
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isSize(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0;
}
