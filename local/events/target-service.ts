import type { BusEvent } from "./event.ts";
import type { EventRule, EventTarget } from "./rule.ts";

/** A service that takes events of rules. */
export interface TargetService {
  /** What the rule has to be allowed, such as `sqs:SendMessage`. */
  readonly action: string;
  /** Whether the rule may bring events to this target. */
  readonly allows: (rule: EventRule, target: EventTarget) => boolean;
  /** Takes what the rule made of the event, or the event itself. */
  readonly deliver: (target: EventTarget, input: string, event: BusEvent) => void;
}
