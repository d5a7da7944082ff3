/** How many blobs were sent or found, and their bytes. In a plan, `copied` is what would be sent. */
export interface BlobCounts {
  readonly copied: number;
  readonly present: number;
  readonly bytesCopied: number;
  readonly bytesPresent: number;
}

/** How many manifests were put or found. In a plan, `copied` is what would be put. */
export interface ManifestCounts {
  readonly copied: number;
  readonly present: number;
}

/** The counts of two together. */
export function addCounts<T extends BlobCounts | ManifestCounts>(a: T, b: T): T {
  return Object.fromEntries(
    Object.entries(a).map(([key, count]) => [key, count + b[key as keyof T]]),
  ) as unknown as T;
}

/** How the replication of one image ended. */
export interface ImageReport {
  readonly status: "Replicated" | "InSync" | "Planned";
  /** The source, pinned to its digest. */
  readonly source: string;
  readonly destination: string;
  readonly digest: string;
  readonly mediaType: string;
}

/** What became of an artifact that refers to an image. */
export interface ReferrerReport {
  readonly digest: string;
  readonly artifactType?: string;
  readonly tag?: string;
  readonly outcome: "copied" | "present" | "refused";
  /** Why it was refused. */
  readonly reason?: string;
}

/** What became of the artifacts that refer to an image: signatures, attestations, SBOMs. */
export interface ReferrerCounts {
  readonly copied: number;
  readonly present: number;
  readonly refused: number;
  readonly artifacts: readonly ReferrerReport[];
}

/**
 * How a replication ended: the output of an execution. Of several images of an archive, `source` and `destination` are
 * those of the request, `digest` and `mediaType` the first image's, and the counts those of all together.
 */
export interface Report extends ImageReport {
  readonly manifests: ManifestCounts;
  /** Configs are counted as layers, as Amazon ECR does. */
  readonly layers: BlobCounts;
  /** The artifacts that went along; of a plan, `copied` is what would be put. */
  readonly referrers: ReferrerCounts;
  readonly warnings: readonly string[];
  /** Of a plan: how many tasks the layers would be copied in. */
  readonly tasks?: number;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly seconds: number;
  /** Each image, when an archive held several. */
  readonly images?: readonly ImageReport[];
}

/** How a replication failed: `error` is a stable name, `cause` the JSON text of a `FailureCause`. */
export interface FailureReport {
  readonly error: string;
  readonly cause: string;
}

/** What the cause of a failed execution says. */
export interface FailureCause {
  readonly side?: "source" | "destination";
  readonly operation: string;
  /** One sentence that a person can act on. */
  readonly message: string;
  /** Where the image was to go that failed; absent when that is not known yet. */
  readonly destination?: string;
  /**
   * What had arrived before, and how many images of an archive were done; absent when it is not known. Layers that were
   * being compressed are not counted.
   */
  readonly copied?: { readonly layers: BlobCounts; readonly images: number };
}
