import { Failure, type Side } from "../errors.ts";
import type { Blob, Descriptor } from "./descriptor.ts";
import { digestOf, isDigest } from "./digest.ts";
import { maxLayerSize, maxLayers, maxManifestLength } from "./limits.ts";
import { imageTypes, indexTypes, isNondistributable, manifestTypes, schema1Types } from "./media-type.ts";
import { quoted, quotedValue } from "./quoted.ts";

/** A manifest: its exact bytes, and what they refer to. */
export interface Manifest {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
  /** Config and layers, those left out that a registry does not hold; empty for an index. */
  readonly blobs: readonly Blob[];
  /** The digests, not checked, of the layers that were left out: absent when there is none. */
  readonly elsewhere?: readonly string[];
  /** The manifests an index lists; empty for an image. */
  readonly children: readonly Descriptor[];
}

/**
 * Reads a manifest and checks it against its descriptor: digest, size, and media type.
 * A manifest without `mediaType` has the one its descriptor gives (OCI image-spec, manifest.md).
 * Throws `DigestMismatch`, or `UnsupportedImage` when Amazon ECR could not hold what it describes.
 */
export function parseManifest(bytes: Uint8Array, descriptor: Descriptor): Manifest {
  // Such a manifest's digest is not that of its bytes, so this comes before they are compared.
  if (schema1Types.includes(descriptor.mediaType)) throw schema1(descriptor);
  verify(bytes, descriptor);
  const text = textOf(bytes, descriptor);
  if (text.length > maxManifestLength) {
    throw unsupported(
      descriptor,
      `has ${text.length} characters, and Amazon ECR takes at most ${maxManifestLength}`,
    );
  }
  const body = parseObject(text, descriptor);
  const mediaType = mediaTypeOf(body, descriptor);
  const typed = { ...descriptor, mediaType };
  return indexTypes.includes(mediaType)
    ? { descriptor: typed, bytes, blobs: [], children: childrenOf(body, typed) }
    : { descriptor: typed, bytes, ...layersOf(body, typed), children: [] };
}

function verify(bytes: Uint8Array, { digest, size }: Descriptor): void {
  const actual = digestOf(bytes);
  if (actual === digest && bytes.length === size) return;
  throw new Failure(
    "DigestMismatch",
    where,
    `manifest ${digest} of ${size} bytes was asked for, and the source sent ${bytes.length} bytes with digest ${actual}`,
  );
}

/** Amazon ECR takes a manifest as text: only what comes out of it as the same bytes keeps its digest. */
function textOf(bytes: Uint8Array, descriptor: Descriptor): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw unsupported(descriptor, "is not UTF-8 text");
  }
}

function parseObject(text: string, descriptor: Descriptor): Record<string, unknown> {
  try {
    const body: unknown = JSON.parse(text);
    if (isObject(body)) return body;
  } catch {
    // Said below, without the parser's excerpt of what may be anything.
  }
  throw unsupported(descriptor, "is not a JSON object");
}

function mediaTypeOf(body: Record<string, unknown>, descriptor: Descriptor): string {
  if (body["schemaVersion"] === 1) throw schema1(descriptor);
  // A body that is an index to one reader and an image to another must be refused (CVE-2021-41190).
  if ("manifests" in body && ("layers" in body || "config" in body)) {
    throw unsupported(descriptor, "is both an index and an image");
  }
  const stated = body["mediaType"];
  const given = descriptor.mediaType;
  if (stated !== undefined && stated !== given && manifestTypes.includes(given)) {
    throw unsupported(descriptor, `says it is ${quotedValue(stated)} and was announced as ${given}`);
  }
  const mediaType = typeof stated === "string" ? stated : given;
  const known = "manifests" in body ? indexTypes : imageTypes;
  if (known.includes(mediaType)) return mediaType;
  throw unsupported(
    descriptor,
    `has the media type ${quoted(mediaType)}; expected one of ${known.join(", ")}`,
  );
}

function childrenOf(body: Record<string, unknown>, index: Descriptor): Descriptor[] {
  const entries = listOf(body["manifests"], "manifests", index);
  return entries.map((entry, position) => {
    const child = descriptorOf(entry, `manifests[${position}]`, index);
    if (!manifestTypes.includes(child.mediaType)) {
      throw unsupported(
        index,
        `lists a ${quoted(child.mediaType)}, and Amazon ECR takes only manifests in an index (for a build cache, export it with image-manifest=true)`,
      );
    }
    return child;
  });
}

function layersOf(body: Record<string, unknown>, image: Descriptor): Pick<Manifest, "blobs" | "elsewhere"> {
  const layers = listOf(body["layers"], "layers", image);
  if (layers.length === 0) throw unsupported(image, "has no layer, and Amazon ECR takes no such image");
  if (layers.length > maxLayers) {
    throw unsupported(image, `has ${layers.length} layers, and at most ${maxLayers} are copied`);
  }
  const held = layers.flatMap((layer, position) =>
    isElsewhere(layer) ? [] : [blobOf(layer, `layers[${position}]`, image)],
  );
  const elsewhere = layers.filter(isElsewhere).map(({ digest }) => String(digest));
  const blobs = [blobOf(body["config"], "config", image), ...held];
  return { blobs, ...(elsewhere.length > 0 && { elsewhere }) };
}

function isElsewhere(layer: unknown): layer is { readonly digest?: unknown } {
  if (!isObject(layer)) return false;
  const { mediaType, urls } = layer;
  return (
    typeof mediaType === "string" && isNondistributable(mediaType) && Array.isArray(urls) && urls.length > 0
  );
}

function blobOf(value: unknown, field: string, manifest: Descriptor): Blob {
  const { digest, size } = descriptorOf(value, field, manifest);
  if (size === 0) throw unsupported(manifest, `has an empty blob at ${field}, which Amazon ECR cannot store`);
  if (size > maxLayerSize) {
    throw unsupported(
      manifest,
      `has a blob of ${size} bytes at ${field}, and Amazon ECR takes at most ${maxLayerSize}`,
    );
  }
  return { digest, size };
}

function descriptorOf(value: unknown, field: string, manifest: Descriptor): Descriptor {
  if (!isObject(value)) throw unsupported(manifest, `has no descriptor at ${field}`);
  const { mediaType, digest, size } = value;
  if (typeof mediaType !== "string" || mediaType === "") {
    throw unsupported(manifest, `has no media type at ${field}`);
  }
  if (typeof digest !== "string" || !isDigest(digest)) {
    throw unsupported(
      manifest,
      `has the digest ${quotedValue(digest)} at ${field}; Amazon ECR knows only sha256`,
    );
  }
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) {
    throw unsupported(manifest, `has the size ${quotedValue(size)} at ${field}`);
  }
  return { mediaType, digest, size };
}

function listOf(value: unknown, field: string, manifest: Descriptor): unknown[] {
  if (Array.isArray(value)) return value;
  throw unsupported(manifest, `has no list '${field}'`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const where = { side: "source" as Side, operation: "ReadManifest" };

function schema1(descriptor: Descriptor): Failure {
  return unsupported(
    descriptor,
    "is of Docker's schema 1, which cannot be copied byte for byte; push the image again with a current tool",
  );
}

function unsupported({ digest }: Descriptor, what: string): Failure {
  return new Failure("UnsupportedImage", where, `manifest ${digest} ${what}`);
}
