import { spawn } from "node:child_process";
import { once } from "node:events";
import { BatchGetImageCommand, CreateRepositoryCommand, ECRClient } from "@aws-sdk/client-ecr";

/** What the SDK's clients need to reach local AWS as the administrator of an account. */
export interface ClientConfig {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** A repository of ECR. */
export interface Repository {
  readonly account: string;
  readonly region: string;
  readonly name: string;
}

/** The accounts of the example in `replication.yaml`. */
export const accounts = { source: "111111111111", destination: "222222222222", pipeline: "333333333333" };

/** The roles that the app made in them, for the source and for the destination. */
export const roles = [
  `arn:aws:iam::${accounts.source}:role/PullImages`,
  `arn:aws:iam::${accounts.destination}:role/CustomEcrRole`,
];

/** The Region of the pipeline. */
export const region = "eu-central-1";

/** The state machine that the app made. */
export const stateMachine = `arn:aws:states:${region}:${accounts.pipeline}:stateMachine:ReplicateImage`;

/** Says what comes next. */
export function say(line: string): void {
  console.log(`\n== ${line}`);
}

/** How a client reaches local AWS. */
export function clientConfig(endpoint: string, account: string, inRegion = region): ClientConfig {
  return { endpoint, region: inRegion, credentials: { accessKeyId: account, secretAccessKey: "local" } };
}

/** Runs the command line that a user would run, in the pipeline's account. */
export async function replicate(endpoint: string, words: readonly string[]): Promise<void> {
  console.log(`$ ecr-replicator ${words.map((word) => word || "''").join(" ")}\n`);
  const child = spawn(process.execPath, ["dist/cli/ecr-replicator.js", ...words], {
    env: {
      PATH: process.env["PATH"],
      TERM: process.env["TERM"],
      AWS_ENDPOINT_URL: endpoint,
      AWS_ACCESS_KEY_ID: accounts.pipeline,
      AWS_SECRET_ACCESS_KEY: "local",
      AWS_REGION: region,
    },
    stdio: "inherit",
  });
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`ecr-replicator ended with exit status ${code}`);
}

/** Creates a repository. */
export async function createRepository(endpoint: string, repository: Repository): Promise<void> {
  const command = new CreateRepositoryCommand({ repositoryName: repository.name });
  await new ECRClient(clientConfig(endpoint, repository.account, repository.region)).send(command);
}

/** The digest that a tag stands for, and the manifest. */
export async function imageOf(
  endpoint: string,
  { account, region: inRegion, name: repositoryName }: Repository,
  imageTag: string,
): Promise<{ digest?: string; manifest: { config?: { digest: string } } }> {
  const command = new BatchGetImageCommand({ repositoryName, imageIds: [{ imageTag }] });
  const { images = [] } = await new ECRClient(clientConfig(endpoint, account, inRegion)).send(command);
  const [image] = images;
  return { digest: image?.imageId?.imageDigest, manifest: JSON.parse(image?.imageManifest ?? "{}") };
}

/** A repository as docker names it. */
export function host({ account, region: inRegion, name }: Repository): string {
  return `${account}.dkr.ecr.${inRegion}.amazonaws.com/${name}`;
}
