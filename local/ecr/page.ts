import { invalidParameter } from "./errors.ts";

/** What a request asks of a list: how many entries at most, and after which one. */
export interface PageRequest {
  readonly nextToken?: string;
  readonly maxResults?: number;
}

/** One page of a sorted list, and the token of the next if there is one. */
export interface Page<Entry> {
  readonly entries: Entry[];
  readonly nextToken?: string;
}

/**
 * Cuts one page out of entries that are sorted by their keys. The token stands for the last key given out, so a list that
 * changes between two pages neither repeats nor skips what stayed. Throws InvalidParameterException for a foreign token.
 */
export function pageOf<Entry>(
  sorted: readonly Entry[],
  keyOf: (entry: Entry) => string,
  { nextToken, maxResults = 100 }: PageRequest,
): Page<Entry> {
  const after = nextToken === undefined ? undefined : keyIn(nextToken);
  const rest = after === undefined ? sorted : sorted.filter((entry) => keyOf(entry) > after);
  const entries = rest.slice(0, maxResults);
  const last = entries.at(-1);
  return { entries, nextToken: last && rest.length > entries.length ? tokenOf(keyOf(last)) : undefined };
}

/** Sorts entries by their keys, in the order of code units that `pageOf` compares by. */
export function sortedBy<Entry>(entries: Iterable<Entry>, keyOf: (entry: Entry) => string): Entry[] {
  return [...entries].sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
}

function tokenOf(key: string): string {
  return Buffer.from(JSON.stringify({ after: key })).toString("base64url");
}

function keyIn(token: string): string {
  try {
    const { after } = JSON.parse(Buffer.from(token, "base64url").toString()) as { after: unknown };
    if (typeof after === "string" && tokenOf(after) === token) return after;
  } catch {
    // Falls through: it was none of ours.
  }
  throw invalidParameter("nextToken", "Invalid next token provided");
}
