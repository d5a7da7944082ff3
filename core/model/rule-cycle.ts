import { readable } from "./problem.ts";
import type { EcrRepository } from "./reference.ts";
import { parseDestinationPattern, parseSourcePattern, sameRegistry } from "./repository-pattern.ts";
import { mayOverlap, type TagFilter } from "./tag-filter.ts";
import { overlaps, tokensOf } from "./wildcard.ts";

/*
 * Rules that feed each other: what the first copies the second copies on, and the last back to where the first finds it.
 * Under the same names that brings back the old image of a tag that moves, and under others it goes on without end.
 */

type Fields = Readonly<Record<string, unknown>>;

/** What a rule copies within ECR. */
interface Copying {
  readonly from: EcrRepository;
  readonly to: EcrRepository;
  readonly tags: TagFilter;
  readonly untagged: boolean;
}

/**
 * For each of the rules, valid or not, the shortest way from it back to it through rules before it: their indexes,
 * beginning with its own. Undefined for a rule that closes no cycle; one that feeds itself alone is none.
 */
export function ruleCycles(rules: readonly Fields[]): (readonly number[] | undefined)[] {
  const all = rules.map(copyingOf);
  const feeds = all.map((one) =>
    all.flatMap((other, at) => (one && other && mayFeed(one, other) ? [at] : [])),
  );
  return rules.map((_, at) => wayBack(feeds, at));
}

/** What a rule copies, unless its source is no repository of ECR, or it cannot be read. */
function copyingOf({ source, destination, tags, untagged }: Fields): Copying | undefined {
  const from = readable(() => parseSourcePattern(String(source)));
  const to = readable(() => parseDestinationPattern(String(destination)));
  if (from?.kind !== "ecr" || !to) return undefined;
  return { from: from.repository, to, tags: Object(tags), untagged: untagged === true };
}

/** Whether one rule may write what another copies on. */
function mayFeed({ to, tags, untagged }: Copying, other: Copying): boolean {
  if (!sameRegistry(to, other.from) || !overlaps(tokensOf(to.name), tokensOf(other.from.name))) return false;
  return (untagged && other.untagged) || readable(() => mayOverlap(tags, other.tags)) === true;
}

/** Breadth first, so that the way is a shortest one. */
function wayBack(feeds: readonly (readonly number[])[], last: number): readonly number[] | undefined {
  const ways = [[last]];
  const seen = new Set<number>();
  for (const way of ways) {
    for (const next of feeds[way.at(-1) ?? last] ?? []) {
      if (next === last && way.length > 1) return way;
      if (next >= last || seen.has(next)) continue;
      seen.add(next);
      ways.push([...way, next]);
    }
  }
  return undefined;
}
