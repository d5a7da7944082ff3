import type { EventPattern } from "./pattern.ts";
import type { TargetInput } from "./target-input.ts";

/** A rule on the default bus of its account and region. */
export interface EventRule {
  readonly arn: string;
  readonly name: string;
  readonly account: string;
  readonly region: string;
  readonly enabled: boolean;
  readonly matches: EventPattern;
  readonly targets: readonly EventTarget[];
}

/** A function that a rule invokes. */
export interface EventTarget {
  readonly id: string;
  readonly functionArn: string;
  readonly input: TargetInput;
  /** How often a delivery that failed is tried again. */
  readonly maxRetryAttempts: number;
  readonly maxEventAgeSeconds: number;
  /** The ARN of the queue for events that were not delivered. */
  readonly deadLetterQueue?: string | undefined;
}
