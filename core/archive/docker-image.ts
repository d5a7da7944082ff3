import { Failure } from "../errors.ts";
import type { Blob } from "../model/descriptor.ts";
import { type Digest, digestOf } from "../model/digest.ts";
import { maxLayers } from "../model/limits.ts";
import { quoted } from "../model/quoted.ts";
import { archiveFormat } from "./archive-format.ts";
import type { ArchiveIndex } from "./archive-index.ts";
import type { DockerEntry } from "./docker-archive.ts";
import { type JsonFile, readJsonFile } from "./json-file.ts";
import { type Place, type RandomAccess, readPlace } from "./random-access.ts";
import { blockSize } from "./tar-header.ts";
import { unreadable } from "./unreadable.ts";

/** A layer of a Docker archive. */
export interface DockerLayer {
  /** The path that manifest.json gives, for messages. */
  readonly path: string;
  /** The digest of the layer's tar without compression. */
  readonly diffId: Digest;
  readonly place: Place;
  readonly compression: "none" | "gzip" | "zstd";
}

/** An image of a Docker archive: its manifest is yet to be made, of the config as it is and the layers. */
export interface DockerImage {
  readonly kind: "docker";
  readonly names: readonly string[];
  /** The image's config, whose digest is the image's id. */
  readonly config: Blob & { readonly place: Place };
  /** Base first; the same layer may be there more than once. */
  readonly layers: readonly DockerLayer[];
}

/** How many layers' beginnings are read at once. */
const readers = 8;

/**
 * Finds the parts of an image in a Docker archive. Throws `DigestMismatch` when the config is not the one it is named
 * for, and `UnsupportedImage` when a part is missing, there is no layer, or config and layers disagree.
 */
export async function readDockerImage(
  archive: RandomAccess,
  index: ArchiveIndex,
  entry: DockerEntry,
): Promise<DockerImage> {
  const file = await readJsonFile(archive, index, entry.config);
  const digest = digestOf(file.bytes);
  checkName(entry.config, digest);
  const diffIds = diffIdsOf(file, entry);
  const places = entry.layers.map((path) => placeOf(index, path));
  const compressions = await readCompressions(archive, places, entry.layers);
  const layers = entry.layers.map((path, position) => ({
    path,
    diffId: diffIds[position] as Digest,
    place: places[position] as Place,
    compression: compressions[position] as DockerLayer["compression"],
  }));
  return {
    kind: "docker",
    names: entry.names,
    config: { digest, size: file.place.size, place: file.place },
    layers,
  };
}

/** Writers name a config for its digest: `<hex>.json`, `blobs/sha256/<hex>` or `sha256:<hex>`. */
function checkName(path: string, digest: Digest): void {
  const hex = /(?:^|[/:])([a-f0-9]{64})(?:\.json)?$/.exec(path)?.[1];
  if (!hex || digest === `sha256:${hex}`) return;
  throw new Failure(
    "DigestMismatch",
    { side: "source", operation: "ReadArchive" },
    `the archive's config ${quoted(path)} has the digest ${digest}`,
  );
}

function diffIdsOf({ body }: JsonFile, { config, layers }: DockerEntry): Digest[] {
  const diffIds = body.member("rootfs").member("diff_ids").itemsIfAny(maxLayers);
  if (layers.length === 0) {
    throw unreadable(
      `the image with the config ${quoted(config)} has no layer, and Amazon ECR takes no such image`,
    );
  }
  if (diffIds.length !== layers.length) {
    throw unreadable(
      `the config ${quoted(config)} has ${diffIds.length} diff_ids, and 'manifest.json' lists ${layers.length} layers`,
    );
  }
  return diffIds.map((diffId) => diffId.digest());
}

function placeOf(index: ArchiveIndex, path: string): Place {
  const place = index.find(path);
  if (place) return place;
  throw unreadable(`the archive has no layer ${quoted(path)}, which 'manifest.json' lists`);
}

/** How each layer is compressed; where several are the same file, it is read once. */
async function readCompressions(
  archive: RandomAccess,
  places: readonly Place[],
  paths: readonly string[],
): Promise<DockerLayer["compression"][]> {
  const byOffset = new Map<number, DockerLayer["compression"]>();
  const distinct = [
    ...new Map(places.map((place, position) => [place.offset, { place, position }])).values(),
  ];
  for (let at = 0; at < distinct.length; at += readers) {
    await Promise.all(
      distinct.slice(at, at + readers).map(async ({ place, position }) => {
        byOffset.set(place.offset, await readCompression(archive, place, paths[position] ?? ""));
      }),
    );
  }
  return places.map(({ offset }) => byOffset.get(offset) ?? "none");
}

async function readCompression(
  archive: RandomAccess,
  { offset, size }: Place,
  path: string,
): Promise<DockerLayer["compression"]> {
  const start = await readPlace(archive, { offset, size: Math.min(size, blockSize) });
  const format = archiveFormat(start);
  if (format === "gzip" || format === "zstd") return format;
  if (format === "tar" || format === "empty") return "none";
  const found = format === "other" ? "is no tar archive" : `is compressed with ${format}`;
  throw unreadable(`layer ${quoted(path)} ${found}; expected a tar archive, plain or with gzip or zstd`);
}
