import { Refusal } from "../refusal.ts";

/** One page of a list by `maxResults` (1 to 1,000; absent or 0 is 100) and `nextToken`; throws InvalidToken. */
export function page<Item>(
  all: readonly Item[],
  request: Readonly<Record<string, unknown>>,
): { items: Item[]; nextToken?: string } {
  const size = Number(request["maxResults"] ?? 0) || 100;
  if (!Number.isInteger(size) || size < 0 || size > 1000) {
    throw new Refusal(
      "ValidationException",
      `Value '${request["maxResults"]}' at 'maxResults' failed to satisfy constraint: 0 to 1000`,
    );
  }
  const token = request["nextToken"];
  const start = token === undefined ? 0 : Number(/^from-(\d+)$/.exec(String(token))?.[1] ?? Number.NaN);
  if (Number.isNaN(start)) throw new Refusal("InvalidToken", `Invalid Token: '${token}'`);
  const items = all.slice(start, start + size);
  return start + size < all.length ? { items, nextToken: `from-${start + size}` } : { items };
}
