import type { Blob, Descriptor } from "../model/descriptor.ts";
import { maxManifests } from "../model/limits.ts";
import { quoted } from "../model/quoted.ts";
import type { ArchiveIndex } from "./archive-index.ts";
import { readJsonFile } from "./json-file.ts";
import type { JsonValue } from "./json-value.ts";
import type { Place, RandomAccess } from "./random-access.ts";
import { unreadable } from "./unreadable.ts";

/** What an OCI layout lists: a manifest, and the names it is listed under. */
export interface OciEntry {
  readonly names: readonly string[];
  readonly root: Descriptor;
}

/** Where names are written: the second by the OCI, and the first, which has the repository too, by containerd. */
const nameAnnotations = ["io.containerd.image.name", "org.opencontainers.image.ref.name"];

/**
 * Reads what an OCI layout lists, each manifest once (OCI image-spec, image-layout.md).
 * Throws `UnsupportedImage` when the layout is of another version, malformed, or lists nothing.
 */
export async function readOciLayout(archive: RandomAccess, index: ArchiveIndex): Promise<OciEntry[]> {
  const { body: layout } = await readJsonFile(archive, index, "oci-layout");
  const version = layout.member("imageLayoutVersion").text();
  if (!version.startsWith("1.")) {
    throw unreadable(`'oci-layout' has the version ${quoted(version)}; expected 1.0.0`);
  }
  const { body } = await readJsonFile(archive, index, "index.json");
  const entries = new Map<string, OciEntry>();
  for (const item of body.member("manifests").items(maxManifests)) {
    const root = item.descriptor();
    const earlier = entries.get(root.digest)?.names ?? [];
    entries.set(root.digest, { root, names: [...new Set([...earlier, ...namesOf(item)])] });
  }
  if (entries.size === 0) throw unreadable("'index.json' lists no image");
  return [...entries.values()];
}

function namesOf(item: JsonValue): string[] {
  const annotations = item.member("annotations");
  if (annotations.isAbsent) return [];
  return nameAnnotations.flatMap((key) => annotations.member(key).textIfAny() ?? []);
}

/**
 * Where a blob of an OCI layout lies; undefined when the layout does not have it, which is legal.
 * Throws `UnsupportedImage` when it has another size than its descriptor says.
 */
export function findBlob(index: ArchiveIndex, { digest, size }: Blob): Place | undefined {
  const place = index.find(`blobs/${digest.replace(":", "/")}`);
  if (!place || place.size === size) return place;
  throw unreadable(`the archive's blob ${digest} has ${place.size} bytes, and its descriptor says ${size}`);
}
