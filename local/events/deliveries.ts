import type { Background } from "../background.ts";
import type { Faults } from "../faults.ts";
import type { CallRecord } from "../http.ts";
import type { Queues } from "../sqs/queues.ts";
import type { BusEvent } from "./event.ts";
import type { EventRule, EventTarget } from "./rule.ts";
import type { TargetService } from "./target-service.ts";

/** What deliveries need of the rest of local AWS. */
export interface DeliveriesDependencies {
  readonly background: Background;
  readonly faults: Faults;
  readonly queues: Queues;
  /** What takes events, by the service in the target's ARN. */
  readonly targets: Readonly<Record<string, TargetService>>;
  readonly onCall: (record: CallRecord) => void;
}

/** One event on its way to one target. */
interface Delivery {
  readonly rule: EventRule;
  readonly target: EventTarget;
  readonly event: BusEvent;
}

/** Why a delivery failed: `code` as EventBridge names it in a dead-letter queue ("Using dead-letter queues"), `status` of the answer. */
interface Problem {
  readonly code: string;
  readonly message: string;
  readonly status: number;
  readonly retried: boolean;
}

const REFUSED = { retried: false, status: 400 };
const STRUCK: Readonly<Record<string, Problem>> = {
  throttle: { code: "THROTTLING", message: "Rate exceeded", status: 429, retried: true },
  error500: { code: "INTERNAL_ERROR", message: "A fault on demand.", status: 500, retried: true },
};
const LONGEST_PAUSE_SECONDS = 300;

/** Brings events to targets: at least once, if the target's policy or the rule's role allows it, with retries and a dead-letter queue. */
export class Deliveries {
  readonly #dependencies: DeliveriesDependencies;

  constructor(dependencies: DeliveriesDependencies) {
    this.#dependencies = dependencies;
  }

  /** Takes an event over for a target. */
  begin(rule: EventRule, target: EventTarget, event: BusEvent): void {
    this.#dependencies.background.run(() => this.#deliver({ rule, target, event }));
  }

  async #deliver(delivery: Delivery): Promise<void> {
    const { maxRetryAttempts, maxEventAgeSeconds } = delivery.target;
    let age = 0;
    for (let retries = 0; ; retries += 1) {
      const problem = this.#attempt(delivery);
      if (!problem) return;
      const seconds = Math.min(2 ** retries, LONGEST_PAUSE_SECONDS);
      // Pauses count in full although they may be made shorter.
      age += seconds;
      const tooOld = age > maxEventAgeSeconds;
      if (!problem.retried) return this.#bury(delivery, problem, {});
      if (retries >= maxRetryAttempts || tooOld) {
        const condition = retries >= maxRetryAttempts ? "MaximumRetryAttempts" : "MaximumEventAgeInSeconds";
        const exhausted = { RETRY_ATTEMPTS: String(retries), EXHAUSTED_RETRY_CONDITION: condition };
        return this.#bury(delivery, problem, exhausted);
      }
      await this.#dependencies.background.pause(seconds * 1000);
    }
  }

  /** Tries once and records it; returns what went wrong. */
  #attempt(delivery: Delivery): Problem | undefined {
    const { rule, target, event } = delivery;
    const { faults, onCall } = this.#dependencies;
    const detail = { rule: rule.name, target: target.id, eventId: event.id };
    const { account, region } = rule;
    const call = { service: "events", operation: "Deliver", account, region, detail };
    const fault = faults.take(call)?.fault ?? "";
    const prepared = STRUCK[fault] ?? this.#prepare(delivery);
    if (typeof prepared !== "string") {
      onCall({ ...call, status: prepared.status, error: prepared.code });
      return prepared;
    }
    for (let times = fault === "duplicate" ? 2 : 1; times > 0; times -= 1) {
      onCall({ ...call, status: 202 });
      this.#serviceOf(target).deliver(target, prepared, event);
    }
    return undefined;
  }

  /** What the target is to get, or why it gets nothing. */
  #prepare({ rule, target, event }: Delivery): string | Problem {
    const { action, allows } = this.#serviceOf(target);
    if (!allows(rule, target)) {
      const message = `${rule.arn} is not allowed to perform ${action} on ${target.arn}`;
      return { ...REFUSED, code: "NO_PERMISSIONS", message, status: 403 };
    }
    const input = target.input(event, rule);
    try {
      JSON.parse(input);
      return input;
    } catch (error) {
      const message = `The transformed input is not JSON: ${(error as Error).message}`;
      return { ...REFUSED, code: "INVALID_JSON", message };
    }
  }

  #serviceOf({ arn }: EventTarget): TargetService {
    const service = this.#dependencies.targets[arn.split(":")[2] ?? ""];
    if (!service) throw new Error(`Events cannot be brought to ${arn}`);
    return service;
  }

  #bury(
    { rule, target, event }: Delivery,
    { code, message }: Problem,
    exhausted: Readonly<Record<string, string>>,
  ): void {
    if (!target.deadLetterQueue) return;
    this.#dependencies.queues.send(target.deadLetterQueue, JSON.stringify(event), {
      RULE_ARN: rule.arn,
      TARGET_ARN: target.arn,
      ERROR_CODE: code,
      ERROR_MESSAGE: message,
      ...exhausted,
    });
  }
}
