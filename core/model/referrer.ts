import type { Descriptor } from "./descriptor.ts";
import type { Digest } from "./digest.ts";

/** An artifact that refers to a manifest: a signature, an SBOM, an attestation. */
export interface Referrer extends Descriptor {
  readonly artifactType?: string;
  /** The tag that it is found by, when it is found by that alone. */
  readonly tag?: string;
  /** Why it cannot be copied, when it cannot. */
  readonly refused?: string;
}

/** The most artifacts of one image: what is said of them travels in a state of 256 KiB. */
export const maxReferrers = 100;

/** In bytes: what is said of one artifact travels with what is said of all others. */
const maxReason = 200;

/** As much of the reason why an artifact is refused as is told. */
export function briefly(reason: string): string {
  return Buffer.from(reason)
    .subarray(0, maxReason)
    .toString("utf8")
    .replace(/\ufffd+$/, "");
}

/** The tag of the index that lists a manifest's referrers where a registry has no API for them (OCI distribution-spec, "Referrers Tag Schema"). */
export function fallbackTag(subject: Digest): string {
  return subject.replace(":", "-");
}

/** The tags under which cosign keeps signatures, attestations and SBOMs of a manifest (sigstore/cosign, signature spec). */
export function cosignTags(subject: Digest): string[] {
  return ["sig", "att", "sbom"].map((suffix) => `${fallbackTag(subject)}.${suffix}`);
}
