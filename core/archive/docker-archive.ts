import { maxLayers, maxManifests } from "../model/limits.ts";
import type { ArchiveIndex } from "./archive-index.ts";
import { readJsonFile } from "./json-file.ts";
import type { RandomAccess } from "./random-access.ts";
import { unreadable } from "./unreadable.ts";

/** What the manifest.json of `docker save` lists: an image by the paths of its parts, and its names. */
export interface DockerEntry {
  readonly names: readonly string[];
  /** The path of the config in the archive. */
  readonly config: string;
  /** The paths of the layers, base first. */
  readonly layers: readonly string[];
}

/**
 * Reads what a Docker archive lists (moby docker-image-spec v1.2, "Combined Image JSON + Filesystem Changeset Format").
 * Throws `UnsupportedImage` when manifest.json is missing or malformed, or lists nothing.
 */
export async function readDockerArchive(archive: RandomAccess, index: ArchiveIndex): Promise<DockerEntry[]> {
  if (!index.has("manifest.json") && index.has("repositories")) {
    throw unreadable(
      "the archive is of a Docker before 1.10: it has 'repositories' and no 'manifest.json'; load it with a Docker of 1.10 to 28, which is the last that can, and save it again with 'docker save'",
    );
  }
  const { body } = await readJsonFile(archive, index, "manifest.json");
  const entries = body.items(maxManifests).map((item) => ({
    names: item
      .member("RepoTags")
      .itemsIfAny(maxManifests)
      .map((name) => name.text()),
    config: item.member("Config").text(),
    layers: item
      .member("Layers")
      .itemsIfAny(maxLayers)
      .map((path) => path.text()),
  }));
  if (entries.length === 0) throw unreadable("'manifest.json' lists no image");
  return entries;
}
