import { createHash, randomUUID } from "node:crypto";
import type { QueueIdentity, QueueMessage } from "../sqs/queue.ts";

/** A message as a function gets it (Lambda developer guide, "Using Lambda with Amazon SQS"). */
export function queueRecord(message: QueueMessage, { arn, region }: QueueIdentity): object {
  const { messageId, body, receives, sentAt, firstReceivedAt = sentAt, deadLetterSource } = message;
  return {
    messageId,
    receiptHandle: Buffer.from(`${messageId}/${receives}/${randomUUID()}`).toString("base64"),
    body,
    attributes: {
      ApproximateReceiveCount: String(receives),
      SentTimestamp: String(Date.parse(sentAt)),
      SenderId: "local",
      ApproximateFirstReceiveTimestamp: String(Date.parse(firstReceivedAt)),
      ...(deadLetterSource && { DeadLetterQueueSourceArn: deadLetterSource }),
    },
    messageAttributes: Object.fromEntries(
      Object.entries(message.attributes).map(([name, stringValue]) => [
        name,
        { stringValue, stringListValues: [], binaryListValues: [], dataType: "String" },
      ]),
    ),
    md5OfBody: createHash("md5").update(body).digest("hex"),
    eventSource: "aws:sqs",
    eventSourceARN: arn,
    awsRegion: region,
  };
}
