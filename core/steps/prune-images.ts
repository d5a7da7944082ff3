import { eachAtOnce } from "../concurrently.ts";
import { Failure, type FailureName } from "../errors.ts";
import { imageRequest, mappingOf, pairTo } from "../model/repository-rule.ts";
import type { Run } from "../model/run.ts";
import type { Totals } from "../model/totals.ts";
import type { Deletion, Kept, RuleSides } from "../ports.ts";

/** What a run has deleted. */
export interface Pruned {
  readonly deleted: number;
  readonly kept: number;
  /** The first that were deleted, as they are shown to people. */
  readonly examples: readonly string[];
  /** Why the first were kept. */
  readonly warnings: readonly string[];
  /** What ended it early, if anything did. */
  readonly failure?: { readonly name: FailureName; readonly message: string };
}

/** How many tags are named. */
const mostNamed = 20;

/** How many tags ECR takes in one call (ECR API Reference, BatchDeleteImage). */
const batchSize = 100;

/** How many tags a rule's runs may delete, of those that it owns. */
export function mostDeletes({ prune }: Run, owned: number): number {
  const { maxDeletes = "10%" } = prune === true || prune === undefined ? {} : prune;
  if (typeof maxDeletes === "number") return maxDeletes;
  const percent = Number.parseInt(maxDeletes, 10);
  // Otherwise a rule with a few tags could delete none of them.
  return percent === 0 ? 0 : Math.max(1, Math.floor((owned * percent) / 100));
}

/** Says that a run would delete too much. `named` are the first to be deleted. */
function refusal(run: Run, { owned, deletions }: Totals["listing"], named: readonly string[]): string {
  const rest = deletions > named.length ? ` and ${deletions - named.length} more` : "";
  return `${deletions} of ${owned} tags would be deleted, and prune.maxDeletes allows ${mostDeletes(run, owned)}; nothing was deleted: ${named.join(", ")}${rest}`;
}

/**
 * Deletes the tags that were found to be no longer selected, if they are no more than the rule allows. The source is asked
 * once more what they stand for: one that moves while it is listed may be on no page, and one may have come back since.
 * Throws `PruneRefused` with the first names when they are more; what either side throws ends it early, and is told along
 * with what was deleted before.
 */
export async function pruneImages(
  run: Run,
  { listing }: Totals,
  deletions: AsyncIterable<Deletion>,
  sides: RuleSides,
): Promise<Pruned> {
  if (listing.deletions > mostDeletes(run, listing.owned)) {
    const named = (await first(mostNamed, deletions)).map((deletion) => nameOf(run, deletion));
    throw new Failure("PruneRefused", { operation: "PruneImages" }, refusal(run, listing, named));
  }
  const all = await first(listing.deletions + 1, deletions);
  if (all.length > listing.deletions) {
    const message = `the list of tags to delete is longer than the ${listing.deletions} that were counted; nothing was deleted`;
    throw new Failure("PruneRefused", { operation: "PruneImages" }, message);
  }
  let pruned: Pruned = { deleted: 0, kept: 0, examples: [], warnings: [] };
  const remover = sides.remover(run);
  try {
    for (const batch of batches(all)) {
      // What an earlier try has deleted is counted before the source is asked, which may have stopped that.
      const standing = await remover.standing(batch);
      const kept = await neededOf(run, standing, sides);
      const gone = standing.filter((deletion) => !kept.some(({ tag }) => tag === deletion.tag));
      pruned = added(pruned, run, batch, [...kept, ...(await remover.remove(gone))]);
    }
    return pruned;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { ...pruned, failure: { name: error.name, message: error.message } };
  }
}

/** No more is read of a list, which may be of millions. */
async function first<T>(most: number, items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) if (found.push(item) === most) break;
  return found;
}

/** How many tags are asked about at once. */
const asking = 16;

const absences: readonly string[] = ["SourceNotFound", "RepositoryNotFound"];
const wrongWithImage: readonly string[] = ["UnsupportedImage", "DigestMismatch"];

/** The deletions of tags that the source has after all: of one that it had, and the rule dropped, when it has moved since. */
async function neededOf(run: Run, batch: readonly Deletion[], sides: RuleSides): Promise<Kept[]> {
  const kept: Kept[] = [];
  const asked = batch.filter(({ dropped }) => dropped === undefined || dropped.digest !== undefined);
  await eachAtOnce(asking, asked, async (deletion) => {
    const { dropped } = deletion;
    const digest = await digestAtSource(run, deletion, sides);
    if (digest === undefined || digest === dropped?.digest) return;
    // One that was pushed anew may be among the newest now.
    const reason = dropped ? "the source's tag has changed since it was listed" : "the source has the tag";
    kept.push({ ...deletion, reason });
  });
  return kept;
}

/** What a tag stands for at the source, of whatever platforms; undefined when it stands for nothing. */
async function digestAtSource(
  run: Run,
  { repository, tag }: Deletion,
  sides: RuleSides,
): Promise<string | undefined> {
  const mapping = mappingOf(run);
  const pair = pairTo(mapping, repository);
  if (!pair) throw new Error(`${repository} is no repository of the rule ${run.name}`);
  const source = sides.source(imageRequest({ ...run, platforms: undefined }, mapping, pair, { tag }));
  try {
    return (await source.resolve(tag)).digest;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    // Whatever is wrong with it, it is there.
    if (error.isThere || wrongWithImage.includes(error.name)) return "unknown";
    if (absences.includes(error.name)) return undefined;
    throw error;
  }
}

function added(pruned: Pruned, run: Run, batch: readonly Deletion[], kept: readonly Kept[]): Pruned {
  const tags = new Set(kept.map(({ tag }) => tag));
  const deleted = batch.filter(({ tag }) => !tags.has(tag)).map((deletion) => nameOf(run, deletion));
  const reasons = kept.map((each) => `${nameOf(run, each)} was not deleted: ${each.reason}`);
  return {
    deleted: pruned.deleted + deleted.length,
    kept: pruned.kept + kept.length,
    examples: [...pruned.examples, ...deleted].slice(0, mostNamed),
    warnings: [...pruned.warnings, ...reasons].slice(0, mostNamed),
  };
}

/** A deletion as it is shown to people. */
export function nameOf(run: Run, { repository, tag }: Deletion): string {
  return `${mappingOf(run).destination.host}/${repository}:${tag}`;
}

/** As many of one repository as may be deleted at once: several were compared at once, so they come mixed. */
function* batches(deletions: readonly Deletion[]): Iterable<Deletion[]> {
  for (const ofOne of Map.groupBy(deletions, ({ repository }) => repository).values()) {
    for (let at = 0; at < ofOne.length; at += batchSize) yield ofOne.slice(at, at + batchSize);
  }
}
