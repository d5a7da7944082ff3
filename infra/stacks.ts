import { type App, CfnOutput, LegacyStackSynthesizer, Stack } from "aws-cdk-lib";
import { ImageReplicator } from "./image-replicator.ts";
import { DestinationRole, SourceRole } from "./repository-role.ts";
import type { Settings } from "./settings.ts";

/** Adds the three stacks of the app: the pipeline, and a role in the source and in the destination account. */
export function addStacks(app: App, settings: Settings): void {
  const source = rolesStack(app, "EcrReplicatorSourceRoles", settings.sourceAccount, settings.region);
  const destination = rolesStack(
    app,
    "EcrReplicatorDestinationRoles",
    settings.destinationAccount,
    settings.region,
  );
  const { pipelineAccount: replicatorAccount, externalId, operatorArn, sourceBucket } = settings;
  const trust = { replicatorAccount, externalId, operatorArn };
  const bucketNames = sourceBucket === undefined ? [] : [sourceBucket];
  new SourceRole(source, "SourceRole", { ...trust, bucketNames });
  new DestinationRole(destination, "DestinationRole", trust);
  addPipeline(app, settings);
}

function addPipeline(
  app: App,
  { region, pipelineAccount, sourceAccount, destinationAccount }: Settings,
): void {
  const stack = new Stack(app, "EcrReplicator", {
    description: "Copies container images into Amazon ECR.",
    env: { account: pipelineAccount, region },
  });
  const { stateMachine } = new ImageReplicator(stack, "ImageReplicator", {
    stateMachineName: "ReplicateImage",
    sourceRoleArns: [`arn:${stack.partition}:iam::${sourceAccount}:role/PullImages`],
    destinationRoleArns: [`arn:${stack.partition}:iam::${destinationAccount}:role/CustomEcrRole`],
  });
  new CfnOutput(stack, "StateMachineArn", { value: stateMachine.stateMachineArn });
}

function rolesStack(app: App, id: string, account: string, region: string): Stack {
  return new Stack(app, id, {
    description: "The role with which ecr-replicator uses the repositories of this account.",
    env: { account, region },
    // A role has no assets, so its account need not be bootstrapped.
    synthesizer: new LegacyStackSynthesizer(),
  });
}
