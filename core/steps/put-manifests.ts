import { Failure, Incomplete } from "../errors.ts";
import { isDigest } from "../model/digest.ts";
import { readImageGraph } from "../model/image-graph.ts";
import { type Manifest, parseManifest } from "../model/manifest.ts";
import type { Plan } from "../model/plan.ts";
import type { ManifestCounts, ReferrerReport } from "../model/report.ts";
import { destinationOf, type Request, sourceOf } from "../model/request.ts";
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
    const followed = await follow(input.plan, source, destination);
    return {
      image: ended?.images.length ?? 0,
      copied: missing.length,
      present: manifests.length - missing.length,
      ...followed,
      ...(referrers.length > 0 && { referrers }),
    };
  } catch (error) {
    if (!(error instanceof Incomplete)) throw error;
    throw demanded(error, manifests) ?? (healing ? vanished(error) : error);
  }
}

/** The source's tag may move on each time that its image is put. */
const mostFollowed = 3;

/**
 * Puts what the source's tag stands for by now under the destination's, if the destination has it: what it does not have
 * is left to a copy of its own. Says where the source's tag has moved, and whether the destination's stands for that.
 */
async function follow(
  { request, root }: Plan,
  source: Source,
  destination: Destination,
): Promise<Pick<Put, "moved" | "followed">> {
  let standing: Root = root;
  for (let time = 0; ; time++) {
    const now = await rootNow(request, source);
    if (!now || now.digest === standing.digest) break;
    if (time === mostFollowed || !(await isPutUnder(now, request, source, destination)))
      return { moved: now.digest };
    standing = now;
  }
  return standing.digest === root.digest ? {} : { moved: standing.digest, followed: true };
}

/** What the source's tag stands for now; undefined where none was asked for. */
async function rootNow(request: Request, source: Source): Promise<Root | undefined> {
  const asked = sourceOf(request);
  if (asked.kind === "s3" || asked.digest) return undefined;
  return unlessFailed(source.resolve(referenceOf(asked)));
}

/** Whether an image could be put under the tag: not when the destination does not have it, or lets no tag move. */
async function isPutUnder(
  image: Root,
  request: Request,
  source: Source,
  destination: Destination,
): Promise<boolean> {
  const { tag } = destinationOf(request);
  const put = async () => {
    const manifest = parseManifest(await source.readManifest(image), image);
    if ((await destination.missingManifests([manifest])).length > 0) return false;
    await destination.putManifest(manifest, tag);
    return true;
  };
  return (await unlessFailed(put())) ?? false;
}

/** What comes of it, or nothing when it fails: the image that was asked for is there, and that it has moved is a warning. */
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
