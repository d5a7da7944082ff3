import type { ResourceStatement } from "../iam/resource-policy.ts";
import type { BusEvent } from "./event.ts";
import type { EventRule, EventTarget } from "./rule.ts";

type Deliver = (rule: EventRule, target: EventTarget, event: BusEvent) => void;

/** The ARN of a bus, by default of an account's and region's default one. */
export function busArn({ account, region }: { account: string; region: string }, name = "default"): string {
  return `arn:aws:events:${region}:${account}:event-bus/${name}`;
}

/** The buses of all accounts and regions, each with a default one, and their rules. */
export class EventBuses {
  readonly #custom = new Set<string>();
  readonly #policies = new Map<string, ResourceStatement[]>();
  readonly #rules: EventRule[] = [];
  readonly #deliver: Deliver;

  /** `deliver` takes an event over for a target of a rule that it matched. */
  constructor(deliver: Deliver) {
    this.#deliver = deliver;
  }

  addBus(arn: string): void {
    this.#custom.add(arn);
  }

  has(arn: string): boolean {
    return this.#custom.has(arn) || /^arn:aws:events:[^:]+:\d{12}:event-bus\/default$/.test(arn);
  }

  /** Adds statements to a bus's policy. */
  addPolicy(arn: string, statements: readonly ResourceStatement[]): void {
    this.#policies.set(arn, [...this.policy(arn), ...statements]);
  }

  policy(arn: string): readonly ResourceStatement[] {
    return this.#policies.get(arn) ?? [];
  }

  addRule(rule: EventRule): void {
    this.#rules.push(rule);
  }

  /** Hands an event to the targets of the rules that it matches, by default on the default bus of its account and region. */
  put(event: BusEvent, arn: string = busArn(event)): void {
    for (const rule of this.#matching(event, arn))
      for (const target of rule.targets) this.#deliver(rule, target, event);
  }

  /** Hands an event of another bus to the rules of this one, which do not send it on to a third (EventBridge user guide, "Sending events between event buses"). */
  forward(event: BusEvent, arn: string): void {
    for (const rule of this.#matching(event, arn))
      for (const target of rule.targets) if (!isBus(target)) this.#deliver(rule, target, event);
  }

  #matching(event: BusEvent, arn: string): EventRule[] {
    return this.#rules.filter((rule) => rule.busArn === arn && rule.enabled && rule.matches(event));
  }
}

function isBus({ arn }: EventTarget): boolean {
  return arn.split(":")[2] === "events";
}
