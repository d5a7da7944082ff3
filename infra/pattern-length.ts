import type { EventPattern } from "aws-cdk-lib/aws-events";

/** How many characters an event pattern may have (Amazon EventBridge User Guide, "Quotas"). */
export const maxPatternLength = 2048;

/** How many characters a pattern has in the template. */
export function patternLength(pattern: EventPattern): number {
  // There, `detailType` is `detail-type`.
  return JSON.stringify(pattern).length + 1;
}
