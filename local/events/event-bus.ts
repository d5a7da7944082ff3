import type { BusEvent } from "./event.ts";
import type { EventRule, EventTarget } from "./rule.ts";

/** The default buses of all accounts and regions. */
export class EventBus {
  readonly #rules: EventRule[] = [];
  readonly #deliver: (rule: EventRule, target: EventTarget, event: BusEvent) => void;

  /** `deliver` takes an event over for a target of a rule that it matched. */
  constructor(deliver: (rule: EventRule, target: EventTarget, event: BusEvent) => void) {
    this.#deliver = deliver;
  }

  addRule(rule: EventRule): void {
    this.#rules.push(rule);
  }

  /** Hands an event to the targets of the rules of its account and region that it matches. */
  put(event: BusEvent): void {
    const { account, region } = event;
    const there = this.#rules.filter((rule) => rule.account === account && rule.region === region);
    for (const rule of there.filter(({ enabled, matches }) => enabled && matches(event)))
      for (const target of rule.targets) this.#deliver(rule, target, event);
  }
}
