import type { Role } from "../iam/roles.ts";
import type { EventPattern } from "./pattern.ts";
import type { TargetInput } from "./target-input.ts";

/** A rule on a bus of its account and region. */
export interface EventRule {
  readonly arn: string;
  readonly name: string;
  readonly busArn: string;
  readonly account: string;
  readonly region: string;
  readonly enabled: boolean;
  readonly matches: EventPattern;
  readonly targets: readonly EventTarget[];
}

/** What a rule brings events to. */
export interface EventTarget {
  readonly id: string;
  /** Of a function, a queue, a topic or an event bus. */
  readonly arn: string;
  /** The role that the rule uses for another bus. */
  readonly role?: Role | undefined;
  readonly input: TargetInput;
  /** How often a delivery that failed is tried again. */
  readonly maxRetryAttempts: number;
  readonly maxEventAgeSeconds: number;
  /** The ARN of the queue for events that were not delivered. */
  readonly deadLetterQueue?: string | undefined;
}
