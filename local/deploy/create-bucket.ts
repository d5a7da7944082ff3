import type { BucketStore } from "../s3/bucket-store.ts";
import { fieldsOf } from "./refuse-unknown.ts";
import type { NamedResource } from "./resource-type.ts";

/** Creates a bucket unless it is there from an earlier run, and turns its events on or off. */
export function createBucket(
  { name, stack, properties, logicalId }: NamedResource,
  buckets: BucketStore,
): void {
  const on = eventBridgeOf(properties["NotificationConfiguration"], `${stack.name}/${logicalId}`);
  const identity = { name, owner: stack.account, region: stack.region };
  const bucket = buckets.find(name) ?? buckets.create(identity);
  bucket.eventBridge = on;
}

function eventBridgeOf(notification: unknown, where: string): boolean {
  const path = `${where}: NotificationConfiguration`;
  const { EventBridgeConfiguration } = fieldsOf(notification, ["EventBridgeConfiguration"], path);
  if (EventBridgeConfiguration === undefined) return false;
  const fields = fieldsOf(
    EventBridgeConfiguration,
    ["EventBridgeEnabled"],
    `${path}.EventBridgeConfiguration`,
  );
  // Its default is to be on.
  return String(fields["EventBridgeEnabled"] ?? true) === "true";
}
