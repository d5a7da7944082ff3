import { Duration, RemovalPolicy } from "aws-cdk-lib";
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type BucketProps,
  type CfnBucket,
  ObjectOwnership,
} from "aws-cdk-lib/aws-s3";
import type { Construct } from "constructs";
import { accept } from "./accept.ts";
import { inflatedPrefix, runsPrefix } from "./reach.ts";

/**
 * The bucket into which compressed archives are inflated, and in which runs keep their lists and results. Its objects expire; CloudFormation deletes it with the
 * stack, if there are none left, since what would empty it before is a function that may delete objects.
 */
export function workBucket(scope: Construct, id: string): Bucket {
  const bucket = privateBucket(scope, id, {
    lifecycleRules: [
      { id: "Inflated", prefix: inflatedPrefix, expiration: Duration.days(3) },
      { id: "Runs", prefix: runsPrefix, expiration: Duration.days(30) },
      abandonedUploads,
    ],
    removalPolicy: RemovalPolicy.DESTROY,
  });
  accept(bucket, { s3_event_notifications_enabled_check: "Only uploads to an inbox start something." });
  return bucket;
}

/** A bucket whose uploads are told to EventBridge. It stays when the stack is deleted: what is in it is not ours. */
export function inboxBucket(scope: Construct, id: string, bucketName: string): Bucket {
  const bucket = privateBucket(scope, id, {
    bucketName,
    lifecycleRules: [abandonedUploads],
    removalPolicy: RemovalPolicy.RETAIN,
  });
  // `eventBridgeEnabled` would bring a function that may change every bucket's notifications.
  (bucket.node.defaultChild as CfnBucket).notificationConfiguration = {
    eventBridgeConfiguration: { eventBridgeEnabled: true },
  };
  return bucket;
}

const abandonedUploads = { id: "AbandonedUploads", abortIncompleteMultipartUploadAfter: Duration.days(1) };

function privateBucket(scope: Construct, id: string, props: BucketProps): Bucket {
  const bucket = new Bucket(scope, id, {
    encryption: BucketEncryption.S3_MANAGED,
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    enforceSSL: true,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    ...props,
  });
  const logs = "It would take a second bucket, which nobody empties; CloudTrail can log who reads objects.";
  const passing = "What is in it only passes through: the copy in Amazon ECR is the one to keep.";
  accept(bucket, {
    "AwsSolutions-S1": logs,
    s3_bucket_logging_enabled_check: logs,
    s3_bucket_versioning_enabled_check: passing,
    s3_bucket_object_lock_enabled_check: passing,
    s3_bucket_default_encryption_kms_check:
      "S3 encrypts it with its own keys; one of KMS costs by the request, and each role would need it.",
  });
  return bucket;
}
