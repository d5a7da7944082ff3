import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { awsFailure } from "./aws-failure.ts";
import { connection } from "./connection.ts";

const client = new EventBridgeClient({ requestHandler: connection() });

const call = { operation: "PutEvents", subject: "the default event bus" };

/**
 * Puts an event on the default bus of this function's Region, with its own role; its source is `ecr-replicator`.
 * Throws Failure: one entry can be refused though the call is not (EventBridge API Reference, PutEvents).
 */
export async function putEvent({
  detailType,
  detail,
}: {
  readonly detailType: string;
  readonly detail: object;
}): Promise<void> {
  const entry = { Source: "ecr-replicator", DetailType: detailType, Detail: JSON.stringify(detail) };
  try {
    const { FailedEntryCount = 0, Entries = [] } = await client.send(
      new PutEventsCommand({ Entries: [entry] }),
    );
    if (FailedEntryCount === 0) return;
    const { ErrorCode: name = "no code", ErrorMessage = "no message" } = Entries[0] ?? {};
    throw Object.assign(new Error(ErrorMessage), { name });
  } catch (error) {
    throw awsFailure(error, call);
  }
}
