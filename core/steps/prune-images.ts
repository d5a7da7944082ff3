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

/** Says that a run would delete too much, if it would: nothing of it is deleted then. `named` are the first to be deleted. */
export function refusal(
  run: Run,
  { owned, deletions }: Totals["listing"],
  named: readonly string[],
): string | undefined {
  const most = mostDeletes(run, owned);
  if (deletions <= most) return undefined;
  const rest = deletions > named.length ? ` and ${deletions - named.length} more` : "";
  return `${deletions} of ${owned} tags would be deleted, and prune.maxDeletes allows ${most}; nothing was deleted: ${named.join(", ")}${rest}`;
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
  let pruned: Pruned = { deleted: 0, kept: 0, examples: [], warnings: [] };
  let checked = false;
  for await (const batch of batches(deletions)) {
    const names = batch.map((deletion) => nameOf(run, deletion));
    const refused = checked ? undefined : refusal(run, listing, names.slice(0, mostNamed));
    if (refused !== undefined) throw new Failure("PruneRefused", { operation: "PruneImages" }, refused);
    checked = true;
    pruned = added(pruned, run, batch, await remover.remove(batch));
  }
  return pruned;
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

/** As many of one repository as may be deleted at once. */
async function* batches(deletions: AsyncIterable<Deletion>): AsyncIterable<Deletion[]> {
  let batch: Deletion[] = [];
  for await (const deletion of deletions) {
    if (batch.length === batchSize || (batch[0] && batch[0].repository !== deletion.repository)) {
      yield batch;
      batch = [];
    }
    batch.push(deletion);
  }
  if (batch.length > 0) yield batch;
}
