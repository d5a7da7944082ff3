import type { Blob, Descriptor } from "../model/descriptor.ts";
import { maxManifestBytes, maxManifests } from "../model/limits.ts";
import { type Manifest, parseManifest } from "../model/manifest.ts";
import type { ArchiveIndex } from "./archive-index.ts";
import { findBlob, type OciEntry } from "./oci-layout.ts";
import { type RandomAccess, readPlace } from "./random-access.ts";
import { unreadable } from "./unreadable.ts";

/** An image of an OCI layout: its manifests and blobs are copied as they are. */
export interface OciImage extends OciEntry {
  readonly kind: "oci";
  /**
   * The manifests, at or below the root, that the archive has everything of, none below another:
   * the root alone when nothing is missing, and some of its platforms when only those were saved.
   */
  readonly whole: readonly Descriptor[];
  /** What is listed and is not in the archive. */
  readonly missing: readonly Blob[];
}

/** How many manifests are read at once. */
const readers = 8;

/**
 * Reads the manifests of an image and finds out which are whole. Throws what `parseManifest` throws,
 * and `UnsupportedImage` when nothing is whole, a blob has a wrong size, or there are too many manifests.
 */
export async function readOciImage(
  archive: RandomAccess,
  index: ArchiveIndex,
  entry: OciEntry,
): Promise<OciImage> {
  const manifests = await readManifests(archive, index, entry.root);
  const missing = new Map<string, Blob>();
  for (const { blobs, children } of manifests.values()) {
    for (const blob of [...blobs, ...children]) if (!findBlob(index, blob)) missing.set(blob.digest, blob);
  }
  if (manifests.size === 0) missing.set(entry.root.digest, entry.root);
  const whole = wholeOnes(entry.root, manifests, missing);
  if (whole.length === 0) {
    const [first] = missing.keys();
    const more = missing.size > 1 ? ` and ${missing.size - 1} more` : "";
    throw unreadable(`image ${entry.root.digest} is not whole: the archive lacks ${first}${more}`);
  }
  return { kind: "oci", ...entry, whole, missing: [...missing.values()] };
}

type Listing = Pick<Manifest, "blobs" | "children">;

/** All manifests of an image that the archive has, level by level, without their bytes. */
async function readManifests(
  archive: RandomAccess,
  index: ArchiveIndex,
  root: Descriptor,
): Promise<Map<string, Listing>> {
  const found = new Map<string, Listing>();
  let bytes = 0;
  for (let queue = [root]; queue.length > 0; ) {
    const batch = queue.splice(0, readers);
    bytes += batch.reduce((sum, { size }) => sum + size, 0);
    if (found.size + batch.length + queue.length > maxManifests || bytes > maxManifestBytes) {
      throw unreadable(
        `image ${root.digest} has over ${maxManifests} manifests, or over ${maxManifestBytes} bytes of them`,
      );
    }
    const read = await Promise.all(batch.map((manifest) => readManifest(archive, index, manifest)));
    for (const { descriptor, blobs, children } of read.filter((manifest) => manifest !== undefined)) {
      found.set(descriptor.digest, { blobs, children });
    }
    const children = read.flatMap((manifest) => manifest?.children ?? []);
    const waiting = new Map([...queue, ...children].map((manifest) => [manifest.digest, manifest]));
    queue = [...waiting.values()].filter(({ digest }) => !found.has(digest));
  }
  return found;
}

async function readManifest(
  archive: RandomAccess,
  index: ArchiveIndex,
  descriptor: Descriptor,
): Promise<Manifest | undefined> {
  const place = findBlob(index, descriptor);
  return place && parseManifest(await readPlace(archive, place), descriptor);
}

/** The topmost manifests that have everything under them. */
function wholeOnes(
  root: Descriptor,
  manifests: ReadonlyMap<string, Listing>,
  missing: ReadonlyMap<string, Blob>,
): Descriptor[] {
  const known = new Map<string, boolean>();
  const isWhole = ({ digest }: Descriptor): boolean => {
    const earlier = known.get(digest);
    if (earlier !== undefined) return earlier;
    const manifest = manifests.get(digest);
    const answer =
      manifest?.blobs.every((blob) => !missing.has(blob.digest)) === true && manifest.children.every(isWhole);
    known.set(digest, answer);
    return answer;
  };
  const found = new Map<string, Descriptor>();
  const visited = new Set<string>();
  const collect = (manifest: Descriptor): void => {
    if (visited.has(manifest.digest)) return;
    visited.add(manifest.digest);
    if (isWhole(manifest)) found.set(manifest.digest, manifest);
    else manifests.get(manifest.digest)?.children.forEach(collect);
  };
  collect(root);
  return [...found.values()];
}
