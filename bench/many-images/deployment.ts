import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, Stack } from "aws-cdk-lib";
import { ImageReplicator } from "../../infra/image-replicator.ts";
import { type LocalAws, startLocalAws } from "../../local/aws.ts";

/** Where the replicator is deployed, and both sides of what it copies. */
export const env = { account: "333333333333", region: "eu-central-1" };

/** The name of its state machine for rules. */
export const stateMachineName = "ReplicateImages";

/** Starts local AWS with a replicator in it that uses its functions' own roles, in its own account. */
export async function startReplicator(): Promise<LocalAws> {
  const assembly = mkdtempSync(join(tmpdir(), "many-images-"));
  const app = new App({ outdir: assembly, analyticsReporting: false });
  const repositories = [`arn:aws:ecr:*:${env.account}:repository/*`];
  new ImageReplicator(new Stack(app, "Bench", { env }), "ImageReplicator", {
    imagesStateMachineName: stateMachineName,
    sourceRepositoryArns: repositories,
    destinationRepositoryArns: repositories,
  });
  app.synth();
  const aws = await startLocalAws({ assembly });
  const stop = async () => {
    await aws.stop();
    rmSync(assembly, { recursive: true });
  };
  return { ...aws, stop };
}
