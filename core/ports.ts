import type { Blob, Descriptor } from "./model/descriptor.ts";
import type { Digest } from "./model/digest.ts";
import type { FoundLayer, MadeLayer, RawLayer } from "./model/making.ts";
import type { Manifest } from "./model/manifest.ts";
import type { Referrer } from "./model/referrer.ts";
import type { Request } from "./model/request.ts";
import type { RepositoryRule } from "./model/rule.ts";

/** What a source's reference stands for. */
export interface Root extends Descriptor {
  /** What holds a source still that is not addressed by digest. */
  readonly pin?: Pin;
}

/** What was looked at, where the digest of the root does not tell: all later steps read that. */
export interface Pin {
  /** The version of an archive. */
  readonly etag?: string;
  /** Whether the archive is compressed, and is read from where it was inflated to. */
  readonly inflated?: true;
  /** The index that the root is a part of, when only some platforms are wanted. */
  readonly index?: Descriptor;
}

/** An archive that is compressed as a whole, and so can only be read from beginning to end. */
export interface Packed {
  readonly etag: string;
  readonly format: "gzip" | "zstd";
  /** In bytes, as it is. */
  readonly size: number;
}

/** The images of an archive that a request means, and the version in which they were found. */
export interface Listing {
  readonly pin: Pin;
  readonly images: readonly ListedNames[];
}

/** The names of one image, as its archive has them: none, one or several. */
export interface ListedNames {
  readonly names: readonly string[];
}

/** Where an image is read from. Every method throws `Failure` with side `source`. */
export interface Source {
  /** Says of an archive that it has to be inflated before anything in it can be read: only archives have it. */
  packed?(): Promise<Packed | undefined>;
  /** The images that the reference may mean, in the archive's order: only archives have it. */
  list?(): Promise<Listing | undefined>;
  /** What a tag or digest stands for now. Throws `SourceNotFound` when nothing does, and, with `isThere`, when it is not given. */
  resolve(reference: string): Promise<Root>;
  /**
   * Takes in the layers that were made so far, and says which have yet to be made before the image has a manifest:
   * only sources have it that hold layers without a blob. Until none is left, `resolve` gives the image's config.
   */
  prepare?(made: readonly MadeLayer[]): Promise<RawLayer[]>;
  /** What a person should know of the source, as far as it has been asked. */
  warnings?(): readonly string[];
  /** The artifacts that refer to a manifest: signatures and the like. Sources that have none leave it out. */
  referrers?(subject: Descriptor): Promise<readonly Referrer[]>;
  /** The bytes of a manifest, as the source has them; the caller checks digest and size. */
  readManifest(manifest: Descriptor): Promise<Uint8Array>;
  /**
   * The bytes of a blob from an offset to its end, in chunks of any size, each valid until the next is asked for.
   * A broken read is continued inside: what is yielded is never repeated, and never skipped.
   */
  readBlob(blob: Blob, from: number): AsyncIterable<Uint8Array>;
}

/** An image as a destination has it. */
export interface StandingImage extends Descriptor {
  /** The digest of its config; absent for an index. */
  readonly config?: string;
}

/** A layer upload that is open at the destination: plain data, since it travels in state. */
export interface Upload {
  readonly id: string;
  /** The size in bytes of every part but the last. */
  readonly partSize: number;
}

/** Where an image is written to. Every method throws `Failure` with side `destination`, and `putManifest` also `Incomplete`. */
export interface Destination {
  /**
   * Creates the repository when it is absent, and says in what one that exists is not as it was asked for: only there
   * when it was asked for.
   */
  ensureRepository?(): Promise<readonly string[]>;
  /** The digest that a tag or digest stands for now, or undefined when nothing does. */
  resolve(reference: string): Promise<string | undefined>;
  /** The image that a tag stands for now: its manifest's descriptor and its config's digest; undefined when there is none. */
  imageOf(reference: string): Promise<StandingImage | undefined>;
  /** Those of the wanted blobs that the repository does not have, in the order given. */
  missingBlobs<T extends Blob>(wanted: readonly T[]): Promise<T[]>;
  /** Those of the wanted manifests that the repository does not have, in the order given. */
  missingManifests(wanted: readonly Manifest[]): Promise<Manifest[]>;
  /**
   * The layers, of those wanted by their diff_id, that recent images of the repository have, in any compression.
   * It is a search, to save work: what it does not find may be there.
   */
  findLayers(wanted: readonly Digest[]): Promise<FoundLayer[]>;
  /** Opens an upload for one blob. */
  openUpload(): Promise<Upload>;
  /** The offset that the destination expects next in an upload of a blob. Throws `UploadLost` when the upload no longer exists. */
  expected(upload: Upload, blob: Blob): Promise<number>;
  /**
   * Writes a part at an offset, and returns the offset that the destination expects next: the end
   * of the part when it was taken, and another when the destination stands elsewhere, in which case
   * nothing was written. Throws `UploadLost` when the upload no longer exists.
   */
  writePart(upload: Upload, from: number, part: Uint8Array): Promise<number>;
  /** Closes an upload. A blob that is already there is a success. Throws `DigestMismatch` or `UploadLost`. */
  closeUpload(upload: Upload, blob: Blob): Promise<void>;
  /** Puts a manifest under a tag, or under its digest alone. Throws `TagImmutable`, or `Incomplete` when what it lists is not there. */
  putManifest(manifest: Manifest, tag?: string): Promise<void>;
}

/** Opens the two sides of a request for one image; nothing is called yet. */
export interface Sides {
  /** With a pin, the version of the archive that it stands for. */
  source(request: Request, pin?: Pin): Source;
  destination(request: Request): Destination;
}

/** An image as the listing of its repository has it: each tag with what it stands for, and images without a tag. */
export interface ListedImage {
  /** Absent for an image without a tag. */
  readonly tag?: string;
  /** Absent where listings have tags only, as those of registries other than ECR have. */
  readonly digest?: string;
  /** Milliseconds since 1970; only where `details` were asked for. */
  readonly pushedAt?: number;
  /** Whether it is archived, and so there, but not to be read; only where `details` were asked for. */
  readonly archived?: boolean;
}

/** What a listing of images is to have beside tags and digests. */
export interface Wanted {
  /** Whether images without a tag are listed, too: only ECR can. */
  readonly untagged: boolean;
  /** Whether it is told when an image was pushed, and archived ones are listed, too: only ECR can. */
  readonly details: boolean;
}

/** What there is in the repositories of one side. Every method throws `Failure` of its side. */
export interface Catalog {
  /** The names of the repositories that begin with a prefix, in pages of any order. */
  repositories(prefix: string): AsyncIterable<readonly string[]>;
  /** The images of a repository, in pages of any order. Throws `RepositoryNotFound`. */
  images(repository: string, wanted: Wanted): AsyncIterable<readonly ListedImage[]>;
}

/** An image that is to be deleted: a tag, and what it stood for when it was listed. */
export interface Deletion {
  readonly repository: string;
  readonly tag: string;
  readonly digest: string;
  /** Set when the source has the tag, and the rule does not select it: what it stood for there, where listings tell. */
  readonly dropped?: { readonly digest?: string };
}

/** A deletion that was not done, and why. */
export interface Kept extends Deletion {
  readonly reason: string;
}

/** What removes images of a destination. Every method throws `Failure` with side `destination`. */
export interface Remover {
  /** Those of the deletions whose tags stand for anything; at most 100, of one repository. */
  standing(deletions: readonly Deletion[]): Promise<readonly Deletion[]>;
  /**
   * Takes tags away that still stand for what they stood for, and with the last tag of an image the image; at most 100,
   * of one repository. Says which it kept, and why: what has moved, or is a part of an index.
   */
  remove(deletions: readonly Deletion[]): Promise<readonly Kept[]>;
}

/** Opens what is listed and removed for a rule, and the sides of its images; nothing is called yet. */
export interface RuleSides extends Sides {
  sourceCatalog(rule: RepositoryRule): Catalog;
  destinationCatalog(rule: RepositoryRule): Catalog;
  remover(rule: RepositoryRule): Remover;
}
