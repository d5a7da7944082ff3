import { setImmediate } from "node:timers/promises";
import type { Background } from "../background.ts";
import type { Queue, QueueMessage } from "../sqs/queue.ts";
import type { Queues } from "../sqs/queues.ts";
import { batchFailures } from "./batch-failures.ts";
import type { Functions } from "./functions.ts";
import { queueRecord } from "./queue-record.ts";

/** A function that gets a queue's messages. */
export interface QueueMapping {
  readonly queueArn: string;
  readonly functionArn: string;
  /** Most messages of one invocation. */
  readonly batchSize: number;
  /** How long messages are gathered for one invocation. */
  readonly windowSeconds: number;
  /** Whether the function answers with the messages it failed on (`ReportBatchItemFailures`). */
  readonly reportsFailures: boolean;
}

/** What a poller needs of the rest of local AWS. */
export interface QueuePollerDependencies {
  readonly queues: Queues;
  readonly functions: Functions;
  readonly background: Background;
}

/** Brings a queue's messages to a function, again and again until it succeeds or they were received too often. */
export class QueuePoller {
  readonly #mapping: QueueMapping;
  readonly #dependencies: QueuePollerDependencies;
  readonly #queue: Queue;
  #visible: string[] = [];
  #gathering = false;

  constructor(mapping: QueueMapping, dependencies: QueuePollerDependencies) {
    this.#mapping = mapping;
    this.#dependencies = dependencies;
    this.#queue = dependencies.queues.get(mapping.queueArn);
    const { delaySeconds } = this.#queue.settings;
    this.#queue.consume((messageId) => this.#showAfter(delaySeconds, [messageId]));
  }

  /** Lets messages be received after so many seconds. */
  #showAfter(seconds: number, messageIds: readonly string[]): void {
    this.#dependencies.background.run(async () => {
      if (seconds > 0) await this.#dependencies.background.pause(seconds * 1000);
      for (const messageId of messageIds) this.#show(messageId);
    });
  }

  #show(messageId: string): void {
    if (this.#queue.isExhausted(messageId)) this.#dependencies.queues.bury(this.#queue, messageId);
    else this.#visible.push(messageId);
    if (this.#visible.length >= this.#mapping.batchSize) this.#take();
    else if (this.#visible.length > 0 && !this.#gathering) {
      this.#gathering = true;
      this.#dependencies.background.run(() => this.#gather());
    }
  }

  async #gather(): Promise<void> {
    const { windowSeconds } = this.#mapping;
    if (windowSeconds > 0) await this.#dependencies.background.pause(windowSeconds * 1000);
    else await setImmediate();
    this.#gathering = false;
    if (this.#visible.length > 0) this.#take();
  }

  #take(): void {
    const taken = this.#visible;
    this.#visible = [];
    const batch = taken.flatMap((messageId) => this.#queue.receive(messageId) ?? []);
    this.#dependencies.background.run(() => this.#process(batch));
  }

  async #process(batch: readonly QueueMessage[]): Promise<void> {
    const { functions, background } = this.#dependencies;
    const { functionArn, reportsFailures } = this.#mapping;
    const Records = batch.map((message) => queueRecord(message, this.#queue.identity));
    const outcome = await functions.invoke(functionArn, JSON.stringify({ Records }));
    if (background.stopped) return;
    const ids = batch.map(({ messageId }) => messageId);
    const failed = batchFailures(outcome, ids, reportsFailures);
    for (const messageId of ids) if (!failed.includes(messageId)) this.#queue.delete(messageId);
    if (failed.length > 0) this.#showAfter(this.#queue.settings.visibilitySeconds, failed);
  }
}
