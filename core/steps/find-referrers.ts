import { Failure } from "../errors.ts";
import { bytesOf, type Descriptor } from "../model/descriptor.ts";
import { type ImageGraph, readImageGraph } from "../model/image-graph.ts";
import { maxBlobs, maxManifestBytes, maxManifests } from "../model/limits.ts";
import { briefly, maxReferrers, type Referrer } from "../model/referrer.ts";
import type { Source } from "../ports.ts";

/** What was found of an image's artifacts. */
export interface FoundReferrers {
  /** Those of the image before those of artifacts. */
  readonly referrers: readonly Referrer[];
  readonly warnings: readonly string[];
}

/** How many manifests' artifacts are asked for at once. */
const askers = 8;

/**
 * The artifacts that refer to the manifests of an image, and those that refer to these, each once, however they refer to
 * each other. Throws what the source throws.
 */
export async function findReferrers(
  manifests: readonly Descriptor[],
  source: Source,
): Promise<FoundReferrers> {
  if (!source.referrers) return { referrers: [], warnings: [] };
  const own = new Set(manifests.map(({ digest }) => digest));
  const known = new Set(own);
  const found = new Map<string, Referrer>();
  for (let level = [...manifests]; level.length > 0; ) {
    const asked = level.splice(0, askers);
    const lists = await Promise.all(asked.map((subject) => source.referrers?.(subject) ?? []));
    for (const referrer of lists.flat()) {
      const key = `${referrer.digest} ${referrer.tag ?? ""}`;
      // What is a part of the image goes with it.
      if (found.has(key) || (own.has(referrer.digest) && referrer.tag === undefined)) continue;
      if (found.size === maxReferrers) return { referrers: [...found.values()], warnings: [tooMany()] };
      found.set(key, referrer);
      if (!known.has(referrer.digest) && referrer.refused === undefined) level.push(referrer);
      known.add(referrer.digest);
    }
  }
  return { referrers: [...found.values()], warnings: [] };
}

function tooMany(): string {
  return `the image has more than ${maxReferrers} signatures, attestations and the like; only the first ${maxReferrers} were copied`;
}

/** An artifact with all that is under it, unless it is refused. */
export interface ReadReferrer {
  readonly referrer: Referrer;
  readonly graph?: ImageGraph;
}

/**
 * Reads what the artifacts of an image consist of. One that cannot be copied, or that would make the whole larger than an
 * image may be, is refused, with the reason: the image goes without it.
 */
export async function readReferrers(
  referrers: readonly Referrer[],
  image: ImageGraph,
  source: Source,
): Promise<ReadReferrer[]> {
  const read: ReadReferrer[] = [];
  let [blobs, manifests, bytes] = [image.blobs.length, image.manifests.length, bytesOfManifests(image)];
  for (const referrer of referrers) {
    const one = await readReferrer(referrer, source);
    const { graph } = one;
    if (graph) {
      blobs += graph.blobs.length;
      manifests += graph.manifests.length;
      bytes += bytesOfManifests(graph);
    }
    const tooLarge = blobs > maxBlobs || manifests > maxManifests || bytes > maxManifestBytes;
    read.push(graph && tooLarge ? { referrer: { ...referrer, refused: outOfBounds } } : one);
  }
  return read;
}

const outOfBounds = "with it the image and its artifacts would be more than is copied at once";

function bytesOfManifests({ manifests }: ImageGraph): number {
  return bytesOf(manifests.map(({ descriptor }) => descriptor));
}

/** Reads what one artifact consists of. */
export async function readReferrer(referrer: Referrer, source: Source): Promise<ReadReferrer> {
  if (referrer.refused !== undefined) return { referrer };
  const { mediaType, digest, size } = referrer;
  try {
    const graph = await readImageGraph({ mediaType, digest, size }, (each) => source.readManifest(each));
    return { referrer, graph };
  } catch (error) {
    return { referrer: { ...referrer, refused: refusal(error) } };
  }
}

/** Why an artifact cannot be copied; what may go better the next time, and what is no failure of its own, is thrown. */
export function refusal(error: unknown): string {
  const own = ["UnsupportedImage", "DigestMismatch", "SourceNotFound", "TagImmutable"];
  if (error instanceof Failure && own.includes(error.name)) return briefly(error.message);
  throw error;
}
