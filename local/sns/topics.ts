import { randomUUID } from "node:crypto";
import type { ResourceStatement } from "../iam/resource-policy.ts";

/** A deployed topic. */
export interface TopicIdentity {
  readonly arn: string;
  readonly name: string;
  readonly account: string;
  readonly region: string;
}

/** What was published to a topic. */
export interface TopicMessage {
  readonly messageId: string;
  readonly message: string;
  /** ISO 8601. */
  readonly publishedAt: string;
}

/** A topic and what was published to it, oldest first. */
export interface TopicState extends TopicIdentity {
  readonly messages: readonly TopicMessage[];
}

/** The topics of all accounts; nothing is sent to their subscribers. */
export class Topics {
  readonly #topics = new Map<string, TopicIdentity & { messages: TopicMessage[] }>();
  readonly #policies = new Map<string, readonly ResourceStatement[]>();

  add(topic: TopicIdentity): void {
    this.#topics.set(topic.arn, { ...topic, messages: [] });
  }

  has(arn: string): boolean {
    return this.#topics.has(arn);
  }

  /** Sets a topic's policy. */
  setPolicy(arn: string, statements: readonly ResourceStatement[]): void {
    this.#policies.set(arn, statements);
  }

  policy(arn: string): readonly ResourceStatement[] {
    return this.#policies.get(arn) ?? [];
  }

  /** Records a message; throws an Error when there is no such topic. */
  publish(arn: string, message: string): void {
    const topic = this.#topics.get(arn);
    if (!topic) throw new Error(`There is no topic ${arn}`);
    topic.messages.push({ messageId: randomUUID(), message, publishedAt: new Date().toISOString() });
  }

  list(): TopicState[] {
    return [...this.#topics.values()].map((topic) => ({ ...topic, messages: [...topic.messages] }));
  }
}
