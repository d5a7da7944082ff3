/*
 * The main job from end to end, on this machine alone: an image in one account's ECR arrives in
 * another account's ECR in another region, through the deployed state machine.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { BatchGetImageCommand, CreateRepositoryCommand, ECRClient } from "@aws-sdk/client-ecr";
import { type LocalAws, startLocalAws } from "../local/aws.ts";
import { buildImage } from "./image.ts";
import { push } from "./push.ts";

const source = { account: "111111111111", region: "us-east-1", name: "team/app" };
const destination = { account: "222222222222", region: "eu-central-1", name: "mirror/app" };
const roles = ["arn:aws:iam::111111111111:role/PullImages", "arn:aws:iam::222222222222:role/CustomEcrRole"];
const machine = "arn:aws:states:eu-central-1:333333333333:stateMachine:ReplicateImage";
const tag = "1.0.0";

type Repository = typeof source;

say("Starting AWS on this machine, and deploying the synthesised app into it");
const aws = await startLocalAws({ assembly: "cdk.out" });
try {
  say(`Building an image for two platforms, and pushing it to ${host(source)}`);
  await create(aws, source);
  await create(aws, destination);
  const image = buildImage(["linux/amd64", "linux/arm64"], 32);
  await push(image, `${aws.endpoint}/v2/${source.account}/${source.region}/${source.name}`, tag);
  console.log(`pushed ${image.index.descriptor.digest}`);

  const from = `${host(source)}:${tag}`;
  say(`Replicating it to ${host(destination)} with the state machine`);
  await replicate(aws, from);
  say("Once more: nothing is left to do");
  await replicate(aws, from);

  say("What the two registries say");
  const digests = [await digest(aws, source), await digest(aws, destination)];
  console.log(`source       ${digests[0]}\ndestination  ${digests[1]}`);
  if (digests[0] !== digests[1] || digests[0] !== image.index.descriptor.digest) {
    throw new Error("the digests differ");
  }
  console.log("The digests agree.");
} finally {
  await aws.stop();
}

/** Runs the command line that a user would run. */
async function replicate({ endpoint }: LocalAws, from: string): Promise<void> {
  const words = ["copy", from, host(destination), ...roles, "--state-machine", machine];
  console.log(`$ ecr-replicator ${words.join(" ")}\n`);
  const child = spawn(process.execPath, ["dist/cli/ecr-replicator.js", ...words], {
    env: { PATH: process.env["PATH"], TERM: process.env["TERM"], ...as("333333333333", endpoint) },
    stdio: "inherit",
  });
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`ecr-replicator ended with exit status ${code}`);
}

async function create({ endpoint }: LocalAws, repository: Repository): Promise<void> {
  await ecr(endpoint, repository).send(new CreateRepositoryCommand({ repositoryName: repository.name }));
}

async function digest({ endpoint }: LocalAws, repository: Repository): Promise<string | undefined> {
  const command = new BatchGetImageCommand({
    repositoryName: repository.name,
    imageIds: [{ imageTag: tag }],
  });
  return (await ecr(endpoint, repository).send(command)).images?.[0]?.imageId?.imageDigest;
}

function ecr(endpoint: string, { account, region }: Repository): ECRClient {
  return new ECRClient({ endpoint, region, credentials: { accessKeyId: account, secretAccessKey: "local" } });
}

/** The environment of an account's administrator in local AWS. */
function as(account: string, endpoint: string): Record<string, string> {
  return { AWS_ENDPOINT_URL: endpoint, AWS_ACCESS_KEY_ID: account, AWS_SECRET_ACCESS_KEY: "local" };
}

function host({ account, region, name }: Repository): string {
  return `${account}.dkr.ecr.${region}.amazonaws.com/${name}`;
}

function say(line: string): void {
  console.log(`\n== ${line}`);
}
