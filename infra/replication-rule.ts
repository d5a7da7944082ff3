import { Token } from "aws-cdk-lib";
import type { Problem } from "../core/model/problem.ts";
import { type Rule, ruleProblems } from "../core/model/rule.ts";
import type { NewRepository } from "./new-repository.ts";

/** What is kept in step, or copied each time it is uploaded; as a rule of `replication.yaml`. */
export interface ReplicationRule {
  /** 1 to 40 of a-z, 0-9 and `-`; no other rule has it. The names of the rule's executions begin with it. */
  readonly name: string;
  /**
   * The repositories to copy from, in ECR or any other registry: one, or with a `*` those whose names match:
   * `111111111111.dkr.ecr.us-east-1.amazonaws.com/team/*`, `docker.io/library/nginx`.
   * @default - none: uploads start the rule, and are its source
   */
  readonly source?: string;
  /**
   * With a source, a repository of ECR, whose `*` stands for what that of the source does; images keep their tags. For
   * uploads, a repository with a tag or without (then the image's tag): `{key}` and `{basename}` stand for the key of the
   * uploaded object and its last part, both without the suffix of an archive, `{name}` and `{tag}` for what the image
   * is called in the archive: `222222222222.dkr.ecr.eu-central-1.amazonaws.com/{basename}:latest`.
   */
  readonly destination: string;
  /**
   * Which tags are copied. Signatures and the like under cosign's tags go along with their images.
   * @default - all
   */
  readonly tags?: TagFilter;
  /**
   * Whether images of ECR without a tag are copied, too.
   * @default false
   */
  readonly untagged?: boolean;
  /**
   * How many images are copied at once, 1 to 1,000. ECR takes ten manifests a second.
   * @default 40
   */
  readonly concurrency?: number;
  /**
   * Whether it is a failure that a run finds no image to keep in step, not only a warning.
   * @default false
   */
  readonly mustSelect?: boolean;
  /**
   * Deletes at the destination the tags that `tags` names and that the source no longer has, or no longer selects.
   * @default - nothing is deleted
   */
  readonly prune?: true | PruneSettings;
  /**
   * An alarm goes off when in so many hours, 1 to 168, no run has found or brought all images in step.
   * @default - no such alarm
   */
  readonly alarmAfterHours?: number;
  /**
   * The role to read with.
   * @default - the functions' own roles, which may then read the uploads that start the rule, and of ECR the
   * `sourceRepositoryArns`
   */
  readonly sourceRoleArn?: string;
  /**
   * The role to write with.
   * @default - the functions' own roles, which may write the `destinationRepositoryArns`
   */
  readonly destinationRoleArn?: string;
  /**
   * Passed when `sourceRoleArn` is assumed.
   * @default - none
   */
  readonly sourceExternalId?: string;
  /**
   * Passed when `destinationRoleArn` is assumed.
   * @default - none
   */
  readonly destinationExternalId?: string;
  /**
   * The Secrets Manager secret with the credentials for a registry. What is uploaded comes from none: a rule that an
   * upload starts refuses it.
   * @default - none
   */
  readonly sourceSecretArn?: string;
  /**
   * The Secrets Manager secret with an access key to read with, in place of a role, which reaches no other partition.
   * @default - none
   */
  readonly sourceCredentialsSecretArn?: string;
  /**
   * The Secrets Manager secret with an access key to write with, in place of a role.
   * @default - none
   */
  readonly destinationCredentialsSecretArn?: string;
  /**
   * Whether the destination's repository is created when it is absent, and with which settings; those of one that
   * exists are never changed. `like` is for sources in ECR: a rule that an upload starts refuses it.
   * @default - an absent repository fails the execution
   */
  readonly createRepository?: true | { readonly like: "source" } | NewRepository;
  /**
   * What becomes of layers that are not compressed; `none` puts them as they are.
   * @default "gzip"
   */
  readonly layerCompression?: "gzip" | "zstd" | "none";
  /**
   * The platforms to copy of an index, such as `linux/amd64`: one as a plain manifest, several as an index of just these.
   * @default - the whole index, unchanged
   */
  readonly platforms?: string[];
  /**
   * Whether signatures, attestations and SBOMs go along.
   * @default true
   */
  readonly referrers?: boolean;
  /**
   * What starts the rule: any of these.
   * @default - it is started by hand
   */
  readonly triggers?: ReplicationTrigger[];
}

/** Which tags of a repository are copied. A pattern is a glob with `*` and `?`, or a regular expression: `/^v\\d+$/`. */
export interface TagFilter {
  /**
   * Tags that match one of these patterns.
   * @default - all
   */
  readonly include?: string[];
  /**
   * Tags that match none of these patterns.
   * @default - none is left out
   */
  readonly exclude?: string[];
  /**
   * Tags that are versions of a range, such as `>=1.2 <2`.
   * @default - any tag
   */
  readonly semver?: string;
  /**
   * Only so many of each repository: the highest versions with `semver`, and else those pushed last.
   * @default - all
   */
  readonly newest?: number;
  /**
   * Only images that were pushed since then: `30d`, `12h` or a date.
   * @default - all
   */
  readonly pushedSince?: string;
}

/** How much a rule may delete. */
export interface PruneSettings {
  /**
   * The most tags that one run deletes: a number, or a percentage of those that the rule owns at the destination, such
   * as `10%`. If there are more to delete, none is, and the run fails.
   * @default "10%"
   */
  readonly maxDeletes?: number | string;
  /**
   * Tags that are never deleted: patterns as in `tags`.
   * @default - none
   */
  readonly protect?: string[];
  /**
   * Whether the tags of repositories that are not at the source (any more) are deleted, too: then every repository of
   * the destination's pattern is taken for the rule's. Only with a `*`.
   * @default false
   */
  readonly repositories?: boolean;
}

/** What starts a rule: of one kind. */
export interface ReplicationTrigger {
  /** Every upload of an object: the object is the source. */
  readonly s3?: UploadTrigger;
  /** Times, at which the whole rule is run. */
  readonly schedule?: ScheduleTrigger;
  /**
   * Every push of a tag that the rule selects, in the source's repositories. In another account or Region, they need a
   * `PushForwarding`. ECR tells of pushes as best it can, and by digest not at all: have a `schedule`, too.
   */
  readonly ecrPush?: true;
}

/** When a rule is run. */
export interface ScheduleTrigger {
  /** `cron(0 3 * * ? *)` or `rate(6 hours)`, as EventBridge Scheduler has them. */
  readonly expression: string;
  /**
   * The time zone of a cron expression, such as `Europe/Berlin`.
   * @default "UTC"
   */
  readonly timezone?: string;
  /**
   * The minutes, 1 to 1,440, within which after its time the rule is started.
   * @default - at its time
   */
  readonly flexibleMinutes?: number;
}

/** Which uploads start a rule. */
export interface UploadTrigger {
  /** A bucket of the stack's account and Region, with events to EventBridge on. */
  readonly bucket: string;
  /**
   * What the key has to begin with.
   * @default - anything
   */
  readonly prefix?: string;
  /**
   * What the key has to end with; of a list, with any of it.
   * @default - anything
   */
  readonly suffix?: string | string[];
}

/**
 * Checks the rules of a prop. A value that is known only at deployment (a token) passes.
 * Throws one Error that lists every problem, with the rule and the field.
 */
export function checkRules(prop: string, rules: readonly ReplicationRule[]): readonly Rule[] {
  const problems = ruleProblems(rules).filter(({ path }) => !Token.isUnresolved(valueAt(rules, path)));
  if (problems.length === 0) return rules;
  throw new Error(problems.map((each) => described(prop, rules, each)).join("\n"));
}

function described(prop: string, rules: readonly ReplicationRule[], { path, message }: Problem): string {
  const name = Object(rules[Number(path[0])]).name;
  const rule = typeof name === "string" ? ` (rule "${name}")` : "";
  return `${[prop, ...path].join(".")}${rule}: ${message}`;
}

function valueAt(value: unknown, [field, ...rest]: readonly PropertyKey[]): unknown {
  return field === undefined ? value : valueAt(Object(value)[field], rest);
}
