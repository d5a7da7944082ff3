import { Token } from "aws-cdk-lib";
import { mappingOf } from "../core/model/repository-rule.ts";
import { hasRepositories, type Rule } from "../core/model/rule.ts";
import { overlaps, tokensOf, wildcard } from "../core/model/wildcard.ts";

/** The ARNs of the repositories that rules prune, with a `*` where the destination has one. */
export function prunedRepositoryArns(rules: readonly Rule[]): string[] {
  const arns = rules.filter(hasRepositories).flatMap((rule) => {
    if (rule.prune === undefined) return [];
    const { partition, region, account, name } = mappingOf(rule).destination;
    return [`arn:${partition}:ecr:${region}:${account}:repository/${name}`];
  });
  return [...new Set(arns)];
}

/**
 * What of the repositories that the functions may write with their own roles is pruned by rules that name neither a role
 * nor access keys for the destination.
 */
export function ownPrunedArns(repositoryArns: readonly string[], rules: readonly Rule[]): string[] {
  const own = rules.filter(
    ({ destinationRoleArn, destinationCredentialsSecretArn }) =>
      destinationRoleArn === undefined && destinationCredentialsSecretArn === undefined,
  );
  const pruned = prunedRepositoryArns(own);
  return repositoryArns.flatMap((arn) => pruned.flatMap((each) => narrower(arn, each)));
}

/** Of a pattern that was given, which may be known only at deployment, and one that overlaps it: what lies in the first. */
function narrower(given: string, pruned: string): string[] {
  if (Token.isUnresolved(given)) return [given];
  if (!overlaps(tokensOf(given), tokensOf(pruned))) return [];
  return [wildcard(given)(pruned) ? pruned : given];
}
