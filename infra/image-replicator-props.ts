import type { Duration } from "aws-cdk-lib";
import type { RetentionDays } from "aws-cdk-lib/aws-logs";
import type { IBucket } from "aws-cdk-lib/aws-s3";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import type { ReplicationRule } from "./replication-rule.ts";

/** What an `ImageReplicator` may reach and how it runs. */
export interface ImageReplicatorProps {
  /**
   * The roles that the functions may assume to read images. `*` may stand for the account or for part of the
   * path or name, but a role name is needed: `arn:aws:iam::*:role/PullImages`.
   * @default - none: images are read with the functions' own roles
   */
  readonly sourceRoleArns?: string[];
  /**
   * The roles that the functions may assume to write images, in the form of `sourceRoleArns`.
   * @default - none: images are written with the functions' own roles
   */
  readonly destinationRoleArns?: string[];
  /**
   * The ECR repositories that the functions may read with their own roles, when a request names no source role.
   * `*` may stand for the Region or for part of the name. A repository of another account must allow it, too.
   * @default - none
   */
  readonly sourceRepositoryArns?: string[];
  /**
   * The ECR repositories that the functions may write with their own roles, when a request names no destination
   * role, in the form of `sourceRepositoryArns`. They may delete images from those alone that one of the `rules` prunes
   * which names no destination role: an execution that is started by hand with another rule prunes by a role only.
   * @default - none
   */
  readonly destinationRepositoryArns?: string[];
  /**
   * Whether the functions may create repositories among the `destinationRepositoryArns`, for requests with
   * `createRepository`, and read the settings of the `sourceRepositoryArns`, which new ones may be like.
   * A role that a request names needs these permissions itself: see `RepositoryRoleProps.createRepositories`.
   * @default false
   */
  readonly createRepositories?: boolean;
  /**
   * The Secrets Manager secrets that requests may name: with credentials for registries, and with access keys for
   * another partition. An ARN is best given in full. One that ends with the secret's name will do, unless the name
   * itself ends with a hyphen and six letters or digits. A secret of another account must allow it, too, and so must
   * the owner of a customer managed KMS key.
   * @default - none but those that `rules` name
   */
  readonly secretArns?: string[];
  /**
   * The S3 buckets from which the functions may read image archives with their own roles, when a request names no
   * source role. A bucket of another account must allow it, too, and so must the owner of a KMS key.
   * @default - none but what the triggers of `rules` name
   */
  readonly sourceBucketNames?: string[];
  /**
   * What is replicated by itself, and when; as in `replication.yaml`. The roles and secrets that rules name need not be
   * named again in `sourceRoleArns`, `destinationRoleArns` and `secretArns`.
   * @default - none: executions are started by hand
   */
  readonly rules?: ReplicationRule[];
  /**
   * The bucket into which compressed archives are inflated, below `inflated/`, and in which runs keep their lists and
   * results, below `runs/`. A bucket of your own should let the first expire after three days, the second after 30, and
   * uploads that were not completed after one. If it is encrypted with a customer managed KMS key, the functions and
   * the state machine of runs need permissions on that key: see docs/deploy.md, "Buckets". Several replicators may share
   * one if their state machines have different names.
   * @default - made by the construct, and deleted with it if it is empty
   */
  readonly workBucket?: IBucket;
  /**
   * The name of the state machine for one image.
   * @default - made by CloudFormation
   */
  readonly stateMachineName?: string;
  /**
   * The name of the state machine for the images of a rule.
   * @default - made by CloudFormation
   */
  readonly imagesStateMachineName?: string;
  /**
   * How long an execution of the state machine for one image may take. One for the images of a rule has seven days.
   * @default Duration.hours(24)
   */
  readonly timeout?: Duration;
  /**
   * Whether executions and the functions they call are traced with AWS X-Ray.
   * @default false
   */
  readonly tracing?: boolean;
  /**
   * How long the functions' logs are kept.
   * @default RetentionDays.THREE_MONTHS
   */
  readonly logRetention?: RetentionDays;
  /**
   * Whether there are alarms: on what fails, on what could not be started, and for each rule with `alarmAfterHours` on no
   * run that succeeds.
   * @default - true with an `alarmTopic` or a rule with `alarmAfterHours`
   */
  readonly alarms?: boolean;
  /**
   * The topic for alarms, and for a sentence about each run or single image that fails. One of another stack or account
   * has to let CloudWatch and EventBridge publish; none may be encrypted with the key of AWS, which CloudWatch cannot use.
   * @default - none: alarms are seen in the console, and events on the default event bus
   */
  readonly alarmTopic?: ITopic;
  /**
   * Whether there is a CloudWatch dashboard.
   * @default false
   */
  readonly dashboard?: boolean;
  /**
   * The memory of the function that copies a layer, in MiB, 256 to 10,240. More memory is more CPU and network;
   * the size of a layer does not matter.
   * @default 512
   */
  readonly copyLayerMemory?: number;
  /**
   * How long one call of the function that copies a layer may take, 3 to 15 minutes. A layer that takes longer
   * is continued by the next call.
   * @default Duration.minutes(15)
   */
  readonly copyLayerTimeout?: Duration;
  /**
   * The memory of the function that inflates a compressed archive, in MiB, 512 to 10,240. More memory is more CPU, and
   * so a larger archive in the 15 minutes that the function has.
   * @default 1769
   */
  readonly untarMemory?: number;
  /**
   * How many layers of an image are copied at once, 1 to 40.
   * @default 40
   */
  readonly maxConcurrentLayers?: number;
}
