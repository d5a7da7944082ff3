import type { Place } from "./random-access.ts";
import type { TarEntry } from "./tar-entries.ts";
import { quoted, unreadable } from "./unreadable.ts";

/** A link, which is followed when it is used: its target may come later, or never. */
interface Link {
  readonly kind: "hardLink" | "symlink";
  readonly target: string;
}

/** How many links are followed from one to the next: writers make one, and Linux stops at 40. */
export const maxLinks = 8;

/** Where the files of an archive lie, by name. Of two entries with one name the later stands, as if unpacked. */
export class ArchiveIndex {
  readonly #entries = new Map<string, Place | Link>();

  #leftOut: string | undefined;

  /** Adds an entry as the archive's next. One that would be unpacked elsewhere than into the archive's folder is left out. */
  add({ kind, name, linkName, place }: TarEntry): void {
    const cleaned = name.split("/").includes("..") ? undefined : resolve("", name);
    if (!cleaned) {
      this.#leftOut ??= name;
      return;
    }
    // A hard link stands for what its target is now, whatever that name stands for later.
    const linked = kind === "hardLink" ? this.#entries.get(resolve("", linkName) ?? "") : undefined;
    this.#entries.set(cleaned, kind === "file" ? place : (linked ?? { kind, target: linkName }));
  }

  /**
   * Where a file lies, following links inside the archive; undefined when there is no entry of that name.
   * Throws `UnsupportedImage` for a path out of the archive, and for links that lead out of it, nowhere or in a circle.
   */
  find(path: string): Place | undefined {
    let name = resolve("", path);
    if (name === undefined) throw unreadable(`the path ${quoted(path)} leads out of the archive`);
    for (let followed = 0; followed <= maxLinks; followed++) {
      const entry = this.#entries.get(name);
      if (!entry) {
        if (followed === 0) return undefined;
        throw unreadable(
          `the link ${quoted(path)} leads to ${quoted(name)}, which the archive does not have`,
        );
      }
      if (!("target" in entry)) return entry;
      const target = resolve(entry.kind === "symlink" ? parentOf(name) : "", entry.target);
      if (target === undefined) {
        throw unreadable(`the link ${quoted(path)} leads out of the archive, to ${quoted(entry.target)}`);
      }
      name = target;
    }
    throw unreadable(`the link ${quoted(path)} leads over more than ${maxLinks} other links, or to itself`);
  }

  /** The names of all files and links, cleaned, in the order in which they first came. */
  names(): IterableIterator<string> {
    return this.#entries.keys();
  }

  /** The first name that was left out. */
  get leftOut(): string | undefined {
    return this.#leftOut;
  }

  /** How many files and links there are. */
  get size(): number {
    return this.#entries.size;
  }
}

function parentOf(name: string): string {
  return name.slice(0, Math.max(name.lastIndexOf("/"), 0));
}

/** A path seen from a folder, by its text alone: no `.`, `..` or empty parts; undefined when it leads out of the archive. */
function resolve(folder: string, path: string): string | undefined {
  if (path.startsWith("/")) return undefined;
  const parts: string[] = [];
  for (const part of `${folder}/${path}`.split("/")) {
    if (part === "..") {
      if (parts.pop() === undefined) return undefined;
    } else if (part !== "" && part !== ".") parts.push(part);
  }
  return parts.join("/");
}
