import { Failure } from "../errors.ts";
import { fullName, sameName } from "../model/image-name.ts";
import { quoted } from "../model/quoted.ts";
import type { ArchiveIndex } from "./archive-index.ts";
import { readDockerArchive } from "./docker-archive.ts";
import { type DockerImage, readDockerImage } from "./docker-image.ts";
import { type OciImage, readOciImage } from "./oci-image.ts";
import { readOciLayout } from "./oci-layout.ts";
import type { RandomAccess } from "./random-access.ts";
import { unreadable } from "./unreadable.ts";

/** An image of an archive, with where its parts lie. */
export type ArchiveImage = OciImage | DockerImage;

/** An image that an archive lists. */
export interface ListedImage {
  /** Its names, as the archive has them: none, one or several. */
  readonly names: readonly string[];
  /** Reads what it is made of. Throws `UnsupportedImage` or `DigestMismatch` when that is not all there. */
  read(): Promise<ArchiveImage>;
}

/**
 * The images that an archive lists. An archive can be an OCI layout and a Docker archive at once, as what Docker 25
 * and later saves; then it is read as the first, and as the second where that is damaged.
 * Throws `UnsupportedImage` when it is neither.
 */
export async function listImages(archive: RandomAccess, index: ArchiveIndex): Promise<ListedImage[]> {
  const isOci = index.has("index.json");
  const isDocker = index.has("manifest.json");
  if (isOci && isDocker) return listBoth(archive, index);
  if (isOci) return listOci(archive, index);
  if (isDocker || index.has("repositories")) return listDocker(archive, index);
  const [first = index.leftOut] = index.names();
  const found = first === undefined ? "and no file at all" : `but for example ${quoted(first)}`;
  throw unreadable(
    `the archive holds no image: it has neither 'index.json' nor 'manifest.json' at its root, ${found}`,
  );
}

async function listOci(archive: RandomAccess, index: ArchiveIndex): Promise<ListedImage[]> {
  const entries = await readOciLayout(archive, index);
  return entries.map((entry) => ({
    names: entry.names,
    read: () => readOciImage(archive, index, entry),
  }));
}

async function listDocker(archive: RandomAccess, index: ArchiveIndex): Promise<ListedImage[]> {
  const entries = await readDockerArchive(archive, index);
  return entries.map((entry) => ({
    names: entry.names,
    read: () => readDockerImage(archive, index, entry),
  }));
}

async function listBoth(archive: RandomAccess, index: ArchiveIndex): Promise<ListedImage[]> {
  const preferred = await unlessDamaged(() => listOci(archive, index));
  if (!preferred) return listDocker(archive, index);
  const others = (await unlessDamaged(() => listDocker(archive, index))) ?? [];
  const byName = byFullName(others, new Set(preferred.flatMap(({ names }) => names.map(fullName))));
  const onlyOther = preferred.length === 1 && others.length === 1 ? others[0] : undefined;
  return preferred.map(({ names, read }) => {
    const [other = onlyOther] = names.flatMap((name) => byName.get(fullName(name)) ?? []);
    return {
      names,
      read: other ? async () => (await unlessDamaged(read)) ?? other.read() : read,
    };
  });
}

/** Images by those of their names that are wanted: an archive may list a million. */
function byFullName(images: readonly ListedImage[], wanted: ReadonlySet<string>): Map<string, ListedImage> {
  const found = new Map<string, ListedImage>();
  for (const image of images) {
    for (const name of image.names.map(fullName)) if (wanted.has(name)) found.set(name, image);
  }
  return found;
}

/** What comes of reading, or undefined when the archive is what stands in the way. */
async function unlessDamaged<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    const damaged =
      error instanceof Failure && (error.name === "UnsupportedImage" || error.name === "DigestMismatch");
    if (damaged) return undefined;
    throw error;
  }
}

/**
 * Chooses an image by a name, `name:tag` with Docker's defaults or as the archive has it; without one, the only image.
 * Throws `SourceNotFound` when no image has the name, and `UnsupportedImage` when there is more than one to choose from.
 */
export function selectImage(images: readonly ListedImage[], wanted?: string): ListedImage {
  const matches =
    wanted === undefined
      ? images
      : images.filter(({ names }) => names.some((name) => sameName(wanted, name)));
  const [match] = matches;
  if (match && matches.length === 1) return match;
  const where = { side: "source", operation: "ReadArchive" } as const;
  const list = `${images.length} image${images.length === 1 ? "" : "s"}: ${images.slice(0, 20).map(described).join(", ")}${images.length > 20 ? ", …" : ""}`;
  if (!match) {
    throw new Failure(
      "SourceNotFound",
      where,
      `the archive has no image ${quoted(wanted ?? "")}; it has ${list}`,
    );
  }
  throw unreadable(
    wanted === undefined
      ? `the archive has ${list}; name one of them after '#', or tell where each goes with {name} and {tag} in the destination`
      : `the archive has ${matches.length} images of the name ${quoted(wanted)}; it has ${list}`,
  );
}

function described({ names }: ListedImage): string {
  return names[0] === undefined ? "one without a name" : quoted(names[0]);
}
