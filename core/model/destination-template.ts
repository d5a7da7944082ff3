/*
 * The destination of an archive may have placeholders, for what the archive and the images in it are called.
 */

/** What a destination's placeholders stand for, as far as it is known. */
export interface Placeholders {
  /** The image's repository, as the archive has it, without the host of a registry. */
  readonly name?: string;
  readonly tag?: string;
  /** The object's key, without the suffix of an archive. */
  readonly key?: string;
  /** The last part of the key. */
  readonly basename?: string;
}

const names = ["name", "tag", "key", "basename"] as const;

/** The placeholders, for messages. */
export const placeholderForm = names.map((name) => `{${name}}`).join(", ");

const placeholder = /\{([^{}]*)\}/g;
const archiveSuffix = /\.(tar|tgz|tzst|tar\.(gz|zst|gzip|zstd))$/i;

/** The placeholders that a destination has, each once; with those that do not exist. */
export function placeholdersOf(destination: string): string[] {
  return [...new Set([...destination.matchAll(placeholder)].map(([, name = ""]) => name))];
}

/** The placeholders among some that do not exist. */
export function unknownAmong(placeholders: readonly string[]): string[] {
  return placeholders.filter((name) => !(names as readonly string[]).includes(name));
}

/** Whether where an image goes depends on what it is called in the archive. */
export function dependsOnName(destination: string): boolean {
  return placeholdersOf(destination).some((name) => name === "name" || name === "tag");
}

/** What the placeholders of a key stand for. */
export function keyPlaceholders(key: string): { key: string; basename: string } {
  const plain = key.replace(archiveSuffix, "");
  return { key: plain, basename: plain.slice(plain.lastIndexOf("/") + 1) };
}

/** Puts values in the place of placeholders; those without a value stay. */
export function fillDestination(destination: string, values: Placeholders): string {
  return destination.replace(
    placeholder,
    (whole, name: string) => new Map(Object.entries(values)).get(name) ?? whole,
  );
}
