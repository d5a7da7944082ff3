import type { Authorize } from "../http.ts";
import type { FunctionDefinition } from "../lambda/definition.ts";
import type { QueueMapping } from "../lambda/queue-poller.ts";
import type { Queue } from "../sqs/queue.ts";
import type { Queues } from "../sqs/queues.ts";
import { fieldsOf } from "./refuse-unknown.ts";
import type { NamedResource } from "./resource-type.ts";
import { wholeNumber } from "./whole-number.ts";

const ACTIONS = ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"];

/** A function's queue; undefined when it is turned off. Throws an Error for what Lambda or local AWS refuses. */
export function mappingOf(
  { stack, logicalId, properties }: NamedResource,
  { target, queues, authorize }: { target: FunctionDefinition; queues: Queues; authorize: Authorize },
): QueueMapping | undefined {
  const where = `${stack.name}/${logicalId}`;
  const { EventSourceArn, BatchSize = 10, MaximumBatchingWindowInSeconds = 0, ScalingConfig } = properties;
  const queue = queueOf(String(EventSourceArn), { target, queues, where });
  checkTimeout(target, queue, where);
  checkRole(target, queue.identity.arn, { authorize, where });
  const { MaximumConcurrency } = fieldsOf(ScalingConfig, ["MaximumConcurrency"], `${where}: ScalingConfig`);
  const range = { least: 2, most: 1000 };
  if (MaximumConcurrency !== undefined)
    wholeNumber(MaximumConcurrency, range, `${where}: ScalingConfig.MaximumConcurrency`);
  const mapping = {
    queueArn: queue.identity.arn,
    functionArn: target.arn,
    batchSize: wholeNumber(BatchSize, { least: 1, most: 10 }, `${where}: BatchSize`),
    windowSeconds: wholeNumber(
      MaximumBatchingWindowInSeconds,
      { least: 0, most: 300 },
      `${where}: MaximumBatchingWindowInSeconds`,
    ),
    reportsFailures: reportsFailures(properties["FunctionResponseTypes"] ?? [], where),
  };
  return isEnabled(properties["Enabled"], where) ? mapping : undefined;
}

function isEnabled(value: unknown, where: string): boolean {
  if (!["true", "false"].includes(String(value ?? true)))
    throw new Error(`${where}: Enabled is ${value}; true or false would be accepted`);
  return String(value ?? true) === "true";
}

function queueOf(
  arn: string,
  { target, queues, where }: { target: FunctionDefinition; queues: Queues; where: string },
): Queue {
  const own = `arn:aws:sqs:${target.region}:${target.account}:`;
  if (!arn.startsWith(own))
    throw new Error(
      `${where}: EventSourceArn is ${arn}; a queue of the function's account and region would be accepted`,
    );
  if (!queues.has(arn)) throw new Error(`${where}: queue ${arn} does not exist`);
  const queue = queues.get(arn);
  if (queue.hasConsumer) throw new Error(`${where}: queue ${arn} already has a function in local AWS`);
  return queue;
}

/** Lambda refuses a queue that would show messages again while the function is at work on them. */
function checkTimeout({ timeoutMillis }: FunctionDefinition, { settings }: Queue, where: string): void {
  if (settings.visibilitySeconds * 1000 >= timeoutMillis) return;
  const timeouts = `visibility timeout: ${settings.visibilitySeconds} seconds is less than Function timeout: ${timeoutMillis / 1000} seconds`;
  throw new Error(`${where}: Queue ${timeouts}`);
}

function checkRole(
  { account, region, role, name }: FunctionDefinition,
  queueArn: string,
  { authorize, where }: { authorize: Authorize; where: string },
): void {
  const arn = `arn:aws:sts::${account}:assumed-role/${role.name}/${name}`;
  for (const action of ACTIONS) {
    try {
      authorize({ account, region, arn }, `sqs:${action}`, queueArn);
    } catch (error) {
      const text = `The function execution role does not have permissions to call ${action} on SQS`;
      throw new Error(`${where}: ${text} (${(error as Error).message})`);
    }
  }
}

function reportsFailures(types: unknown, where: string): boolean {
  const list = [types].flat();
  const other = list.find((type) => type !== "ReportBatchItemFailures");
  if (other !== undefined)
    throw new Error(
      `${where}: FunctionResponseTypes has ${other}; ReportBatchItemFailures would be accepted`,
    );
  return list.length > 0;
}
