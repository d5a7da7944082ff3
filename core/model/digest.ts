import { createHash } from "node:crypto";

/** A content address, `sha256:` and 64 lower-case hex digits: the only algorithm Amazon ECR computes. */
export type Digest = string;

const pattern = /^sha256:[a-f0-9]{64}$/;

/** Whether a text is a digest this product can copy under. */
export function isDigest(text: string): text is Digest {
  return pattern.test(text);
}

/** The digest of some bytes. */
export function digestOf(bytes: Uint8Array): Digest {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
