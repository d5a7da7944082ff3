import type { EcrRepository } from "../core/model/reference.ts";
import { mappingOf } from "../core/model/repository-rule.ts";
import { hasRepositories, type RepositoryRule, type Rule } from "../core/model/rule.ts";

/** A rule that pushes start, and the repository or the pattern of them that it watches. */
export interface WatchedRule {
  readonly rule: RepositoryRule;
  readonly repository: EcrRepository;
}

/** The rules that pushes start: those of registries cannot be. */
export function watchedRules(rules: readonly Rule[]): WatchedRule[] {
  return rules.filter(hasRepositories).flatMap((rule) => {
    const { source } = mappingOf(rule);
    const isWatched = rule.triggers?.some(({ ecrPush }) => ecrPush === true);
    return isWatched && source.kind === "ecr" ? [{ rule, repository: source.repository }] : [];
  });
}
