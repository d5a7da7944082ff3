import { Failure } from "../errors.ts";
import type { Descriptor } from "../model/descriptor.ts";
import { digestOf } from "../model/digest.ts";
import type { Manifest } from "../model/manifest.ts";
import { quoted } from "../model/quoted.ts";
import { formatPlatform, matches, normalized, type Platform } from "./platform.ts";

/** What is left of an index: a manifest of its own, or a smaller index, which has been made. */
export interface Subset {
  readonly root: Descriptor;
  /** Of a smaller index; absent for a manifest that the source has. */
  readonly bytes?: Uint8Array;
  /** How many attestations a manifest of its own leaves behind, since only an index can list them. */
  readonly attestations?: number;
}

/** An entry of an index, as far as it tells what it is for (OCI image-spec, image-index.md). */
interface Entry {
  readonly mediaType?: unknown;
  readonly digest?: unknown;
  readonly platform?: unknown;
  readonly annotations?: unknown;
}

/**
 * What an index has for some platforms: the one manifest when a single platform is asked for, and else an index of just
 * those, in the order and with all the fields that they have, attestations (BuildKit, "image attestation storage") with
 * what they are of. Throws `SourceNotFound` for a platform that it does not have.
 */
export function subsetOf(index: Manifest, platforms: readonly Platform[]): Subset {
  const body = JSON.parse(new TextDecoder().decode(index.bytes)) as { manifests: readonly Entry[] };
  const found = body.manifests.map((entry) => ({ entry, platform: platformOf(entry) }));
  for (const wanted of platforms) {
    if (!found.some(({ platform }) => platform && matches(wanted, platform)))
      throw missing(index, wanted, found);
  }
  const wanted = new Set(
    found
      .filter(({ platform }) => platform && platforms.some((each) => matches(each, platform)))
      .map(({ entry }) => entry.digest),
  );
  const [only] = index.children.filter(({ digest }) => wanted.has(digest));
  const isOne = new Set(platforms.map(formatPlatform)).size === 1;
  if (isOne && wanted.size === 1 && only) {
    return {
      root: only,
      attestations: body.manifests.filter((entry) => attested(entry) === only.digest).length,
    };
  }
  const manifests = body.manifests.filter(
    (entry) => wanted.has(entry.digest) || wanted.has(attested(entry) ?? ""),
  );
  if (manifests.length === body.manifests.length) return { root: index.descriptor };
  const bytes = new TextEncoder().encode(JSON.stringify({ ...body, manifests }));
  return { root: { ...index.descriptor, digest: digestOf(bytes), size: bytes.length }, bytes };
}

function platformOf(entry: Entry): Platform | undefined {
  return attested(entry) === undefined ? readPlatform(entry.platform) : undefined;
}

/** Reads a platform from an index or a config; undefined when there is none, or a part of it is no text. */
export function readPlatform(value: unknown): Platform | undefined {
  const { os, architecture, variant, "os.version": osVersion } = Object(value) as Record<string, unknown>;
  if (typeof os !== "string" || typeof architecture !== "string") return undefined;
  const isText = (part: unknown) => part === undefined || typeof part === "string";
  if (!isText(variant) || !isText(osVersion)) return undefined;
  return normalized({ os, architecture, variant: variant as string, osVersion: osVersion as string });
}

/** The digest of the image that an entry is an attestation of. */
function attested({ annotations }: Entry): string | undefined {
  const named = Object(annotations) as Record<string, unknown>;
  const digest = named["vnd.docker.reference.digest"];
  const isAttestation = named["vnd.docker.reference.type"] === "attestation-manifest";
  return isAttestation && typeof digest === "string" ? digest : undefined;
}

function missing(
  { descriptor }: Manifest,
  wanted: Platform,
  found: readonly { readonly platform?: Platform }[],
): Failure {
  const there = found.flatMap(({ platform }) => (platform ? [quoted(formatPlatform(platform))] : []));
  return noPlatform(descriptor, wanted, there.slice(0, 30).join(", ") || "none");
}

/** The failure of an image that is not for a platform. */
export function noPlatform({ digest }: Descriptor, wanted: Platform, has: string): Failure {
  return new Failure(
    "SourceNotFound",
    { side: "source", operation: "SelectPlatforms" },
    `image ${digest} is not there for ${formatPlatform(wanted)}; it is for ${has}`,
  );
}
