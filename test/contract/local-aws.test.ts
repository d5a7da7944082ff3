import { CreateRepositoryCommand, ECRClient } from "@aws-sdk/client-ecr";
import { CreateBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { ecrClient } from "../../adapters/clients/ecr-client.ts";
import { S3Archive } from "../../adapters/clients/s3-archive.ts";
import { s3Client } from "../../adapters/clients/s3-client.ts";
import { EcrDestination } from "../../adapters/destinations/ecr.ts";
import { EcrSource } from "../../adapters/sources/ecr.ts";
import { ArchiveSource } from "../../core/archive/archive-source.ts";
import { type EcrRepository, parseEcrImage } from "../../core/model/reference.ts";
import { type LocalAws, startLocalAws } from "../../local/aws.ts";
import { ociFiles } from "../fakes/archive.ts";
import { push } from "../fakes/push.ts";
import { tarOf } from "../fakes/tar.ts";
import { writeAssembly } from "../local/fixture-assembly.ts";
import { describeDestination } from "./destination.ts";
import { describeLayerSearch } from "./layer-search.ts";
import { describeReadable, describeSource } from "./source.ts";

const account = "222222222222";
const region = "eu-central-1";
const before = { ...process.env };
let aws: LocalAws;
let made = 0;

beforeAll(async () => {
  aws = await startLocalAws({ assembly: writeAssembly({ Resources: {} }) });
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: aws.endpoint,
    AWS_ACCESS_KEY_ID: account,
    AWS_SECRET_ACCESS_KEY: "any",
  });
});

afterAll(async () => {
  process.env = before;
  await aws?.stop();
});

async function emptyRepository(immutable: boolean): Promise<EcrRepository> {
  const repositoryName = `contract/r${++made}`;
  const imageTagMutability = immutable ? "IMMUTABLE" : "MUTABLE";
  const client = new ECRClient({ region });
  await client.send(new CreateRepositoryCommand({ repositoryName, imageTagMutability }));
  client.destroy();
  return parseEcrImage(`${account}.dkr.ecr.${region}.amazonaws.com/${repositoryName}`).repository;
}

describeSource("ECR", async (content, tag) => {
  const repository = await emptyRepository(false);
  await push(new EcrDestination(ecrClient(repository, { side: "destination" }), repository), content, tag);
  return new EcrSource(ecrClient(repository, { side: "source" }), repository);
});

const emptyDestination = async ({ immutable }: { immutable: boolean }) => {
  const repository = await emptyRepository(immutable);
  return new EcrDestination(ecrClient(repository, { side: "destination" }), repository);
};

describeDestination("ECR", emptyDestination);

describeLayerSearch("ECR", () => emptyDestination({ immutable: false }));

describeReadable("an archive in S3", async (content) => {
  const object = { bucket: `contract-${++made}`, key: "images/app.tar" };
  const client = s3Client({ side: "source" });
  await client.send(new CreateBucketCommand({ Bucket: object.bucket }));
  const Body = tarOf(ociFiles({ content }));
  await client.send(new PutObjectCommand({ Bucket: object.bucket, Key: object.key, Body }));
  return new ArchiveSource(() => S3Archive.open(client, object));
});
