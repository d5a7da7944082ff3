import type { Blob } from "./descriptor.ts";
import type { Digest } from "./digest.ts";

/** How a layer's blob is made of what lies in an archive: compressed, or as it is when only its digest is not known. */
export type Compression = "gzip" | "zstd" | "copy";

/** A layer that has no blob yet; its size is that of what lies in the archive. */
export interface RawLayer {
  readonly diffId: Digest;
  readonly size: number;
  readonly compression: Compression;
  /** How the blob will be compressed, in the end. */
  readonly result: "gzip" | "zstd";
}

/** A layer whose blob has been made: the blob's digest and size. */
export interface MadeLayer extends Blob {
  readonly diffId: Digest;
  /** Whether another image of the destination had it, so that nothing was made. */
  readonly found?: true;
}

/** A layer that an image at the destination has. */
export interface FoundLayer extends Blob {
  readonly diffId: Digest;
  readonly compression: "gzip" | "zstd" | "none";
}

/** How far a layer's blob has been made, beside how much was read: what it takes to go on in another process. */
export interface Making {
  readonly compression: Compression;
  /** Bytes of the blob that were made and sent. */
  readonly output: number;
  /** The states of the SHA-256 of what was read and of what was made, in base64; absent at the beginning. */
  readonly hashes?: readonly [string, string];
}
