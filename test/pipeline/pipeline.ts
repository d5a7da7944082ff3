import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, Stack } from "aws-cdk-lib";
import { ImageReplicator } from "../../infra/image-replicator.ts";
import { readReplicationFile } from "../../infra/replication-file.ts";
import { DestinationRole } from "../../infra/repository-role.ts";
import { addStacks } from "../../infra/stacks.ts";
import { type LocalAws, type LocalAwsOptions, startLocalAws } from "../../local/aws.ts";

/** The accounts of `replication.yaml`, and the Region of its pipeline. */
export const accounts = { source: "111111111111", destination: "222222222222", pipeline: "333333333333" };
export const region = "eu-central-1";

/** The role of each side, by the names that `SourceRole` and `DestinationRole` give them. */
export const roleArns = {
  source: `arn:aws:iam::${accounts.source}:role/PullImages`,
  destination: `arn:aws:iam::${accounts.destination}:role/CustomEcrRole`,
};

/** The external id that the roles of the tests require. */
export const externalId = "pipeline-tests";

/** The state machines: that of `replication.yaml`, and one whose functions also use their own roles and copy layers with 256 MiB. */
export const machines = {
  ReplicateImage: "ReplicateImage",
  ReplicateImages: "ReplicateImages",
  OwnRoles: "OwnRoles",
  OwnRolesImages: "OwnRolesImages",
};

/** A role in the destination account that trusts the pipeline, and that the pipeline was not given. */
export const ungrantedRoleArn = `arn:aws:iam::${accounts.destination}:role/Ungranted`;

/** Starts local AWS with the synthesised app in it; retries do not wait. */
export async function startPipeline(options: Partial<LocalAwsOptions> = {}): Promise<LocalAws> {
  const assembly = mkdtempSync(join(tmpdir(), "pipeline-"));
  synthesize(assembly);
  const aws = await startLocalAws({ assembly, retryIntervalMillis: 5, concurrency: 3, ...options });
  const stop = async () => {
    await aws.stop();
    rmSync(assembly, { recursive: true });
  };
  return { ...aws, stop };
}

function synthesize(outdir: string): void {
  const context = JSON.parse(readFileSync("cdk.json", "utf8")).context as Record<string, unknown>;
  const app = new App({ outdir, context, analyticsReporting: false });
  const replication = readReplicationFile("replication.yaml");
  const rules = replication.rules?.map((rule) => ({
    ...rule,
    ...(rule.sourceRoleArn !== undefined && { sourceExternalId: externalId }),
    destinationExternalId: externalId,
  }));
  addStacks(app, { ...replication, rules, externalId, notifications: ["me@example.com"] });
  const env = { account: accounts.pipeline, region };
  const ownRegistry = `${accounts.pipeline}.dkr.ecr.${region}.amazonaws.com`;
  const repositories = [`arn:aws:ecr:*:${accounts.pipeline}:repository/*`];
  new ImageReplicator(new Stack(app, "OwnRoles", { env }), "ImageReplicator", {
    stateMachineName: machines.OwnRoles,
    imagesStateMachineName: machines.OwnRolesImages,
    sourceRoleArns: [roleArns.source],
    destinationRoleArns: [roleArns.destination],
    sourceRepositoryArns: repositories,
    destinationRepositoryArns: repositories,
    createRepositories: true,
    // What the functions may delete with their own roles is what the rules prune that are deployed.
    rules: [{ name: "any", source: "ghcr.io/any/*", destination: `${ownRegistry}/*`, prune: true }],
    copyLayerMemory: 256,
  });
  const others = new Stack(app, "Others", { env: { account: accounts.destination, region } });
  const trust = { replicatorAccount: accounts.pipeline, externalId };
  new DestinationRole(others, "Ungranted", { ...trust, roleName: "Ungranted" });
  app.synth();
}
