import { atTheLimits } from "./extremes.ts";
import { gnuTar, hasGnuTar } from "./gnu-tar.ts";
import { otherSize, wellFormed } from "./indexing.ts";
import { inflating } from "./inflating.ts";
import type { Property } from "./property.ts";
import { anyBytes, changedBytes, changedHeaders, changedJson } from "./reading.ts";
import { realArchives } from "./real-archives.ts";
import { writtenArchives } from "./written-archives.ts";

const written = writtenArchives.map((archive) => archive.write(JSON.stringify));

/** The properties that need no program: the shares of those of reading an archive add up to a hundred. */
export const properties: readonly Property[] = [...reading(written), inflating] as Property[];

/** The same with large archives, those that programs of this machine write, and what such a program finds in others. */
export function propertiesWithPrograms(): Property[] {
  const programs = hasGnuTar() ? [gnuTar] : [];
  return [...reading([...written, ...realArchives()]), inflating, atTheLimits, ...programs] as Property[];
}

function reading(archives: readonly Uint8Array[]): Property[] {
  const damaged = [changedBytes(archives), changedHeaders(archives), changedJson];
  return [anyBytes, ...damaged, wellFormed, otherSize] as Property[];
}
