import { Failure } from "../errors.ts";
import type { Blob, Descriptor } from "./descriptor.ts";
import { maxBlobs, maxManifestBytes, maxManifests } from "./limits.ts";
import { type Manifest, parseManifest } from "./manifest.ts";

/** All that is under one manifest, each thing once. */
export interface ImageGraph {
  /** Children before what lists them, the root last. */
  readonly manifests: readonly Manifest[];
  /** Every config and layer. */
  readonly blobs: readonly Blob[];
}

/** How many manifests are read at once. */
const readers = 8;

/**
 * Reads a manifest and all that is under it, level by level, and checks every byte against its digest.
 * Throws what `parseManifest` throws, and `UnsupportedImage` when there is more than fits in memory.
 */
export async function readImageGraph(
  root: Descriptor,
  read: (manifest: Descriptor) => Promise<Uint8Array>,
): Promise<ImageGraph> {
  const found = new Map<string, Manifest>();
  let level = [root];
  while (level.length > 0) {
    for (let at = 0; at < level.length; at += readers) {
      const batch = level.slice(at, at + readers);
      checkSize(root, found, batch);
      const manifests = await Promise.all(
        batch.map(async (manifest) => parseManifest(await read(manifest), manifest)),
      );
      for (const manifest of manifests) found.set(manifest.descriptor.digest, manifest);
    }
    level = distinct(level.flatMap(({ digest }) => found.get(digest)?.children ?? [])).filter(
      ({ digest }) => !found.has(digest),
    );
  }
  const manifests = childrenFirst(root, found);
  const blobs = distinct(manifests.flatMap((manifest) => manifest.blobs));
  if (blobs.length > maxBlobs)
    throw tooMuch(root, `${blobs.length} layers, and at most ${maxBlobs} are copied`);
  return { manifests, blobs };
}

function checkSize(root: Descriptor, found: Map<string, Manifest>, batch: readonly Descriptor[]): void {
  const count = found.size + batch.length;
  const held = [...found.values()].map(({ descriptor }) => descriptor);
  const bytes = [...held, ...batch].reduce((sum, { size }) => sum + size, 0);
  if (count <= maxManifests && bytes <= maxManifestBytes) return;
  throw tooMuch(root, `over ${maxManifests} manifests, or over ${maxManifestBytes} bytes of them`);
}

function tooMuch({ digest }: Descriptor, what: string): Failure {
  return new Failure(
    "UnsupportedImage",
    { side: "source", operation: "ReadManifest" },
    `image ${digest} has ${what}; copy its parts one by one`,
  );
}

function childrenFirst(root: Descriptor, found: Map<string, Manifest>): Manifest[] {
  const ordered = new Map<string, Manifest>();
  // An explicit stack: a chain of a thousand nested indexes is legal.
  const stack: { digest: string; entered: boolean }[] = [{ digest: root.digest, entered: false }];
  for (let top = stack.pop(); top; top = stack.pop()) {
    const manifest = found.get(top.digest);
    if (!manifest || ordered.has(top.digest)) continue;
    if (top.entered) ordered.set(top.digest, manifest);
    else {
      stack.push({ digest: top.digest, entered: true });
      for (const { digest } of manifest.children.toReversed()) stack.push({ digest, entered: false });
    }
  }
  return [...ordered.values()];
}

/** Each blob once. */
export function distinct<T extends Blob>(blobs: readonly T[]): T[] {
  return [...new Map(blobs.map((blob) => [blob.digest, blob])).values()];
}
