import { type App, CfnOutput, LegacyStackSynthesizer, Stack, type StackProps } from "aws-cdk-lib";
import { hasRepositories, type Rule } from "../core/model/rule.ts";
import { isAppRole } from "./app-role.ts";
import { ImageReplicator } from "./image-replicator.ts";
import { mailingTopic } from "./notifications.ts";
import { inboxBucket } from "./private-bucket.ts";
import { prunedRepositoryArns } from "./prunable-repositories.ts";
import { PushForwarding } from "./push-forwarding.ts";
import type { Replication } from "./replication.ts";
import { DestinationRole, SourceRole } from "./repository-role.ts";
import { watchedRules } from "./watched-rule.ts";

/** In MiB (AWS Lambda Developer Guide, "Configure Lambda function memory"): layers of archives are compressed on their way. */
const oneProcessor = 1769;

/**
 * Adds the stacks of the app: the pipeline, a role in the source and in the destination account, and wherever else pushes
 * start rules, what forwards them.
 */
export function addStacks(app: App, replication: Replication): void {
  const source = rolesStack(app, "EcrReplicatorSourceRoles", replication.sourceAccount, replication.region);
  const destination = rolesStack(
    app,
    "EcrReplicatorDestinationRoles",
    replication.destinationAccount,
    replication.region,
  );
  const { pipelineAccount: replicatorAccount, externalId, operatorArn, rules = [] } = replication;
  const listImages = rules.some(hasRepositories);
  const shared = { replicatorAccount, externalId, operatorArn, listImages };
  const reading = rules.filter(namesSourceRole(replication));
  new SourceRole(source, "SourceRole", {
    ...shared,
    createRepositories: replication.createRepositories || reading.some(createsRepositories),
    bucketNames: replication.sourceBuckets,
  });
  const writing = rules.filter(namesDestinationRole(replication));
  new DestinationRole(destination, "DestinationRole", {
    ...shared,
    createRepositories: replication.createRepositories || writing.some(createsRepositories),
    prunableRepositoryArns: prunedRepositoryArns(writing),
  });
  addPipeline(app, replication);
  addForwarding(app, replication);
}

/** Whether a rule reads with the role of the app. */
function namesSourceRole({ sourceAccount }: Replication): (rule: Rule) => boolean {
  return ({ sourceRoleArn }) => isAppRole(sourceRoleArn, sourceAccount, "PullImages");
}

/** Whether a rule writes with the role of the app. */
function namesDestinationRole({ destinationAccount }: Replication): (rule: Rule) => boolean {
  return ({ destinationRoleArn }) => isAppRole(destinationRoleArn, destinationAccount, "CustomEcrRole");
}

function createsRepositories({ createRepository }: Rule): boolean {
  return createRepository !== undefined;
}

function addPipeline(app: App, replication: Replication): void {
  const { region, pipelineAccount, sourceAccount, destinationAccount } = replication;
  const { inboxBuckets = [], notifications } = replication;
  const stack = new Stack(app, "EcrReplicator", {
    description: "Copies container images into Amazon ECR.",
    env: { account: pipelineAccount, region },
  });
  for (const name of inboxBuckets) inboxBucket(stack, `Inbox-${name}`, name);
  const { stateMachine, imagesStateMachine } = new ImageReplicator(stack, "ImageReplicator", {
    stateMachineName: "ReplicateImage",
    imagesStateMachineName: "ReplicateImages",
    sourceRoleArns: [`arn:${stack.partition}:iam::${sourceAccount}:role/PullImages`],
    destinationRoleArns: [`arn:${stack.partition}:iam::${destinationAccount}:role/CustomEcrRole`],
    secretArns: replication.secrets,
    rules: replication.rules,
    alarmTopic: notifications && mailingTopic(stack, "Notifications", notifications),
    dashboard: replication.dashboard,
    tracing: replication.tracing,
    copyLayerMemory: hasArchives(replication) ? oneProcessor : undefined,
  });
  new CfnOutput(stack, "StateMachineArn", { value: stateMachine.stateMachineArn });
  new CfnOutput(stack, "ImagesStateMachineArn", { value: imagesStateMachine.stateMachineArn });
}

/** One stack for each account and Region, whose name tells them apart, now and when there are more of them. */
function addForwarding(app: App, { rules = [], pipelineAccount, region: pipelineRegion }: Replication): void {
  const repositories = watchedRules(rules).map(({ repository }) => repository);
  const places = Map.groupBy(repositories, ({ account, region }) => `${account}-${region}`);
  for (const [place, [first, ...others]] of places) {
    if (!first || (first.account === pipelineAccount && first.region === pipelineRegion)) continue;
    const { account, region } = first;
    const stack = bareStack(app, `EcrReplicatorPushForwarding-${place}`, {
      description: "Tells ecr-replicator of the pushes to the repositories of this account and Region.",
      env: { account, region },
    });
    new PushForwarding(stack, "PushForwarding", {
      pipelineAccount,
      pipelineRegion,
      repositories: [...new Set([first, ...others].map(({ name }) => name))],
    });
  }
}

function hasArchives({ sourceBuckets = [], inboxBuckets = [] }: Replication): boolean {
  return sourceBuckets.length + inboxBuckets.length > 0;
}

function rolesStack(app: App, id: string, account: string, region: string): Stack {
  return bareStack(app, id, {
    description: "The role with which ecr-replicator uses the repositories of this account.",
    env: { account, region },
  });
}

/** A stack without assets, whose account need not be bootstrapped. */
function bareStack(app: App, id: string, props: StackProps): Stack {
  return new Stack(app, id, { ...props, synthesizer: new LegacyStackSynthesizer() });
}
