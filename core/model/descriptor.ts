import type { Digest } from "./digest.ts";

/** What a blob is addressed by: its digest, and its size in bytes. */
export interface Blob {
  readonly digest: Digest;
  readonly size: number;
}

/** A blob with its media type: the only thing about content that travels between steps (OCI image-spec, descriptor.md). */
export interface Descriptor extends Blob {
  readonly mediaType: string;
}

/** The bytes of some blobs together. */
export function bytesOf(blobs: readonly Blob[]): number {
  return blobs.reduce((sum, { size }) => sum + size, 0);
}
