import { quoted } from "../model/quoted.ts";
import type { Place } from "./random-access.ts";
import type { TarEntry } from "./tar-entries.ts";
import { unreadable } from "./unreadable.ts";

/** A link, which is followed when it is used: its target may come later, or never. */
interface Link {
  readonly kind: "hardLink" | "symlink";
  /** As it is written. */
  readonly target: string;
  /** The name that it leads to, if that is in the archive. */
  readonly leadsTo: string | undefined;
}

/** How many links are followed from one to the next: writers make one, and Linux stops at 40. */
export const maxLinks = 8;

/** The longest target of a link that is followed, in characters: Linux has none longer. */
export const maxTarget = 4_096;

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
    if (kind === "file") this.#entries.set(cleaned, place);
    else if (linked && !("target" in linked)) this.#entries.set(cleaned, linked);
    else this.#entries.set(cleaned, linkFrom(cleaned, linked ?? { kind, target: linkName }));
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
      if (entry.leadsTo === undefined) {
        const isLong = entry.target.length > maxTarget;
        const what = isLong
          ? `has a target of over ${maxTarget} characters,`
          : "leads out of the archive, to";
        throw unreadable(`the link ${quoted(path)} ${what} ${quoted(entry.target)}`);
      }
      name = entry.leadsTo;
    }
    throw unreadable(`the link ${quoted(path)} leads over more than ${maxLinks} other links, or to itself`);
  }

  /** Whether there is an entry of a name, be it a link that leads nowhere. */
  has(path: string): boolean {
    return this.#entries.has(resolve("", path) ?? "");
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

/** A link under a name. Where it leads is found here, once, and not each time that one of many layers follows it. */
function linkFrom(name: string, { kind, target }: Omit<Link, "leadsTo">): Link {
  const folder = kind === "symlink" ? parentOf(name) : "";
  return { kind, target, leadsTo: target.length > maxTarget ? undefined : resolve(folder, target) };
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
