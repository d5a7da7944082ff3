import { randomUUID } from "node:crypto";

/** A deployed queue. */
export interface QueueIdentity {
  readonly arn: string;
  readonly name: string;
  readonly account: string;
  readonly region: string;
}

/** How a queue treats its messages. */
export interface QueueSettings {
  /** Before a message can be received at first. */
  readonly delaySeconds: number;
  /** Before a message that was received but not deleted can be received again. */
  readonly visibilitySeconds: number;
  /** Where a message goes that was received so often. */
  readonly redrive?: { readonly deadLetterQueue: string; readonly maxReceives: number } | undefined;
}

/** A message in a queue. */
export interface QueueMessage {
  readonly messageId: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** ISO 8601. */
  readonly sentAt: string;
  /** How often this queue's consumer got it. */
  readonly receives: number;
  /** ISO 8601. */
  readonly firstReceivedAt?: string;
  /** The queue whose consumer failed on it. */
  readonly deadLetterSource?: string;
}

/** What to take messages to, one at a time as they arrive. */
export type Consumer = (messageId: string) => void;

/** A queue: messages stay until they are deleted, oldest first. */
export class Queue {
  readonly identity: QueueIdentity;
  readonly settings: QueueSettings;
  readonly #messages = new Map<string, QueueMessage>();
  #consumer: Consumer | undefined;

  constructor(identity: QueueIdentity, settings: QueueSettings) {
    this.identity = identity;
    this.settings = settings;
  }

  get messages(): QueueMessage[] {
    return [...this.#messages.values()];
  }

  get hasConsumer(): boolean {
    return this.#consumer !== undefined;
  }

  /** Tells of messages from now on. */
  consume(consumer: Consumer): void {
    this.#consumer = consumer;
  }

  /** Puts a new message in. */
  send(body: string, attributes: Readonly<Record<string, string>>): void {
    const sentAt = new Date().toISOString();
    this.accept({ messageId: randomUUID(), body, attributes, sentAt, receives: 0 });
  }

  /** Puts a message in as it is. */
  accept(message: QueueMessage): void {
    this.#messages.set(message.messageId, message);
    this.#consumer?.(message.messageId);
  }

  /** Counts one more receive of a message and returns it; undefined when it is gone. */
  receive(messageId: string): QueueMessage | undefined {
    const message = this.#messages.get(messageId);
    if (!message) return undefined;
    const firstReceivedAt = message.firstReceivedAt ?? new Date().toISOString();
    const received = { ...message, receives: message.receives + 1, firstReceivedAt };
    this.#messages.set(messageId, received);
    return received;
  }

  /** Whether a message was received as often as it may be. */
  isExhausted(messageId: string): boolean {
    const { redrive } = this.settings;
    return redrive !== undefined && (this.#messages.get(messageId)?.receives ?? 0) >= redrive.maxReceives;
  }

  /** Takes a message out. */
  delete(messageId: string): QueueMessage | undefined {
    const message = this.#messages.get(messageId);
    this.#messages.delete(messageId);
    return message;
  }
}
