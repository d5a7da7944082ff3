import { spawnSync } from "node:child_process";
import { readTarEntries } from "../../core/archive/tar-entries.ts";
import type { Property } from "./property.ts";
import { type Entry, entries, writeArchive } from "./well-formed.ts";

/** The largest archive that is handed to GNU tar, in bytes. */
const largest = 4 * 1024 * 1024;

/** What is read of a well-formed archive is what GNU tar lists: names, links and sizes, in order. */
export const gnuTar: Property<Entry[]> = {
  name: "well-formed archives as GNU tar lists them",
  share: 1,
  inputs: entries.map((all) => all.filter(isListed).map((entry) => ({ ...entry, size: entry.size % 9_000 }))),
  bytes: bytesOf,
  async check(all) {
    const found: string[] = [];
    const { archive, headers } = writeArchive(all);
    archive.allowed = { reads: headers, bytes: headers * 8_192 };
    for await (const { kind, name, linkName, place } of readTarEntries(archive)) {
      found.push(`${kind} of ${place.size}: ${name}${linkName && ` to ${linkName}`}`);
    }
    const listed = list(bytesOf(all));
    if (found.join("\n") !== listed.join("\n")) {
      throw new Error(`has ${JSON.stringify(found)}, and GNU tar lists ${JSON.stringify(listed)}`);
    }
    return "listed";
  },
};

/** Whether there is GNU tar on this machine. */
export function hasGnuTar(): boolean {
  return spawnSync("tar", ["--version"], { encoding: "utf8" }).stdout?.startsWith("tar (GNU tar)") === true;
}

/** A listing is text, in which only such names can be told apart; GNU tar takes a file of a directory's name for one. */
function isListed({ kind, name, target }: Entry): boolean {
  if (kind === "file" && name.endsWith("/")) return false;
  return /^[^ \n\\]+$/.test(name) && /^[^ \n\\]+$/.test(target);
}

function bytesOf(all: Entry[]): Uint8Array {
  const { archive } = writeArchive(all);
  if (archive.size > largest) throw new RangeError(`the archive has ${archive.size} bytes`);
  return archive.bytes(0, archive.size);
}

const kinds: Readonly<Record<string, string>> = { "-": "file", C: "file", h: "hardLink", l: "symlink" };

function list(archive: Uint8Array): string[] {
  const options = ["--list", "--verbose", "--quoting-style=literal", "--absolute-names", "--file=-"];
  const { status, stdout, stderr } = spawnSync("tar", options, { input: archive, encoding: "utf8" });
  if (status !== 0) throw new Error(`GNU tar says ${stderr}`);
  return stdout.split("\n").flatMap((line) => {
    const [, type = "", size, name, link] =
      /^(.)\S{9} +\S+ +(\S+) \S+ \S+ (\S+)(?: (?:->|link to) (\S+))?$/.exec(line) ?? [];
    return kinds[type] ? [`${kinds[type]} of ${size}: ${name}${link ? ` to ${link}` : ""}`] : [];
  });
}
