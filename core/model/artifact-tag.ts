import type { Digest } from "./digest.ts";

const pattern = /^sha256-([a-f0-9]{64})(?:\.(?:sig|att|sbom))?$/;

/**
 * The manifest whose artifacts a tag is for by its form, or undefined for a tag of any other form (OCI
 * distribution-spec, "Referrers Tag Schema"; sigstore/cosign, signature spec).
 */
export function subjectOfTag(tag: string): Digest | undefined {
  const [, hex] = pattern.exec(tag) ?? [];
  return hex && `sha256:${hex}`;
}
