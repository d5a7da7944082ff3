import { type App, CfnOutput, LegacyStackSynthesizer, Stack } from "aws-cdk-lib";
import { ImageReplicator } from "./image-replicator.ts";
import { inboxBucket } from "./private-bucket.ts";
import type { Replication } from "./replication.ts";
import { DestinationRole, SourceRole } from "./repository-role.ts";

/** In MiB (AWS Lambda Developer Guide, "Configure Lambda function memory"): layers of archives are compressed on their way. */
const oneProcessor = 1769;

/** Adds the three stacks of the app: the pipeline, and a role in the source and in the destination account. */
export function addStacks(app: App, replication: Replication): void {
  const source = rolesStack(app, "EcrReplicatorSourceRoles", replication.sourceAccount, replication.region);
  const destination = rolesStack(
    app,
    "EcrReplicatorDestinationRoles",
    replication.destinationAccount,
    replication.region,
  );
  const { pipelineAccount: replicatorAccount, externalId, operatorArn, createRepositories } = replication;
  const shared = { replicatorAccount, externalId, operatorArn, createRepositories };
  new SourceRole(source, "SourceRole", { ...shared, bucketNames: replication.sourceBuckets });
  new DestinationRole(destination, "DestinationRole", shared);
  addPipeline(app, replication);
}

function addPipeline(app: App, replication: Replication): void {
  const { region, pipelineAccount, sourceAccount, destinationAccount, inboxBuckets = [] } = replication;
  const stack = new Stack(app, "EcrReplicator", {
    description: "Copies container images into Amazon ECR.",
    env: { account: pipelineAccount, region },
  });
  for (const name of inboxBuckets) inboxBucket(stack, `Inbox-${name}`, name);
  const { stateMachine } = new ImageReplicator(stack, "ImageReplicator", {
    stateMachineName: "ReplicateImage",
    sourceRoleArns: [`arn:${stack.partition}:iam::${sourceAccount}:role/PullImages`],
    destinationRoleArns: [`arn:${stack.partition}:iam::${destinationAccount}:role/CustomEcrRole`],
    secretArns: replication.secrets,
    rules: replication.rules,
    copyLayerMemory: hasArchives(replication) ? oneProcessor : undefined,
  });
  new CfnOutput(stack, "StateMachineArn", { value: stateMachine.stateMachineArn });
}

function hasArchives({ sourceBuckets = [], inboxBuckets = [] }: Replication): boolean {
  return sourceBuckets.length + inboxBuckets.length > 0;
}

function rolesStack(app: App, id: string, account: string, region: string): Stack {
  return new Stack(app, id, {
    description: "The role with which ecr-replicator uses the repositories of this account.",
    env: { account, region },
    // A role has no assets, so its account need not be bootstrapped.
    synthesizer: new LegacyStackSynthesizer(),
  });
}
