import { Background } from "../background.ts";
import type { Faults } from "../faults.ts";
import type { CallRecord } from "../http.ts";
import { AsynchronousInvocations } from "../lambda/asynchronous-invocations.ts";
import type { Functions } from "../lambda/functions.ts";
import { FunctionPermissions } from "../lambda/permissions.ts";
import { type QueueMapping, QueuePoller } from "../lambda/queue-poller.ts";
import { Topics } from "../sns/topics.ts";
import { Queues } from "../sqs/queues.ts";
import { Deliveries } from "./deliveries.ts";
import { EventBuses } from "./event-buses.ts";
import { busTargets, functionTargets, queueTargets, topicTargets } from "./target-services.ts";

/** What events need of the rest of local AWS. */
export interface EventsDependencies {
  readonly functions: Functions;
  readonly faults: Faults;
  readonly onCall: (record: CallRecord) => void;
  /** Milliseconds before every retry in place of EventBridge's and Lambda's. */
  readonly retryIntervalMillis: number | undefined;
}

/** Makes what brings events to their targets, from the buses to the queues for those that fail. */
export function assembleEvents({ functions, faults, onCall, retryIntervalMillis }: EventsDependencies) {
  const background = new Background(retryIntervalMillis);
  const queues = new Queues();
  const topics = new Topics();
  const permissions = new FunctionPermissions();
  const invocations = new AsynchronousInvocations({ functions, queues, background });
  const invoke = (functionArn: string, payload: string) => void invocations.add(functionArn, payload);
  const targets = {
    lambda: functionTargets(permissions, invoke),
    sqs: queueTargets(queues),
    sns: topicTargets(topics),
    events: busTargets(() => buses),
  };
  const deliveries = new Deliveries({ background, faults, queues, targets, onCall });
  const buses = new EventBuses((rule, target, event) => deliveries.begin(rule, target, event));
  const poll = (mapping: QueueMapping) => void new QueuePoller(mapping, { queues, functions, background });
  return { background, queues, topics, permissions, invocations, buses, poll };
}
