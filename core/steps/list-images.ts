import { eachAtOnce } from "../concurrently.ts";
import { Failure } from "../errors.ts";
import { type FailedRepository, type Listing, noListing } from "../model/listing.ts";
import { formatEcrImage, parseEcrImage } from "../model/reference.ts";
import {
  isPattern,
  type Mapping,
  mappingOf,
  pairFrom,
  pairTo,
  type RepositoryPair,
} from "../model/repository-rule.ts";
import type { Run } from "../model/run.ts";
import { shortened } from "../model/shortened.ts";
import { together } from "../model/totals.ts";
import type { Catalog, RuleSides } from "../ports.ts";
import { type Comparison, compareRepository, type Findings, type PairCounts } from "./compare-repository.ts";

/** What listing needs beside the rule. */
export interface ListingSurroundings {
  readonly sides: RuleSides;
  readonly findings: Findings;
  readonly now: Date;
  /** The milliseconds left until this worker is stopped. */
  readonly timeLeft: () => number;
  /** How many failures, and how many new repositories, are named: a few unless said, since the listing travels in state. */
  readonly named?: number;
}

/** How many repositories are compared at once. */
const comparing = 8;

/** With less than this left, in milliseconds, no other repositories are begun: one of 100,000 tags has 200 pages. */
const pauseMargin = 300_000;

const mostNamed = 10;

/** In bytes of JSON. */
const maxMessage = 400;

/**
 * Compares the repositories of a rule, beginning after one of them, and tells of every image that differs, and of every
 * tag that is to be deleted. A repository of a pattern that cannot be compared does not stop the others. When the time
 * is short it ends early, and says where to go on. Throws what the sides throw.
 */
export async function listImages(
  run: Run,
  after: string | undefined,
  surroundings: ListingSurroundings,
): Promise<Listing> {
  const { sides, findings, now, timeLeft, named = mostNamed } = surroundings;
  const mapping = mappingOf(run);
  const comparison = { run, mapping, sides, now, findings };
  if (!isPattern(mapping)) {
    const pair = { source: mapping.source.repository.name, destination: mapping.destination.name };
    return added(noListing, pair, mapping, await compareRepository(pair, comparison));
  }
  const pairs = await pairsOf(run, mapping, sides);
  let listing = noListing;
  for (
    let at = after === undefined ? 0 : pairs.findIndex(({ source }) => source > after);
    ;
    at += comparing
  ) {
    const some = at < 0 ? [] : pairs.slice(at, at + comparing);
    await eachAtOnce(comparing, some, async (pair) => {
      const compared = await compareOr(pair, comparison);
      const grown =
        "error" in compared ? failedWith(listing, compared) : added(listing, pair, mapping, compared);
      listing = { ...grown, created: grown.created.slice(0, named), failed: grown.failed.slice(0, named) };
    });
    const last = some.at(-1);
    if (!last || at + comparing >= pairs.length) return listing;
    if (timeLeft() < pauseMargin) return { ...listing, after: last.source };
  }
}

/** The counts of a pair, or why there are none. */
async function compareOr(
  pair: RepositoryPair,
  comparison: Comparison,
): Promise<PairCounts | FailedRepository> {
  try {
    checkName(pair, comparison.mapping);
    return await compareRepository(pair, comparison);
  } catch (error) {
    // These pass, and the whole step is tried again.
    if (!(error instanceof Failure) || error.name === "Throttled" || error.name === "Unavailable")
      throw error;
    return {
      ...namesOf(pair, comparison.mapping),
      error: error.name,
      message: shortened(error.message, maxMessage),
    };
  }
}

/** What the `*` stands for in one name may not be able to stand in the other. */
function checkName(pair: RepositoryPair, { destination }: Mapping): void {
  try {
    parseEcrImage(formatEcrImage({ repository: { ...destination, name: pair.destination } }));
  } catch (error) {
    const message = `${(error as Error).message}; exclude the repository ${pair.source} by another pattern, or give the rule another destination`;
    throw new Failure("RequestInvalid", { side: "destination", operation: "ListImages" }, message);
  }
}

/** The repositories that match a rule's pattern, by the name at the source; with those that only the destination has, when these are to be pruned, too. */
async function pairsOf(run: Run, mapping: Mapping, sides: RuleSides): Promise<RepositoryPair[]> {
  const { source, destination } = mapping;
  const pairs = new Map<string, RepositoryPair>();
  for await (const name of namesIn(sides.sourceCatalog(run), source.repository.name)) {
    const pair = pairFrom(mapping, name);
    if (pair) pairs.set(pair.source, pair);
  }
  if (typeof run.prune === "object" && run.prune.repositories) {
    for await (const name of namesIn(sides.destinationCatalog(run), destination.name)) {
      const pair = pairTo(mapping, name);
      if (pair && !pairs.has(pair.source)) pairs.set(pair.source, { ...pair, gone: true });
    }
  }
  return [...pairs.values()].sort((a, b) => (a.source < b.source ? -1 : 1));
}

async function* namesIn(catalog: Catalog, pattern: string): AsyncIterable<string> {
  for await (const page of catalog.repositories(pattern.slice(0, pattern.indexOf("*")))) yield* page;
}

function added(listing: Listing, pair: RepositoryPair, mapping: Mapping, counts: PairCounts): Listing {
  const { selected, inSync, differing, owned, deletions, kept } = counts;
  const created = counts.created ? [namesOf(pair, mapping).destination] : [];
  return {
    ...listing,
    repositories: listing.repositories + 1,
    selected: listing.selected + selected,
    inSync: listing.inSync + inSync,
    differing: listing.differing + differing,
    owned: listing.owned + owned,
    deletions: listing.deletions + deletions,
    kept: listing.kept + kept,
    created: [...listing.created, ...created],
  };
}

function failedWith(listing: Listing, failure: FailedRepository): Listing {
  return {
    ...listing,
    repositories: listing.repositories + 1,
    failures: listing.failures + 1,
    errors: together(listing.errors, { [failure.error]: 1 }),
    failed: [...listing.failed, failure],
  };
}

/** A pair as it is shown to people. */
function namesOf(
  pair: RepositoryPair,
  { source, destination }: Mapping,
): { source: string; destination: string } {
  return {
    source: `${source.repository.host}/${pair.source}`,
    destination: `${destination.host}/${pair.destination}`,
  };
}
