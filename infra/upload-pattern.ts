import type { EventPattern } from "aws-cdk-lib/aws-events";
import { maxPatternLength, patternLength } from "./pattern-length.ts";
import type { UploadTrigger } from "./replication-rule.ts";

/**
 * The events of the uploads that start a rule. Source: Amazon S3 User Guide, "EventBridge event message structure";
 * Amazon EventBridge User Guide, "Comparison operators". Throws an Error when they cannot be said in one pattern.
 */
export function uploadPattern({ bucket, prefix, suffix }: UploadTrigger): EventPattern {
  const key = keyPattern(prefix, suffix === undefined ? [] : [suffix].flat());
  const pattern = {
    source: ["aws.s3"],
    detailType: ["Object Created"],
    detail: { bucket: { name: [bucket] }, ...(key && { object: { key } }) },
  };
  const length = patternLength(pattern);
  if (length > maxPatternLength) {
    throw new Error(
      `the prefix and the suffixes for uploads to ${bucket} make an event pattern of ${length} characters, and EventBridge takes ${maxPatternLength}; give fewer or shorter ones`,
    );
  }
  return pattern;
}

function keyPattern(prefix: string | undefined, suffixes: readonly string[]): object[] | undefined {
  if (suffixes.length === 0) return prefix === undefined ? undefined : [{ prefix }];
  if (prefix === undefined) return suffixes.map((suffix) => ({ suffix }));
  return suffixes.map((suffix) => ({ wildcard: `${literal(prefix)}*${literal(suffix)}` }));
}

/** A text as it stands in a wildcard. */
function literal(text: string): string {
  return text.replace(/[*\\]/g, "\\$&");
}
