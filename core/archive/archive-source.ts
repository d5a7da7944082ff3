import { Failure } from "../errors.ts";
import type { Blob, Descriptor } from "../model/descriptor.ts";
import { sameName } from "../model/image-name.ts";
import type { MadeLayer, RawLayer } from "../model/making.ts";
import { quoted } from "../model/quoted.ts";
import type { Listing, Packed, Pin, Root, Source } from "../ports.ts";
import { archiveFormat } from "./archive-format.ts";
import { type ArchiveImage, type ListedImage, listImages, selectImage } from "./archive-image.ts";
import type { ArchiveIndex } from "./archive-index.ts";
import type { DockerImage } from "./docker-image.ts";
import {
  configType,
  type DockerManifest,
  findDockerBlob,
  type LayerCompression,
  makeDockerManifest,
  rawLayers,
} from "./docker-manifest.ts";
import { findBlob } from "./oci-layout.ts";
import { type Place, type RandomAccess, readPlace } from "./random-access.ts";
import { blockSize } from "./tar-header.ts";
import { indexTar } from "./tar-index.ts";
import { unreadable } from "./unreadable.ts";

/** An archive that is read where it lies. */
export interface Archive extends RandomAccess {
  /** Tells this version of the archive from any other. */
  readonly pin: Pin & { readonly etag: string };
  /** The bytes of a place, one after the other; a chunk is valid until the next is asked for. */
  stream(place: Place): AsyncIterable<Uint8Array>;
}

/** An archive that is compressed as a whole: its bytes, as they are, can be read, and nothing in it. */
export interface PackedArchive extends Packed {
  stream: Archive["stream"];
}

/** Which image of an archive is meant, and how its layers are put. */
export interface ArchiveChoice {
  /** `name:tag`; absent for an archive's only image. */
  readonly image?: string;
  /** What becomes of layers that are not compressed; gzip when absent. */
  readonly layerCompression?: LayerCompression;
}

interface Contents {
  readonly archive: Archive;
  readonly index: ArchiveIndex;
  readonly images: readonly ListedImage[];
}

interface Chosen extends Contents {
  readonly image: ArchiveImage;
}

/** An image archive as a source: an OCI layout or what `docker save` writes, in a tar that is read by ranges. */
export class ArchiveSource implements Source {
  readonly #open: () => Promise<Archive | PackedArchive>;
  readonly #choice: ArchiveChoice;
  readonly #compression: LayerCompression;
  #opened: Promise<Archive | PackedArchive> | undefined;
  #contents: Promise<Contents> | undefined;
  #chosen: Promise<Chosen> | undefined;
  #made: readonly MadeLayer[] = [];

  /** The archive is opened, and its headers are read, at the first call. */
  constructor(open: () => Promise<Archive | PackedArchive>, choice: ArchiveChoice = {}) {
    this.#open = open;
    this.#choice = choice;
    this.#compression = choice.layerCompression ?? "gzip";
  }

  async packed(): Promise<Packed | undefined> {
    const archive = await this.#archive();
    if (!("format" in archive)) return undefined;
    const { etag, format, size } = archive;
    return { etag, format, size };
  }

  async list(): Promise<Listing> {
    const { archive, images } = await this.#read();
    const { image: wanted } = this.#choice;
    if (wanted === undefined) return { pin: archive.pin, images: images.map(({ names }) => ({ names })) };
    const { names } = selectImage(images, wanted);
    return { pin: archive.pin, images: [{ names: names.filter((name) => sameName(wanted, name)) }] };
  }

  async prepare(made: readonly MadeLayer[]): Promise<RawLayer[]> {
    this.#made = made;
    const { image } = await this.#load();
    if (image.kind === "oci") return [];
    const known = new Set(made.map(({ diffId }) => diffId));
    return rawLayers(image, this.#compression).filter(({ diffId }) => !known.has(diffId));
  }

  async resolve(): Promise<Root> {
    const { image, archive } = await this.#load();
    const { pin } = archive;
    if (image.kind === "oci") return { ...image.root, pin };
    const unmade = await this.prepare(this.#made);
    const { digest, size } = image.config;
    return unmade.length > 0
      ? { mediaType: configType, digest, size, pin }
      : { ...this.#manifest(image).descriptor, pin };
  }

  async readManifest(manifest: Descriptor): Promise<Uint8Array> {
    const { archive, image } = await this.#load();
    return image.kind === "oci"
      ? readPlace(archive, await this.#placeOf(manifest))
      : this.#manifest(image).bytes;
  }

  async *readBlob(blob: Blob, from: number): AsyncGenerator<Uint8Array> {
    const { archive } = await this.#load();
    const { offset, size } = await this.#placeOf(blob);
    if (size > from) yield* archive.stream({ offset: offset + from, size: size - from });
  }

  async #placeOf(blob: Blob): Promise<Place> {
    const { image, index } = await this.#load();
    const place = image.kind === "oci" ? findBlob(index, blob) : findDockerBlob(image, blob.digest);
    if (place) return place;
    throw new Failure(
      "SourceNotFound",
      { side: "source", operation: "ReadArchive" },
      `the archive does not hold ${blob.digest}, which its image needs; save it again, whole`,
    );
  }

  #manifest(image: DockerImage): DockerManifest {
    return makeDockerManifest(image, this.#compression, this.#made);
  }

  #load(): Promise<Chosen> {
    this.#chosen ??= this.#choose();
    return this.#chosen;
  }

  async #choose(): Promise<Chosen> {
    const contents = await this.#read();
    return { ...contents, image: await selectImage(contents.images, this.#choice.image).read() };
  }

  #read(): Promise<Contents> {
    this.#contents ??= this.#archive().then(contentsOf);
    return this.#contents;
  }

  #archive(): Promise<Archive | PackedArchive> {
    this.#opened ??= this.#open();
    return this.#opened;
  }
}

/** What was read of archives, which stay as they are: it is read once, however many sources there are of one. */
const known = new WeakMap<Archive, Promise<Contents>>();

async function contentsOf(archive: Archive | PackedArchive): Promise<Contents> {
  if ("format" in archive) throw compressed(archive.format);
  const contents = known.get(archive) ?? readContents(archive);
  known.set(archive, contents);
  // What broke off may go better the next time.
  contents.catch(() => known.delete(archive));
  return contents;
}

async function readContents(archive: Archive): Promise<Contents> {
  await checkFormat(archive);
  const index = await indexTar(archive);
  return { archive, index, images: await listImages(archive, index) };
}

async function checkFormat(archive: Archive): Promise<void> {
  const start = { offset: 0, size: Math.min(blockSize, archive.size) };
  const format = archiveFormat(await readPlace(archive, start));
  if (format === "tar") return;
  if (["gzip", "zstd", "xz", "bzip2"].includes(format)) throw compressed(format);
  const what =
    format === "other" ? "is no tar archive" : `is ${format === "empty" ? "empty" : quoted(format)}`;
  throw unreadable(`the object ${what}; expected an image archive, as docker save or skopeo write it`);
}

function compressed(format: string): Failure {
  return unreadable(`the archive is compressed with ${format}; put it into the bucket without compression`);
}
