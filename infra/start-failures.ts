import { Duration } from "aws-cdk-lib";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { accept } from "./accept.ts";

/** The queue that takes what should have started an execution and could not; whether a queue's messages are among that, too. */
export function startFailures(scope: Construct, id: string, { ofQueue }: { ofQueue: boolean }): Queue {
  const queue = new Queue(scope, id, {
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
  });
  const last = "It is the dead-letter queue itself: of EventBridge, of the functions and of schedules.";
  accept(queue, {
    // It knows dead-letter queues of queues only.
    ...(!ofQueue && { "AwsSolutions-SQS3": last }),
    "Serverless-SQSRedrivePolicy": last,
    sqs_dlq_check: last,
  });
  return queue;
}
