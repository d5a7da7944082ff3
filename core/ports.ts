import type { Descriptor } from "./model/descriptor.ts";
import type { Manifest } from "./model/manifest.ts";

/** Where an image is read from. Every method throws `Failure` with side `source`. */
export interface Source {
  /** What a tag or digest stands for now. Throws `SourceNotFound` when nothing does. */
  resolve(reference: string): Promise<Descriptor>;
  /** The exact bytes of a manifest; the caller checks digest and size. */
  readManifest(manifest: Descriptor): Promise<Uint8Array>;
  /**
   * The bytes of a blob from an offset to its end, in chunks of any size.
   * A broken read is continued inside; what is yielded is never repeated or skipped.
   */
  readBlob(blob: Descriptor, from: number): AsyncIterable<Uint8Array>;
}

/** A layer upload that is open at the destination. It is plain data, so that it can travel in state. */
export interface Upload {
  readonly id: string;
  /** The size in bytes that every part but the last must have. */
  readonly partSize: number;
}

/** Where an image is written to. Every method throws `Failure` with side `destination`. */
export interface Destination {
  /** What a tag or digest stands for now, or undefined when nothing does. */
  resolve(reference: string): Promise<Descriptor | undefined>;
  /** Those of the wanted manifests and blobs that the repository does not have, in the order given. */
  missing(wanted: readonly Descriptor[]): Promise<Descriptor[]>;
  /** Opens an upload for one layer. */
  openUpload(): Promise<Upload>;
  /**
   * Writes a part at an offset and returns the offset the destination expects next, which is the
   * end of the part when it was taken, and some other offset when the destination stands elsewhere.
   * Throws `UploadLost` when the upload no longer exists.
   */
  writePart(upload: Upload, from: number, part: Uint8Array): Promise<number>;
  /** Closes an upload. A layer that is already there is a success. Throws `DigestMismatch` or `UploadLost`. */
  closeUpload(upload: Upload, layer: Descriptor): Promise<void>;
  /** Puts a manifest, with a tag if one is given. Throws `TagImmutable`, or `Incomplete` when what it refers to is missing. */
  putManifest(manifest: Manifest, tag?: string): Promise<void>;
}
