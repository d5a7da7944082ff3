import { randomBytes } from "node:crypto";
import type { Call, Caller } from "../http.ts";
import { Refusal } from "../refusal.ts";

/** The operations of S3 that local AWS has. */
export type S3Operation =
  | "ListBuckets"
  | "CreateBucket"
  | "HeadBucket"
  | "PutBucketNotificationConfiguration"
  | "GetBucketNotificationConfiguration"
  | "ListObjectsV2"
  | "GetObject"
  | "HeadObject"
  | "PutObject"
  | "DeleteObject"
  | "CreateMultipartUpload"
  | "UploadPart"
  | "CompleteMultipartUpload"
  | "AbortMultipartUpload";

/** A call to S3 with its operation and what it is about. */
export interface S3Request {
  readonly call: Call;
  readonly caller: Caller;
  /** Names the request in its answer and in events. */
  readonly requestId: string;
  readonly operation: S3Operation;
  /** The permission it needs, and on what. */
  readonly action: string;
  readonly resource: string;
  readonly bucket: string;
  readonly key: string;
  readonly uploadId: string;
  readonly partNumber: number;
}

// By method, what is addressed, and the query parameters that change the operation.
const OPERATIONS: Record<string, S3Operation> = {
  "GET service": "ListBuckets",
  "PUT bucket": "CreateBucket",
  "HEAD bucket": "HeadBucket",
  "PUT bucket notification": "PutBucketNotificationConfiguration",
  "GET bucket notification": "GetBucketNotificationConfiguration",
  "GET bucket list-type": "ListObjectsV2",
  "GET object": "GetObject",
  "HEAD object": "HeadObject",
  "PUT object": "PutObject",
  "DELETE object": "DeleteObject",
  "POST object uploads": "CreateMultipartUpload",
  "PUT object partNumber,uploadId": "UploadPart",
  "POST object uploadId": "CompleteMultipartUpload",
  "DELETE object uploadId": "AbortMultipartUpload",
};
// Where the permission's name is not the operation's.
const ACTIONS: Partial<Record<S3Operation, string>> = {
  ListBuckets: "ListAllMyBuckets",
  HeadBucket: "ListBucket",
  PutBucketNotificationConfiguration: "PutBucketNotification",
  GetBucketNotificationConfiguration: "GetBucketNotification",
  ListObjectsV2: "ListBucket",
  HeadObject: "GetObject",
  CreateMultipartUpload: "PutObject",
  UploadPart: "PutObject",
  CompleteMultipartUpload: "PutObject",
};
const PLAIN = [
  "prefix",
  "delimiter",
  "max-keys",
  "start-after",
  "continuation-token",
  "encoding-type",
  "fetch-owner",
  "x-id",
];

/** Reads a path-style call; gives NotImplemented back for every operation that local AWS has not. */
export function s3RequestOf(call: Call): S3Request | Refusal {
  const [, bucket = "", encodedKey = ""] = /^\/([^/]*)\/?(.*)$/s.exec(call.path) ?? [];
  const key = decode(encodedKey);
  const { caller } = call;
  const subresources = [...call.query.keys()].filter((name) => !PLAIN.includes(name)).sort();
  const addressed = key ? "object" : bucket ? "bucket" : "service";
  const operation = OPERATIONS[[call.method, addressed, subresources.join(",")].join(" ").trim()];
  if (!operation || !caller || key === undefined || call.headers["x-amz-copy-source"]) {
    return new Refusal(
      "NotImplemented",
      `Local AWS has no ${call.method} of a ${addressed} ${subresources.join(", ")}`.trim(),
      501,
    );
  }
  return {
    call,
    caller,
    requestId: randomBytes(8).toString("hex").toUpperCase(),
    operation,
    action: `s3:${ACTIONS[operation] ?? operation}`,
    resource: key ? `arn:aws:s3:::${bucket}/${key}` : bucket ? `arn:aws:s3:::${bucket}` : "*",
    bucket,
    key,
    uploadId: call.query.get("uploadId") ?? "",
    partNumber: Number(call.query.get("partNumber")),
  };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
