import type { EventPattern } from "aws-cdk-lib/aws-events";

/** How many rules of a bus may have `wildcard` in their patterns, which AWS does not raise (Amazon EventBridge User Guide, "Quotas"). */
export const mostWildcards = 30;

/** Throws an Error when more rules have `wildcard` in their patterns than a bus takes. */
export function checkWildcardRules(patterns: readonly EventPattern[]): void {
  const { length } = patterns.filter((pattern) => JSON.stringify(pattern).includes('{"wildcard":'));
  if (length <= mostWildcards) return;
  throw new Error(
    `rules: ${length} triggers need a wildcard, and EventBridge takes ${mostWildcards} of them on a bus: ecrPush of a source with its * between other text, and s3 with both prefix and suffix; let others have the * of the source at its end, or s3 only one of the two, or a bucket of their own`,
  );
}
