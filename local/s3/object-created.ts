import { type BusEvent, newEvent } from "../events/event.ts";
import type { Bucket, StoredObject } from "./bucket.ts";

/** How an object came to be. */
export interface Creation {
  readonly bucket: Bucket;
  readonly object: StoredObject;
  /** The request's id, as its answer has it. */
  readonly requestId: string;
  /** The account that asked. */
  readonly requester: string;
  readonly reason: "PutObject" | "CompleteMultipartUpload";
}

let lastSequencer = 0n;

/** S3's event for a new object (S3 user guide, "EventBridge event message structure"); its key is not URL-encoded. */
export function objectCreated({ bucket, object, requestId, requester, reason }: Creation): BusEvent {
  const { name, owner, region } = bucket.identity;
  const { key, size, etag } = object;
  return newEvent({
    "detail-type": "Object Created",
    source: "aws.s3",
    account: owner,
    region,
    resources: [`arn:aws:s3:::${name}`],
    detail: {
      version: "0",
      bucket: { name },
      object: { key, size, etag: etag.replaceAll('"', ""), sequencer: nextSequencer() },
      "request-id": requestId,
      requester,
      "source-ip-address": "127.0.0.1",
      reason,
    },
  });
}

/** 18 hex digits that grow with every event: the seconds, and a fraction of 32 bits. */
function nextSequencer(): string {
  const now = (BigInt(Date.now()) << 32n) / 1000n;
  lastSequencer = now > lastSequencer ? now : lastSequencer + 1n;
  return lastSequencer.toString(16).toUpperCase().padStart(18, "0");
}
