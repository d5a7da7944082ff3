import { quoted } from "../model/quoted.ts";
import type { ArchiveIndex } from "./archive-index.ts";
import { JsonValue } from "./json-value.ts";
import { type Place, type RandomAccess, readPlace } from "./random-access.ts";
import { unreadable } from "./unreadable.ts";

/** The largest file that is read whole, in bytes: as much as a manifest may have. */
export const maxJsonSize = 4 * 1024 * 1024;

/** A small JSON file of an archive. */
export interface JsonFile {
  readonly place: Place;
  readonly bytes: Uint8Array;
  readonly body: JsonValue;
}

/** Reads a JSON file of an archive. Throws `UnsupportedImage` when it is missing, too large, or no JSON in UTF-8. */
export async function readJsonFile(
  archive: RandomAccess,
  index: ArchiveIndex,
  path: string,
): Promise<JsonFile> {
  const place = index.find(path);
  if (!place) throw unreadable(`the archive has no file ${quoted(path)}`);
  if (place.size > maxJsonSize) {
    throw unreadable(`${quoted(path)} has ${place.size} bytes, and at most ${maxJsonSize} are read`);
  }
  const bytes = await readPlace(archive, place);
  return { place, bytes, body: new JsonValue(parse(bytes, path), quoted(path)) };
}

function parse(bytes: Uint8Array, path: string): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    // Without the parser's excerpt of what may be anything.
    throw unreadable(`${quoted(path)} is not JSON`);
  }
}
