import type { ResourceStatement } from "../iam/resource-policy.ts";
import { Queue, type QueueIdentity, type QueueMessage, type QueueSettings } from "./queue.ts";

/** A queue and what is in it, oldest first. */
export interface QueueState extends QueueIdentity {
  readonly messages: readonly QueueMessage[];
}

/** The queues of all accounts. */
export class Queues {
  readonly #queues = new Map<string, Queue>();
  readonly #policies = new Map<string, readonly ResourceStatement[]>();

  add(identity: QueueIdentity, settings: QueueSettings): void {
    this.#queues.set(identity.arn, new Queue(identity, settings));
  }

  has(arn: string): boolean {
    return this.#queues.has(arn);
  }

  /** Throws an Error when there is no such queue. */
  get(arn: string): Queue {
    const queue = this.#queues.get(arn);
    if (!queue) throw new Error(`There is no queue ${arn}`);
    return queue;
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
    this.get(arn).send(body, attributes);
  }

  /** Moves a message that was received too often to the queue for such; it keeps its id and its age. */
  bury(from: Queue, messageId: string): void {
    const { redrive } = from.settings;
    const message = redrive && from.delete(messageId);
    if (!message) return;
    const { firstReceivedAt: _, ...rest } = message;
    this.get(redrive.deadLetterQueue).accept({ ...rest, receives: 0, deadLetterSource: from.identity.arn });
  }

  list(): QueueState[] {
    return [...this.#queues.values()].map(({ identity, messages }) => ({ ...identity, messages }));
  }
}
