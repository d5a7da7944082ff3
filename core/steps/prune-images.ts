import { Failure } from "../errors.ts";
import { mappingOf } from "../model/repository-rule.ts";
import type { Run } from "../model/run.ts";
import type { Totals } from "../model/totals.ts";
import type { Deletion, Kept, Remover } from "../ports.ts";

/** What a run has deleted. */
export interface Pruned {
  readonly deleted: number;
  readonly kept: number;
  /** The first that were deleted, as they are shown to people. */
  readonly examples: readonly string[];
  /** Why the first were kept. */
  readonly warnings: readonly string[];
}

/** How many tags are named. */
const mostNamed = 20;

/** How many tags ECR takes in one call (ECR API Reference, BatchDeleteImage). */
const batchSize = 100;

/** How many tags a rule's runs may delete, of those that it owns. */
export function mostDeletes({ prune }: Run, owned: number): number {
  const { maxDeletes = "10%" } = prune === true || prune === undefined ? {} : prune;
  if (typeof maxDeletes === "number") return maxDeletes;
  return Math.floor((owned * Number.parseInt(maxDeletes, 10)) / 100);
}

/** Says that a run would delete too much. `named` are the first to be deleted. */
function refusal(run: Run, { owned, deletions }: Totals["listing"], named: readonly string[]): string {
  const rest = deletions > named.length ? ` and ${deletions - named.length} more` : "";
  return `${deletions} of ${owned} tags would be deleted, and prune.maxDeletes allows ${mostDeletes(run, owned)}; nothing was deleted: ${named.join(", ")}${rest}`;
}

/**
 * Deletes the tags that were found to be no longer selected, if they are no more than the rule allows. Throws
 * `PruneRefused` with their names when they are more, and what the destination throws.
 */
export async function pruneImages(
  run: Run,
  { listing }: Totals,
  deletions: AsyncIterable<Deletion>,
  remover: Remover,
): Promise<Pruned> {
  if (listing.deletions > mostDeletes(run, listing.owned)) {
    const named = await firstOf(deletions, run);
    throw new Failure("PruneRefused", { operation: "PruneImages" }, refusal(run, listing, named));
  }
  let pruned: Pruned = { deleted: 0, kept: 0, examples: [], warnings: [] };
  for await (const batch of batches(deletions)) {
    pruned = added(pruned, run, batch, await remover.remove(batch));
  }
  return pruned;
}

async function firstOf(deletions: AsyncIterable<Deletion>, run: Run): Promise<string[]> {
  const names: string[] = [];
  for await (const deletion of deletions) {
    if (names.push(nameOf(run, deletion)) === mostNamed) break;
  }
  return names;
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
async function* batches(deletions: AsyncIterable<Deletion>): AsyncIterable<Deletion[]> {
  const waiting = new Map<string, Deletion[]>();
  for await (const deletion of deletions) {
    const batch = [...(waiting.get(deletion.repository) ?? []), deletion];
    if (batch.length < batchSize) waiting.set(deletion.repository, batch);
    else {
      waiting.delete(deletion.repository);
      yield batch;
    }
  }
  yield* waiting.values();
}
