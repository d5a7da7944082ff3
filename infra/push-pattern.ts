import type { EventPattern } from "aws-cdk-lib/aws-events";

/** Repositories of one account and Region, by name; in each a `*` may stand for any text. */
export interface WatchedRepositories {
  readonly account: string;
  readonly region: string;
  readonly names: readonly string[];
}

// In characters (Amazon EventBridge User Guide, "Quotas").
const maxPattern = 2048;

/**
 * The events of tags that are pushed to repositories. The kind of event is pinned: with a trail, `aws.ecr` alone would
 * match every call of ECR's API, those of the functions among them. A push by digest has an empty tag. Source: Amazon ECR
 * User Guide, "Sample events from Amazon ECR". Throws an Error when the repositories cannot be said in one pattern.
 */
export function pushPattern({ account, region, names }: WatchedRepositories): EventPattern {
  const pattern = {
    source: ["aws.ecr"],
    detailType: ["ECR Image Action"],
    account: [account],
    region: [region],
    detail: {
      "action-type": ["PUSH"],
      result: ["SUCCESS"],
      "repository-name": names.map((name) => (name.includes("*") ? { wildcard: name } : name)),
      "image-tag": [{ "anything-but": "" }],
    },
  };
  // In the template, `detailType` has one more.
  const length = JSON.stringify(pattern).length + 1;
  if (length > maxPattern) {
    throw new Error(
      `the repositories ${names[0]} and ${names.length - 1} others make an event pattern of ${length} characters, and EventBridge takes ${maxPattern}; let one pattern with a * stand for several`,
    );
  }
  return pattern;
}
