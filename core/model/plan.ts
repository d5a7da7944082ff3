import type { Packed, Root } from "../ports.ts";
import type { CopyTask } from "./copy-task.ts";
import type { Digest } from "./digest.ts";
import type { MadeLayer } from "./making.ts";
import type { Referrer } from "./referrer.ts";
import type { BlobCounts, ImageReport, ManifestCounts } from "./report.ts";
import type { Request } from "./request.ts";

/** Where the replication of one image stands, as compared with the destination. It is small: it travels in state. */
export interface ImagePlan {
  readonly next: "CopyLayers" | "PutManifests" | "Report";
  /** What the source's reference stood for when the first plan looked: all that follows reads this. */
  readonly root: Root;
  readonly tasks: readonly CopyTask[];
  readonly layers: BlobCounts;
  readonly manifests: ManifestCounts;
  /** The layers that were made or found so far, of an archive's image whose layers had no blobs. */
  readonly made?: readonly MadeLayer[];
  /** Whether layers have yet to be made; then the root is the image's config. */
  readonly making?: boolean;
  /** How many rounds in a row have changed nothing. */
  readonly stalled?: number;
  /** Set when there is nothing to apply. */
  readonly status?: "InSync" | "Planned";
  /** The artifacts that go along, as they were first found. */
  readonly referrers?: readonly Referrer[];
  /** Those of the artifacts that are there already, of a plan that is not carried out: digests. */
  readonly present?: readonly string[];
  /** How many tasks there would be, of a plan that is not carried out. */
  readonly taskCount?: number;
  /** What went otherwise than it could have, for the report. */
  readonly warnings?: readonly string[];
}

/** What is left to do of a request, and for which of its images. */
export interface Plan extends Omit<ImagePlan, "next"> {
  readonly next: ImagePlan["next"] | "PutManifestsThenPlan";
  /** The request for the image under way: an archive may hold several, and each has a destination of its own. */
  readonly request: Request;
  /** The images of the request that are done; absent before there is one. */
  readonly ended?: Ended;
  /** Set when the destination has refused the image once as incomplete. */
  readonly healing?: true;
}

/** An archive that has to be inflated before there can be a plan. */
export interface Unpacking {
  readonly next: "Untar";
  readonly packed: Packed;
}

/** What comes after a plan. */
export type Next = (Plan | Unpacking)["next"];

/** How one image ended; of its source only what tells it from the others, since many of these travel in one state. */
export interface EndedImage extends Omit<ImageReport, "source"> {
  /** The image's name in its archive. */
  readonly image?: string;
  /** The digest of the source's index, where the image is only a part of that. */
  readonly index?: Digest;
}

/** Images that are done, with their counts together. */
export interface Ended {
  readonly images: readonly [EndedImage, ...EndedImage[]];
  readonly layers: BlobCounts;
  readonly manifests: ManifestCounts;
  readonly warnings: readonly string[];
}
