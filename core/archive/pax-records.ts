import { quoted } from "../model/quoted.ts";
import { unreadable } from "./unreadable.ts";

/** What an extended header says about the entry after it, as written; an empty value takes back what was said before. */
export interface PaxRecords {
  readonly path?: string;
  readonly linkpath?: string;
  readonly size?: string;
}

const kept: ReadonlySet<string> = new Set<keyof PaxRecords>(["path", "linkpath", "size"]);

/**
 * Reads the records `<length> <keyword>=<value>\n` of an extended header (POSIX.1-2024 pax, "pax Extended Header").
 * Throws `UnsupportedImage`, its message beginning with `where`, for a malformed record or that of a sparse file.
 */
export function parsePaxRecords(data: Uint8Array, where: string): PaxRecords {
  const records: Record<string, string> = {};
  let next = 0;
  while (next < data.length) {
    const { keyword, value, end } = parseRecord(data, next, where);
    if (keyword.startsWith("GNU.sparse.")) {
      throw unreadable(
        `${where} begins a sparse file, which is not read; write the archive without --sparse`,
      );
    }
    if (kept.has(keyword)) records[keyword] = value;
    next = end;
  }
  return records;
}

/** The length of a record counts itself, in bytes, and so can be longer than its text. */
function parseRecord(
  data: Uint8Array,
  start: number,
  where: string,
): { keyword: string; value: string; end: number } {
  const ahead = Buffer.from(data.subarray(start, start + 9)).toString("latin1");
  const digits = /^(\d{1,8}) /.exec(ahead)?.[1];
  const end = start + Number(digits);
  const record = Buffer.from(data.subarray(start + (digits?.length ?? 0) + 1, end)).toString("utf8");
  const equals = record.indexOf("=");
  if (digits === undefined || end > data.length || equals < 1 || !record.endsWith("\n")) {
    throw unreadable(`${where} has a malformed record after ${start} bytes: ${quoted(ahead)}`);
  }
  return { keyword: record.slice(0, equals), value: record.slice(equals + 1, -1), end };
}
