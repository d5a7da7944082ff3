import { randomUUID } from "node:crypto";
import type { ResourceStatement } from "../iam/resource-policy.ts";

/** A deployed queue. */
export interface QueueIdentity {
  readonly arn: string;
  readonly name: string;
  readonly account: string;
  readonly region: string;
}

/** A message that a service put in a queue. */
export interface QueueMessage {
  readonly messageId: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** ISO 8601. */
  readonly sentAt: string;
}

/** A queue and what is in it, oldest first. */
export interface QueueState extends QueueIdentity {
  readonly messages: readonly QueueMessage[];
}

/** The queues of all accounts; nothing takes a message out. */
export class Queues {
  readonly #queues = new Map<string, QueueIdentity & { messages: QueueMessage[] }>();
  readonly #policies = new Map<string, readonly ResourceStatement[]>();

  add(queue: QueueIdentity): void {
    this.#queues.set(queue.arn, { ...queue, messages: [] });
  }

  has(arn: string): boolean {
    return this.#queues.has(arn);
  }

  /** Sets a queue's policy. */
  setPolicy(arn: string, statements: readonly ResourceStatement[]): void {
    this.#policies.set(arn, statements);
  }

  policy(arn: string): readonly ResourceStatement[] {
    return this.#policies.get(arn) ?? [];
  }

  /** Puts a message in a queue; throws an Error when there is no such queue. */
  send(arn: string, body: string, attributes: Readonly<Record<string, string>> = {}): void {
    const queue = this.#queues.get(arn);
    if (!queue) throw new Error(`There is no queue ${arn}`);
    queue.messages.push({ messageId: randomUUID(), body, attributes, sentAt: new Date().toISOString() });
  }

  list(): QueueState[] {
    return [...this.#queues.values()].map((queue) => ({ ...queue, messages: [...queue.messages] }));
  }
}
