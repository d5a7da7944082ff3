import type { QueueSettings } from "../sqs/queue.ts";
import type { Queues } from "../sqs/queues.ts";
import { fieldsOf } from "./refuse-unknown.ts";
import type { NamedResource } from "./resource-type.ts";
import { arnOf } from "./resource-types.ts";
import { wholeNumber } from "./whole-number.ts";

/** Creates queues; throws an Error for a setting outside of SQS's limits or a dead-letter queue that is not among them. */
export function createQueues(all: readonly NamedResource[], queues: Queues): void {
  const arns = all.map(arnOf);
  for (const queue of all) {
    const { name, stack } = queue;
    const { account, region } = stack;
    queues.add({ arn: arnOf(queue), name, account, region }, settingsOf(queue, arns));
  }
}

function settingsOf(
  { stack, logicalId, properties }: NamedResource,
  queues: readonly string[],
): QueueSettings {
  const where = `${stack.name}/${logicalId}`;
  const number = (property: string, preset: number, most: number) =>
    wholeNumber(properties[property] ?? preset, { least: 0, most }, `${where}: ${property}`);
  return {
    delaySeconds: number("DelaySeconds", 0, 900),
    visibilitySeconds: number("VisibilityTimeout", 30, 43_200),
    redrive: redriveOf(properties["RedrivePolicy"], queues, `${where}: RedrivePolicy`),
  };
}

function redriveOf(policy: unknown, queues: readonly string[], where: string): QueueSettings["redrive"] {
  if (policy === undefined) return undefined;
  const known = ["deadLetterTargetArn", "maxReceiveCount"];
  const { deadLetterTargetArn, maxReceiveCount } = fieldsOf(policy, known, where);
  if (!queues.includes(String(deadLetterTargetArn)))
    throw new Error(`${where}.deadLetterTargetArn: queue ${deadLetterTargetArn} does not exist`);
  const maxReceives = wholeNumber(maxReceiveCount, { least: 1, most: 1000 }, `${where}.maxReceiveCount`);
  return { deadLetterQueue: String(deadLetterTargetArn), maxReceives };
}
