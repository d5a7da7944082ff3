import { Failure, Incomplete } from "../errors.ts";
import { isDigest } from "../model/digest.ts";
import { readImageGraph } from "../model/image-graph.ts";
import { type Manifest, parseManifest } from "../model/manifest.ts";
import type { Plan } from "../model/plan.ts";
import type { ManifestCounts, ReferrerReport } from "../model/report.ts";
import { destinationOf, sourceOf } from "../model/request.ts";
import { referenceOf } from "../model/source-reference.ts";
import type { Destination, Root, Source } from "../ports.ts";
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
  /** Set when the destination had that image, and its tag stands for it now. */
  readonly followed?: true;
  /** What became of the artifacts that refer to the image. */
  readonly referrers?: readonly ReferrerReport[];
}

/**
 * Puts the manifests that the destination does not have, children before what lists them, and last
 * the root with its tag: until then the tag stands for what it stood for before. When the source's tag stands for
 * another image by now, which the destination has, the tag goes on to that: of two copies that run at a time, the one
 * that ends last may have begun first.
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
    const followed = moved && tag !== undefined && (await follow(moved, tag, source, destination));
    return {
      image: ended?.images.length ?? 0,
      copied: missing.length,
      present: manifests.length - missing.length,
      ...(moved && { moved: moved.digest }),
      ...(followed && { followed }),
      ...(referrers.length > 0 && { referrers }),
    };
  } catch (error) {
    if (!(error instanceof Incomplete)) throw error;
    throw demanded(error, manifests) ?? (healing ? vanished(error) : error);
  }
}

/** Where the source's tag has moved since the first plan: what was copied is whole, and no longer the newest. */
async function movedTo({ request, root }: Plan, source: Source): Promise<Root | undefined> {
  const asked = sourceOf(request);
  if (asked.kind === "s3" || asked.digest) return undefined;
  const now = await unlessFailed(source.resolve(referenceOf(asked)));
  return now?.digest === root.digest ? undefined : now;
}

/** Puts an image under the tag if the destination has it: one that it does not have is left to a copy of its own. */
async function follow(
  image: Root,
  tag: string,
  source: Source,
  destination: Destination,
): Promise<true | undefined> {
  const manifest = await unlessFailed(readRoot(image, source));
  if (!manifest || (await destination.missingManifests([manifest])).length > 0) return undefined;
  try {
    await destination.putManifest(manifest, tag);
    return true;
  } catch (error) {
    if (error instanceof Failure && error.name === "TagImmutable") return undefined;
    throw error;
  }
}

async function readRoot(root: Root, source: Source): Promise<Manifest> {
  return parseManifest(await source.readManifest(root), root);
}

/** What the source says, or nothing when it fails now: the image that was asked for is there. */
async function unlessFailed<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
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
