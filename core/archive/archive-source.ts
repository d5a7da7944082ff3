import { Failure } from "../errors.ts";
import type { Blob, Descriptor } from "../model/descriptor.ts";
import type { Root, Source } from "../ports.ts";
import { archiveFormat } from "./archive-format.ts";
import { listImages, selectImage } from "./archive-image.ts";
import { makeDockerManifest } from "./docker-manifest.ts";
import { findBlob } from "./oci-layout.ts";
import { type Place, type RandomAccess, readPlace } from "./random-access.ts";
import { blockSize } from "./tar-header.ts";
import { indexTar } from "./tar-index.ts";
import { quoted, unreadable } from "./unreadable.ts";

/** An archive that is read where it lies. */
export interface Archive extends RandomAccess {
  /** Tells this version of the archive from any other. */
  readonly pin: string;
  /** The bytes of a place, one after the other; a chunk is valid until the next is asked for. */
  stream(place: Place): AsyncIterable<Uint8Array>;
}

/** Which image of an archive is meant, and how its layers are put. */
export interface ArchiveChoice {
  /** `name:tag`; absent for an archive's only image. */
  readonly image?: string;
  readonly layerCompression?: "none";
}

interface Contents {
  readonly archive: Archive;
  readonly root: Descriptor;
  /** Where a blob or a manifest lies. */
  readonly find: (blob: Blob) => Place | undefined;
  /** The root, when it is not in the archive but was made. */
  readonly made?: Uint8Array;
}

/** An image archive as a source: an OCI layout or what `docker save` writes, in a tar that is read by ranges. */
export class ArchiveSource implements Source {
  readonly #open: () => Promise<Archive>;
  readonly #choice: ArchiveChoice;
  #contents: Promise<Contents> | undefined;

  /** The archive is opened, and its headers are read, at the first call. */
  constructor(open: () => Promise<Archive>, choice: ArchiveChoice = {}) {
    this.#open = open;
    this.#choice = choice;
  }

  async resolve(): Promise<Root> {
    const { root, archive } = await this.#load();
    return { ...root, pin: archive.pin };
  }

  async readManifest(manifest: Descriptor): Promise<Uint8Array> {
    const { archive, root, made } = await this.#load();
    if (made && manifest.digest === root.digest) return made;
    return readPlace(archive, await this.#placeOf(manifest));
  }

  async *readBlob(blob: Blob, from: number): AsyncGenerator<Uint8Array> {
    const { archive } = await this.#load();
    const { offset, size } = await this.#placeOf(blob);
    if (size > from) yield* archive.stream({ offset: offset + from, size: size - from });
  }

  async #placeOf(blob: Blob): Promise<Place> {
    const place = (await this.#load()).find(blob);
    if (place) return place;
    throw new Failure(
      "SourceNotFound",
      { side: "source", operation: "ReadArchive" },
      `the archive does not hold ${blob.digest}, which its image needs; save it again, whole`,
    );
  }

  #load(): Promise<Contents> {
    this.#contents ??= readContents(this.#open, this.#choice);
    return this.#contents;
  }
}

async function readContents(open: () => Promise<Archive>, choice: ArchiveChoice): Promise<Contents> {
  const archive = await open();
  await checkFormat(archive);
  const index = await indexTar(archive);
  const image = await selectImage(await listImages(archive, index), choice.image).read();
  if (image.kind === "oci") {
    return { archive, root: image.root, find: (blob) => findBlob(index, blob) };
  }
  const { descriptor, bytes, places } = makeDockerManifest(image, choice.layerCompression);
  return { archive, root: descriptor, find: ({ digest }) => places.get(digest), made: bytes };
}

async function checkFormat(archive: Archive): Promise<void> {
  const start = { offset: 0, size: Math.min(blockSize, archive.size) };
  const format = archiveFormat(await readPlace(archive, start));
  if (format === "tar") return;
  const compressed = ["gzip", "zstd", "xz", "bzip2"].includes(format);
  const what =
    format === "other" ? "is no tar archive" : `is ${format === "empty" ? "empty" : quoted(format)}`;
  throw unreadable(
    compressed
      ? `the archive is compressed with ${format}; put it into the bucket without compression`
      : `the object ${what}; expected an image archive, as docker save or skopeo write it`,
  );
}
