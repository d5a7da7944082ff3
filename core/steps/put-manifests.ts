import { Failure, Incomplete } from "../errors.ts";
import { isDigest } from "../model/digest.ts";
import { readImageGraph } from "../model/image-graph.ts";
import type { Manifest } from "../model/manifest.ts";
import type { Plan } from "../model/plan.ts";
import type { ManifestCounts, ReferrerReport } from "../model/report.ts";
import { destinationOf, sourceOf } from "../model/request.ts";
import { referenceOf } from "../model/source-reference.ts";
import type { Destination, Source } from "../ports.ts";
import { putReferrers } from "./put-referrers.ts";

/** A request whose blobs are all at the destination. */
export interface PutManifestsInput {
  readonly plan: Plan;
}

/** What was put, and, when the source's tag stands for another image by now, the digest of that. */
export interface Put extends ManifestCounts {
  /** Which image of the request it was: how many were done before. */
  readonly image: number;
  readonly moved?: string;
  /** What became of the artifacts that refer to the image. */
  readonly referrers?: readonly ReferrerReport[];
}

/**
 * Puts the manifests that the destination does not have, children before what lists them, and last
 * the root with its tag: until then the tag stands for what it stood for before.
 * The artifacts that refer to the image come after it. Throws `Incomplete` when something listed has vanished,
 * `UploadLost` when that happens again, and `UnsupportedImage` when the destination wants a layer that no registry holds.
 */
export async function putManifests(
  input: PutManifestsInput,
  source: Source,
  destination: Destination,
): Promise<Put> {
  const { request, root, made, healing, ended } = input.plan;
  const { tag } = destinationOf(request);
  if (made) await source.prepare?.(made);
  const { manifests } = await readImageGraph(root, (manifest) => source.readManifest(manifest));
  const missing = await destination.missingManifests(manifests);
  try {
    for (const manifest of missing) {
      if (manifest.descriptor.digest !== root.digest) await destination.putManifest(manifest);
    }
    const top = manifests.at(-1);
    if (top && (tag !== undefined || missing.includes(top))) await destination.putManifest(top, tag);
    const referrers = await putReferrers(input.plan, source, destination);
    const moved = await movedTo(input.plan, source);
    return {
      image: ended?.images.length ?? 0,
      copied: missing.length,
      present: manifests.length - missing.length,
      ...(moved && { moved }),
      ...(referrers.length > 0 && { referrers }),
    };
  } catch (error) {
    if (!(error instanceof Incomplete)) throw error;
    throw demanded(error, manifests) ?? (healing ? vanished(error) : error);
  }
}

/** Where the source's tag has moved since the first plan: what was copied is whole, and no longer the newest. */
async function movedTo({ request, root }: Plan, source: Source): Promise<string | undefined> {
  const asked = sourceOf(request);
  if (asked.kind === "s3" || asked.digest) return undefined;
  try {
    const now = await source.resolve(referenceOf(asked));
    return now.digest === root.digest ? undefined : now.digest;
  } catch (error) {
    // A courtesy: the image is there, whatever keeps the source from answering now.
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

/** The failure of a destination that wants a layer which the image says to be had elsewhere: no copy of it would be right. */
function demanded(error: Incomplete, manifests: readonly Manifest[]): Failure | undefined {
  const elsewhere = manifests.flatMap((manifest) => manifest.elsewhere ?? []);
  const layer = elsewhere.find((digest) => isDigest(digest) && error.message.includes(digest));
  if (layer === undefined) return undefined;
  return new Failure(
    "UnsupportedImage",
    { side: "destination", operation: "PutImage", cause: error },
    `layer ${layer} may not be distributed and is fetched from elsewhere, and the destination takes no image without it: ${error.message}`,
  );
}

function vanished(error: Incomplete): Failure {
  return new Failure(
    "UploadLost",
    { side: "destination", operation: "PutImage", cause: error },
    `${error.message}; they were copied again and vanished again, so look for what deletes images or layers in this repository`,
  );
}
