import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IBucket } from "aws-cdk-lib/aws-s3";
import { bucketActions, creatingActions, type StepName, stepActions } from "./permissions.ts";
import { registryArn } from "./registry-arn.ts";
import { secretResource } from "./secret-resource.ts";

/** Where in the work bucket inflated archives are. */
export const inflatedPrefix = "inflated/";

/** Where in the work bucket the lists and results of runs are. */
export const runsPrefix = "runs/";

/** The objects of a bucket, by ARN; `*` stands for the rest of their keys. */
export interface Archives {
  readonly bucketArn: string;
  readonly objectArn: string;
}

/** What the functions may reach: roles to assume, and repositories and buckets to use with their own role. */
export interface Reach {
  readonly sourceRoleArns: readonly string[];
  readonly destinationRoleArns: readonly string[];
  readonly sourceRepositoryArns: readonly string[];
  readonly destinationRepositoryArns: readonly string[];
  /** Those of the `destinationRepositoryArns` from which images may be deleted. */
  readonly prunableRepositoryArns: readonly string[];
  /** Whether repositories may be created among these. */
  readonly createRepositories: boolean;
  /** The secrets with which sources are reached. */
  readonly sourceSecretArns: readonly string[];
  /** The secrets with which destinations are reached. */
  readonly destinationSecretArns: readonly string[];
  readonly archives: readonly Archives[];
  readonly workBucket: IBucket;
  /** The bus that events of what was replicated are put on. */
  readonly eventBusArn: string;
}

/** What a step's own role may do. */
export function statementsOf(step: StepName, reach: Reach): PolicyStatement[] {
  const { source, archives, inflated, destination } = stepActions[step];
  const { pruned = [], runs = [], events = [], registries = [] } = stepActions[step];
  const { workBucket } = reach;
  const secrets = ofSides(step, reach.sourceSecretArns, reach.destinationSecretArns);
  const creating = step === "plan" && reach.createRepositories ? creatingActions : undefined;
  return [
    allow(["sts:AssumeRole"], ofSides(step, reach.sourceRoleArns, reach.destinationRoleArns)),
    allow(["secretsmanager:GetSecretValue"], secrets.map(secretResource)),
    allow([...source, ...(creating?.source ?? [])], reach.sourceRepositoryArns),
    allow([...destination, ...(creating?.destination ?? [])], reach.destinationRepositoryArns),
    allow(pruned, reach.prunableRepositoryArns),
    allow(
      registries,
      [...reach.sourceRepositoryArns, ...reach.destinationRepositoryArns].map((arn) => registryArn(arn)),
    ),
    allow(
      archives,
      reach.archives.map(({ objectArn }) => objectArn),
    ),
    allow(
      archives.length > 0 ? bucketActions : [],
      reach.archives.map(({ bucketArn }) => bucketArn),
    ),
    allow(inflated, [workBucket.arnForObjects(`${inflatedPrefix}*`)]),
    allow(runs, [workBucket.arnForObjects(`${runsPrefix}*`)]),
    allow(inflated.length + runs.length > 0 ? bucketActions : [], [workBucket.bucketArn]),
    allow(events, [reach.eventBusArn]),
  ].flat();
}

/** Whether a step reads or writes the work bucket. */
export function usesWorkBucket(step: StepName): boolean {
  const { inflated, runs = [] } = stepActions[step];
  return inflated.length + runs.length > 0;
}

/** What a step needs of what the two sides are reached with. */
function ofSides(step: StepName, ofSource: readonly string[], ofDestination: readonly string[]): string[] {
  const { source, archives, destination } = stepActions[step];
  return [
    ...(source.length + archives.length > 0 ? ofSource : []),
    ...(destination.length > 0 ? ofDestination : []),
  ];
}

/** No statement, where there is nothing to do or nothing to do it to. */
function allow(actions: readonly string[], resources: readonly string[]): PolicyStatement[] {
  if (actions.length === 0 || resources.length === 0) return [];
  return [new PolicyStatement({ actions: [...actions], resources: [...new Set(resources)] })];
}
