/** Which tags may move: all, none, all but the filtered ones, or only the filtered ones. */
export type Mutability = "MUTABLE" | "IMMUTABLE" | "MUTABLE_WITH_EXCLUSION" | "IMMUTABLE_WITH_EXCLUSION";

/** A pattern of tags that are excluded from the repository's mutability; `*` stands for any run of characters. */
export interface ExclusionFilter {
  readonly filterType: "WILDCARD";
  readonly filter: string;
}

/** Whether this tag, once set, may not be moved to another image. */
export function isImmutable(
  mutability: Mutability,
  filters: readonly ExclusionFilter[],
  tag: string,
): boolean {
  const excluded = filters.some(({ filter }) => matches(filter, tag));
  return mutability.startsWith("IMMUTABLE") !== (mutability.endsWith("_WITH_EXCLUSION") && excluded);
}

function matches(filter: string, tag: string): boolean {
  const pattern = filter.replaceAll(".", "\\.").replaceAll("*", ".*");
  return new RegExp(`^${pattern}$`).test(tag);
}
