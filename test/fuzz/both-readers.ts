import { type ListedImage, listImages, selectImage } from "../../core/archive/archive-image.ts";
import type { ArchiveIndex } from "../../core/archive/archive-index.ts";
import { readDockerArchive } from "../../core/archive/docker-archive.ts";
import { type DockerImage, readDockerImage } from "../../core/archive/docker-image.ts";
import { makeDockerManifest, rawLayers } from "../../core/archive/docker-manifest.ts";
import { type OciImage, readOciImage } from "../../core/archive/oci-image.ts";
import { findBlob, readOciLayout } from "../../core/archive/oci-layout.ts";
import { type Place, readPlace } from "../../core/archive/random-access.ts";
import { indexTar } from "../../core/archive/tar-index.ts";
import { Failure } from "../../core/errors.ts";
import { digestOf } from "../../core/model/digest.ts";
import { readImageGraph } from "../../core/model/image-graph.ts";
import { parseManifest } from "../../core/model/manifest.ts";
import { readAsSource } from "./as-source.ts";
import { checkFailure, expected } from "./failing.ts";
import type { WatchedArchive } from "./watched-archive.ts";

/** The most that one archive may cost, in milliseconds of the processor. */
const longestTime = 10_000;

/** How far reading came. */
export type Outcome = "no archive" | "no image" | "no whole image" | "images";

/**
 * Reads all that an archive holds in every way there is. Throws a plain error for what must not happen: any error but
 * a failure of the three names, a message that does not fit a line of a terminal, too many reads, bytes or seconds.
 */
export async function readEverything(
  archive: WatchedArchive,
  headers = archive.size / 512,
): Promise<Outcome> {
  const begun = process.cpuUsage();
  archive.allowed = {
    reads: 2 * headers + 16,
    bytes: 3 * Math.min(archive.size, headers * 8_192) + 16 * 4_096,
  };
  const outcome = await readAll(archive);
  if (outcome !== "no archive") await readAsSource(archive);
  const { user, system } = process.cpuUsage(begun);
  const took = Math.ceil((user + system) / 1_000);
  if (took > longestTime) throw new Error(`took ${took} ms of the processor`);
  return outcome;
}

async function readAll(archive: WatchedArchive): Promise<Outcome> {
  const index = await expected(() => indexTar(archive));
  if (index instanceof Failure) return "no archive";
  checkIndex(index, archive);
  const listed = await expected(() => archive.within(() => listImages(archive, index)));
  const oci = await readOciImages(archive, index);
  const docker = await readDockerImages(archive, index);
  const images = !(listed instanceof Failure) && (await readListed(archive, listed));
  if (images || oci || docker) return "images";
  return listed instanceof Failure ? "no image" : "no whole image";
}

function checkIndex(index: ArchiveIndex, archive: WatchedArchive): void {
  for (const name of index.names()) {
    if (name === "" || name.startsWith("/") || name.split("/").includes(".."))
      throw new Error(`has the name ${name}`);
    try {
      checkPlace(index.find(name), archive);
    } catch (error) {
      checkFailure(error);
    }
  }
}

function checkPlace(place: Place | undefined, { size }: WatchedArchive): void {
  const fits = place && place.offset >= 0 && place.size >= 0 && place.offset + place.size <= size;
  if (!fits) throw new Error(`a file lies at ${JSON.stringify(place)} of ${size} bytes`);
}

async function readListed(archive: WatchedArchive, listed: readonly ListedImage[]): Promise<boolean> {
  let whole = false;
  await expected(async () => selectImage(listed));
  await expected(async () => selectImage(listed, "no such image:at all"));
  for (const { names, read } of listed.slice(0, 50)) {
    for (const name of names.slice(0, 5)) await expected(async () => selectImage(listed, name));
    const image = await expected(() => archive.within(read));
    whole ||= !(image instanceof Failure);
  }
  return whole;
}

async function readOciImages(archive: WatchedArchive, index: ArchiveIndex): Promise<boolean> {
  let whole = false;
  const entries = await expected(() => archive.within(() => readOciLayout(archive, index)));
  for (const entry of entries instanceof Failure ? [] : entries.slice(0, 50)) {
    const image = await expected(() => archive.within(() => readOciImage(archive, index, entry)));
    if (image instanceof Failure) continue;
    await expected(() => archive.within(() => readGraphs(archive, index, image)));
    whole = true;
  }
  return whole;
}

/** What is said to be whole can be read from its root to its last blob. */
async function readGraphs(archive: WatchedArchive, index: ArchiveIndex, { whole }: OciImage): Promise<void> {
  for (const root of whole) {
    const place = (blob: typeof root) => findBlob(index, blob) as Place;
    const { blobs } = await readImageGraph(root, (manifest) => readPlace(archive, place(manifest)));
    for (const blob of blobs) checkPlace(findBlob(index, blob), archive);
  }
}

async function readDockerImages(archive: WatchedArchive, index: ArchiveIndex): Promise<boolean> {
  let whole = false;
  const entries = await expected(() => archive.within(() => readDockerArchive(archive, index)));
  for (const entry of entries instanceof Failure ? [] : entries.slice(0, 50)) {
    const image = await expected(() => archive.within(() => readDockerImage(archive, index, entry)));
    if (image instanceof Failure) continue;
    await expected(async () => makeManifests(image, archive));
    whole = true;
  }
  return whole;
}

/** A manifest is made that a registry would take, whatever becomes of the layers. */
function makeManifests(image: DockerImage, archive: WatchedArchive): void {
  for (const { place } of [image.config, ...image.layers]) checkPlace(place, archive);
  for (const choice of ["gzip", "zstd", "none"] as const) {
    const made = rawLayers(image, choice).map(({ diffId }) => ({
      diffId,
      digest: digestOf(Buffer.from(diffId)),
      size: 9,
    }));
    const { bytes, descriptor } = makeDockerManifest(image, choice, made);
    parseManifest(bytes, descriptor);
  }
}
