import { invalidParameter } from "../ecr/errors.ts";
import { pageOf, sortedBy } from "../ecr/page.ts";
import type { Repository } from "../ecr/repository.ts";
import type { Call, Reply } from "../http.ts";
import type { Route } from "./route.ts";

/** The tags in pages of `n`, 100 unless told; `last` is the opaque cursor of the `Link` header and not a tag. */
export async function listTags({ query }: Call, { key }: Route, repository: Repository): Promise<Reply> {
  const maxResults = pageSize(query.get("n"));
  const nextToken = query.get("last") ?? undefined;
  const path = `${key.account}/${key.region}/${key.name}`;
  const page = pageOf(sortedBy(repository.images.tags(), itself), itself, { nextToken, maxResults });
  const next = new URLSearchParams({ last: page.nextToken ?? "", n: String(maxResults) });
  return {
    status: 200,
    headers: {
      // Sic: not JSON's type.
      "content-type": "text/plain; charset=utf-8",
      ...(page.nextToken !== undefined && { link: `</v2/${path}/tags/list?${next}>; rel="next"` }),
    },
    body: JSON.stringify({ name: path, tags: page.entries }),
  };
}

function itself(tag: string): string {
  return tag;
}

function pageSize(n: string | null): number {
  if (n === null) return 100;
  const size = /^\d+$/.test(n) ? Number(n) : 0;
  if (size > 1000) throw invalidParameter("maxResults", "Member must have value less than or equal to 1000");
  if (size < 1) throw invalidParameter("maxResults", "Member must have value greater than or equal to 1");
  return size;
}
