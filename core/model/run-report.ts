import type { BlobCounts, ManifestCounts } from "./report.ts";

/** An image, or a whole repository, that could not be copied. */
export interface FailedImage {
  readonly source: string;
  readonly destination: string;
  /** A stable name. */
  readonly error: string;
  readonly message: string;
}

/** An image that was copied, or would be. */
export interface CopiedImage {
  readonly source: string;
  readonly destination: string;
  readonly bytes: number;
  /** Of a plan: in how many tasks. */
  readonly tasks?: number;
}

/** What a run takes or would take, by list prices of us-east-1, without what traffic between Regions costs. */
export interface Estimate {
  readonly seconds: number;
  /** US dollars. */
  readonly cost: number;
  /** State transitions. */
  readonly transitions: number;
}

/** How the run of a rule ended: the output of `ReplicateImages`, also kept beside the results in the work bucket. */
export interface RunReport {
  readonly status: "Replicated" | "InSync" | "Planned" | "Failed";
  readonly rule: string;
  /** As the rule has them. */
  readonly source: string;
  readonly destination: string;
  readonly repositories: {
    readonly compared: number;
    /** Those that the destination did not have. */
    readonly created: readonly string[];
    readonly failed: number;
  };
  /** `copied` of a plan is what would be. Some of those in sync may have been found to be only by a closer look. */
  readonly images: {
    readonly selected: number;
    readonly inSync: number;
    readonly copied: number;
    readonly failed: number;
  };
  readonly manifests: ManifestCounts;
  /** Of a plan, what several images have in common is counted with each. */
  readonly layers: BlobCounts;
  /** The tags that were deleted, or of a plan would be; `kept` are those that could not be. */
  readonly tags: { readonly deleted: number; readonly kept: number };
  /** How many images failed, by the name of the failure. */
  readonly failures: Readonly<Record<string, number>>;
  /** The first images that were copied, that failed, and tags that were deleted; all of them are in `details`. */
  readonly examples: {
    readonly copied: readonly CopiedImage[];
    readonly failed: readonly FailedImage[];
    readonly deleted: readonly string[];
  };
  readonly warnings: readonly string[];
  /** Of a plan: how many tasks the layers would be copied in. */
  readonly tasks?: number;
  readonly estimate?: Estimate;
  /** Where in S3 the report of each image is. */
  readonly details?: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly seconds: number;
}
