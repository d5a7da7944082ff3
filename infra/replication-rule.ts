import { Token } from "aws-cdk-lib";
import type { Problem } from "../core/model/problem.ts";
import { type Rule, ruleProblems } from "../core/model/rule.ts";
import type { NewRepository } from "./new-repository.ts";

/** A request that is made again and again, each time one of its triggers fires; as a rule of `replication.yaml`. */
export interface ReplicationRule {
  /** 1 to 40 of a-z, 0-9 and `-`; no other rule has it. The names of the rule's executions begin with it. */
  readonly name: string;
  /**
   * The ECR repository, with a tag or without (then the image's tag). `{key}` and `{basename}` stand for the key of the
   * uploaded object and its last part, both without the suffix of an archive, `{name}` and `{tag}` for what the image
   * is called in the archive: `222222222222.dkr.ecr.eu-central-1.amazonaws.com/{basename}:latest`.
   */
  readonly destination: string;
  /**
   * The role to read with.
   * @default - the functions' own roles, which may then read what the triggers name
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
  /** What starts the rule: any of these. */
  readonly triggers: ReplicationTrigger[];
}

/** What starts a rule: of one kind. */
export interface ReplicationTrigger {
  /** Every upload of an object: the object is the source. */
  readonly s3: UploadTrigger;
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
