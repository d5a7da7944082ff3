import type { Outcome } from "./environment.ts";

/**
 * The ids of the messages that a function failed on: all when it failed, and else those it names, if it reports them
 * (Lambda developer guide, "Implementing partial batch responses"). What is no such report brings all back.
 */
export function batchFailures(outcome: Outcome, ids: readonly string[], reports: boolean): readonly string[] {
  if ("error" in outcome) return ids;
  if (!reports) return [];
  const answer = JSON.parse(outcome.result) as { batchItemFailures?: unknown } | null;
  const failures = (answer && typeof answer === "object" ? answer.batchItemFailures : undefined) ?? [];
  if (!Array.isArray(failures)) return ids;
  const named = failures.map((failure: { itemIdentifier?: unknown } | null) => failure?.itemIdentifier);
  return named.every((id) => ids.includes(String(id))) ? named.map(String) : ids;
}
