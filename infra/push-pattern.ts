import type { EventPattern } from "aws-cdk-lib/aws-events";
import { maxPatternLength, patternLength } from "./pattern-length.ts";

/** Repositories of one account and Region, by name; in each a `*` may stand for any text. */
export interface WatchedRepositories {
  readonly account: string;
  readonly region: string;
  readonly names: readonly string[];
}

/**
 * The events of tags that are pushed to repositories. The kind of event is pinned: with a trail, `aws.ecr` alone would
 * match every call of ECR's API, those of the functions among them. A push by digest has an empty tag. Source: Amazon ECR
 * User Guide, "Sample events from Amazon ECR".
 */
export function pushPattern({ account, region, names }: WatchedRepositories): EventPattern {
  return {
    source: ["aws.ecr"],
    detailType: ["ECR Image Action"],
    account: [account],
    region: [region],
    detail: {
      "action-type": ["PUSH"],
      result: ["SUCCESS"],
      "repository-name": names.map(matching),
      "image-tag": [{ "anything-but": "" }],
    },
  };
}

/** Without `wildcard` where it can be: not many rules may have it, see `mostWildcards`. */
function matching(name: string): string | object {
  if (!name.includes("*")) return name;
  if (name === "*") return { exists: true };
  if (name.endsWith("*")) return { prefix: name.slice(0, -1) };
  return name.startsWith("*") ? { suffix: name.slice(1) } : { wildcard: name };
}

/** The same in several patterns, each as long as EventBridge takes one, where one would be longer. */
export function pushPatterns(watched: WatchedRepositories): EventPattern[] {
  const pattern = pushPattern(watched);
  const { names } = watched;
  if (names.length < 2 || patternLength(pattern) <= maxPatternLength) return [pattern];
  const half = Math.ceil(names.length / 2);
  return [names.slice(0, half), names.slice(half)].flatMap((part) =>
    pushPatterns({ ...watched, names: part }),
  );
}
