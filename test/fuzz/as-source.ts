import { ArchiveSource } from "../../core/archive/archive-source.ts";
import { Failure } from "../../core/errors.ts";
import { digestOf } from "../../core/model/digest.ts";
import { readImageGraph } from "../../core/model/image-graph.ts";
import { expected } from "./failing.ts";
import type { WatchedArchive } from "./watched-archive.ts";

/** How many of an archive's images are read, and how many blobs of each. */
const most = 4;

/** The largest blob that is read whole, in bytes. */
const largest = 64 * 1024;

/** Reads an archive's images as the steps do: what they are made of, their manifests and blobs. */
export async function readAsSource(archive: WatchedArchive): Promise<void> {
  const listing = await expected(() => archive.within(() => new ArchiveSource(async () => archive).list()));
  if (listing instanceof Failure) return;
  const names = listing.images.slice(0, most).flatMap((image) => image.names.slice(0, 1));
  for (const image of [undefined, ...names]) {
    const source = new ArchiveSource(async () => archive, { image });
    await expected(() => archive.within(() => readImage(source)));
  }
}

async function readImage(source: ArchiveSource): Promise<void> {
  const raw = await source.prepare([]);
  const made = raw.map(({ diffId }) => ({ diffId, digest: digestOf(Buffer.from(diffId)), size: 9 }));
  if ((await source.prepare(made)).length > 0) throw new Error("has layers to be made when all were made");
  for (const { diffId, size } of raw.slice(0, most)) await readBlob(source, { digest: diffId, size });
  const root = await source.resolve();
  const { blobs } = await readImageGraph(root, (manifest) => source.readManifest(manifest));
  const stored = blobs.filter(({ digest }) => !made.some((layer) => layer.digest === digest));
  for (const blob of stored.slice(0, most)) {
    const bytes = await readBlob(source, blob);
    if (bytes !== undefined && bytes !== blob.size) throw new Error(`gave ${bytes} bytes of ${blob.digest}`);
  }
}

/** How many bytes a blob has; undefined for a large one. */
async function readBlob(
  source: ArchiveSource,
  blob: Parameters<ArchiveSource["readBlob"]>[0],
): Promise<number | undefined> {
  if (blob.size > largest) return undefined;
  let bytes = 0;
  for await (const chunk of source.readBlob(blob, 0)) bytes += chunk.length;
  return bytes;
}
