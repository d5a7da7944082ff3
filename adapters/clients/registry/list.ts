import { Failure } from "../../../core/errors.ts";
import { quoted } from "../../../core/model/quoted.ts";
import type { HttpAnswer } from "./http.ts";
import { mediaTypeOf } from "./media-type.ts";
import { nextPage, nextQuery } from "./next-page.ts";
import type { Arrival } from "./redirects.ts";
import type { Registry } from "./registry.ts";

/** One of a registry's lists. */
export interface List {
  /** As `Asked` has it. */
  readonly path: string;
  /** The field of the answer that has the entries. */
  readonly field: string;
  /** What it lists, for messages. */
  readonly what: string;
  readonly operation: string;
  /** Says what an answer's status means that is no success. */
  readonly refusal: (arrival: Arrival<HttpAnswer>) => Promise<Failure>;
}

/** What registries give in a page at most, if they have a limit: ECR and others refuse to be asked for more. */
const pageSize = 1_000;
/** In bytes: registries that know no pages send all at once. */
const maxPageBytes = 16 * 1024 * 1024;
const maxPages = 10_000;

/**
 * The entries of a list, page by page: what a registry gives as the next page is asked for as it is, and where it gives
 * none the list has ended. A list whose end cannot be reached is a failure, since what is missing could be taken for
 * deleted. Throws `Unavailable` for that and for what is no list, what `refusal` gives, and what `Registry.ask` throws.
 */
export async function* readList(registry: Registry, list: List): AsyncGenerator<string[]> {
  let query: string | undefined = `?n=${pageSize}`;
  // Of a circle of any length, a page comes again that was remembered at a power of two.
  let remembered: string | undefined;
  for (let pages = 1; query !== undefined; pages++) {
    if (query === remembered || pages > maxPages) throw endless(registry, list);
    if ((pages & (pages - 1)) === 0) remembered = query;
    const page: { entries: string[]; next: string | undefined } = await readPage(registry, list, query);
    if (page.entries.length > 0) yield page.entries;
    query = page.next;
  }
}

async function readPage(
  registry: Registry,
  list: List,
  query: string,
): Promise<{ entries: string[]; next: string | undefined }> {
  const { path, operation, what } = list;
  const arrival = await registry.ask({
    method: "GET",
    path: `${path}${query}`,
    accept: "application/json",
    limit: maxPageBytes,
    operation,
  });
  const { answer, host } = arrival;
  if (answer.status !== 200) throw await list.refusal(arrival);
  const entries = entriesOf(answer, host, list);
  const link = nextPage(answer);
  const next = link === undefined ? undefined : nextQuery(link, host, path.replace(/^\//, ""));
  if (link !== undefined && next === undefined) {
    throw unavailable(list, `${host} says that ${what} goes on at ${quoted(link)}, which is another list`);
  }
  return { entries, next };
}

function entriesOf(answer: HttpAnswer, host: string, list: List): string[] {
  const { field, what } = list;
  if (answer.cut)
    throw unavailable(list, `${host} sends ${what} in pages of more than ${maxPageBytes} bytes`);
  const entries = parsed(answer.body)?.[field];
  // Registries written in Go send null for a list of nothing.
  if (entries === null) return [];
  if (Array.isArray(entries) && entries.every((entry) => typeof entry === "string")) return entries;
  throw unavailable(
    list,
    `${host} answers with ${quoted(mediaTypeOf(answer))} that has no list of texts '${field}' in place of ${what}`,
  );
}

function parsed(body: Buffer): Record<string, unknown> | undefined {
  try {
    return (JSON.parse(body.toString("utf8")) as Record<string, unknown> | null) ?? undefined;
  } catch {
    return undefined;
  }
}

function endless({ repository: { host } }: Registry, list: List): Failure {
  return unavailable(
    list,
    `${host} gives ${list.what} in pages that lead in a circle, or in more than ${maxPages}`,
  );
}

function unavailable({ operation }: List, message: string): Failure {
  return new Failure("Unavailable", { side: "source", operation }, message);
}
