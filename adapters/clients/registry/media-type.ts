/** The media type that an answer says it has, without parameters; empty when it says none. */
export function mediaTypeOf({ headers }: { readonly headers: ReadonlyMap<string, string> }): string {
  return (headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
}
