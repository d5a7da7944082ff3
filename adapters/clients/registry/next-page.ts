/** The target of a link to the next page (RFC 8288). */
const nextLink = /<([^<>]*)>[^<>]*;\s*rel\s*=\s*"?next"?/i;

/** Where an answer says that the next page of a list is; undefined where it says nothing. */
export function nextPage({ headers }: { readonly headers: ReadonlyMap<string, string> }): string | undefined {
  return nextLink.exec(headers.get("link") ?? "")?.[1];
}

/**
 * The query of the next page, or undefined when it is not of the same list, whose path ends so, on the same host. Only the
 * query is taken: so a link leads nowhere else, and may have the wrong scheme, as it has behind some proxies.
 */
export function nextQuery(link: string, host: string, path: string): string | undefined {
  const url = URL.parse(link, `https://${host}/v2/app/${path}`);
  const isSame = url?.host === host && url.pathname.replace(/%3a/i, ":").endsWith(`/${path}`);
  return isSame ? url.search : undefined;
}
