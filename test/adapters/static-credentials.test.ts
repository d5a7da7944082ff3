import { CreateRepositoryCommand, DescribeRepositoriesCommand, ECRClient } from "@aws-sdk/client-ecr";
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListBucketsCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import {
  CreateSecretCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { ecrClient } from "../../adapters/clients/ecr-client.ts";
import type { Access } from "../../adapters/clients/role-credentials.ts";
import { s3Client } from "../../adapters/clients/s3-client.ts";
import { EcrSource } from "../../adapters/sources/ecr.ts";
import { parseEcrImage } from "../../core/model/reference.ts";
import { type LocalAws, startLocalAws } from "../../local/aws.ts";
import { writeAssembly } from "../local/fixture-assembly.ts";

const [own, far] = ["333333333333", "111111111111"];
const keys = { accessKeyId: far, secretAccessKey: "hush" };
const unknownKeys = { accessKeyId: "AKIAROTATEDOUT", secretAccessKey: "hush" };
const { repository } = parseEcrImage(`${far}.dkr.ecr.eu-central-1.amazonaws.com/team/app`);
const before = { ...process.env };
let aws: LocalAws;
let made = 0;

beforeAll(async () => {
  aws = await startLocalAws({ assembly: writeAssembly({ Resources: {} }) });
  Object.assign(process.env, {
    AWS_REGION: "eu-central-1",
    AWS_ENDPOINT_URL: aws.endpoint,
    AWS_ACCESS_KEY_ID: own,
    AWS_SECRET_ACCESS_KEY: "any",
  });
  const there = { region: "eu-central-1", credentials: keys };
  await new ECRClient(there).send(new CreateRepositoryCommand({ repositoryName: "team/app" }));
  const s3 = new S3Client({ ...there, forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: "far" }));
  await s3.send(new PutObjectCommand({ Bucket: "far", Key: "app.tar", Body: "bytes" }));
});
afterAll(async () => {
  process.env = before;
  await aws.stop();
});

async function accessWith(content: object): Promise<Access & { credentialsSecretArn: string }> {
  const input = { Name: `keys/${++made}`, SecretString: JSON.stringify(content) };
  const { ARN = "" } = await new SecretsManagerClient({}).send(new CreateSecretCommand(input));
  aws.calls.length = 0;
  return { side: "source", credentialsSecretArn: ARN };
}

const rotate = (SecretId: string, content: object) =>
  new SecretsManagerClient({}).send(
    new PutSecretValueCommand({ SecretId, SecretString: JSON.stringify(content) }),
  );

const describeAs = (access: Access) =>
  ecrClient(repository, access).send(new DescribeRepositoriesCommand({}));
const calls = () => aws.calls.map(({ service, operation, account }) => [service, operation, account]);

test("ECR is called with the keys in the secret, which is read once, and no role is assumed", async () => {
  const access = await accessWith(keys);
  for (const _ of [1, 2]) {
    const { repositories } = await describeAs(access);
    expect(repositories?.map(({ registryId }) => registryId)).toEqual([far]);
  }
  expect(calls()).toEqual([
    ["secretsmanager", "GetSecretValue", own],
    ["ecr", "DescribeRepositories", far],
    ["ecr", "DescribeRepositories", far],
  ]);
});

test("S3 is called with the keys in the secret, in the secret's Region", async () => {
  const access = await accessWith({ ...keys, region: "cn-north-1" });
  const client = s3Client(access);
  const { Body } = await client.send(new GetObjectCommand({ Bucket: "far", Key: "app.tar" }));
  expect(await Body?.transformToString()).toBe("bytes");
  expect(aws.calls.at(-1)).toMatchObject({ service: "s3", account: far, region: "cn-north-1" });
});

test.each([
  [{ ...keys, region: "cn-north-1" }, "s3.cn-north-1.amazonaws.com.cn"],
  [{ ...keys, region: "us-gov-west-1" }, "s3.us-gov-west-1.amazonaws.com"],
  [keys, "s3.eu-central-1.amazonaws.com"],
])("without an endpoint of its own, S3 is called where the secret %j says", async (content, host) => {
  const access = await accessWith(content);
  const { AWS_ENDPOINT_URL, ...others } = process.env;
  process.env = { ...others, AWS_ENDPOINT_URL_SECRETS_MANAGER: AWS_ENDPOINT_URL };
  const client = s3Client(access);
  const unsent = () => async (args: object) => {
    throw new Error((args as { request: { hostname: string } }).request.hostname);
  };
  client.middlewareStack.add(unsent, { step: "deserialize", priority: "low" });
  await expect(client.send(new ListBucketsCommand({}))).rejects.toThrow(host);
  process.env = { ...others, AWS_ENDPOINT_URL };
});

test("keys that were rotated while they were kept are read anew, and the call is made with the new ones", async () => {
  const access = await accessWith(unknownKeys);
  await expect(describeAs(access)).rejects.toMatchObject({ name: "AccessDenied" });
  await rotate(access.credentialsSecretArn, keys);
  expect((await describeAs(access)).repositories).toHaveLength(1);
});

test("keys that are not accepted when read anew either are a failure that names the secret and tells nothing of it", async () => {
  const access = await accessWith(unknownKeys);
  const failure = new EcrSource(ecrClient(repository, access), repository).resolve("latest");
  await expect(failure).rejects.toMatchObject({
    name: "AccessDenied",
    side: "source",
    message: `BatchGetImage failed with UnrecognizedClientException: the access keys in the source secret ${access.credentialsSecretArn} are not accepted; put ones that are into it`,
  });
  expect(calls().map(([, operation]) => operation)).toEqual([
    "GetSecretValue",
    "BatchGetImage",
    "GetSecretValue",
    "BatchGetImage",
  ]);
});

test("a session token goes along", async () => {
  const access = await accessWith({ ...unknownKeys, sessionToken: "hush-token" });
  const client = ecrClient(repository, access);
  expect(await client.config.credentials()).toMatchObject({ sessionToken: "hush-token" });
});

test.each([
  [{}, "has no accessKeyId"],
  [{ accessKeyId: "AKIAHUSH" }, "has no secretAccessKey"],
  [{ accessKeyId: "AKIAHUSH", secretAccessKey: "" }, "secretAccessKey that is no text"],
  [{ accessKeyId: "AKIAHUSH", secretAccessKey: "HUSH\n" }, "secretAccessKey that is no text"],
  [{ accessKeyId: 5, secretAccessKey: "HUSH" }, "accessKeyId that is no text"],
  [{ ...unknownKeys, sessionToken: "HUSH HUSH" }, "sessionToken that is no text"],
  [{ AccessKeyId: "AKIAHUSH", SecretAccessKey: "HUSH" }, "has no accessKeyId"],
])("the secret %j is refused without a character of it", async (content, what) => {
  const access = await accessWith(content);
  const failure = describeAs(access);
  await expect(failure).rejects.toMatchObject({ name: "AccessDenied", side: "source" });
  await expect(failure).rejects.toThrow(`the source secret ${access.credentialsSecretArn} has`);
  await expect(failure).rejects.toThrow(what);
  await expect(failure).rejects.not.toThrow("HUSH");
  expect(calls().every(([service]) => service === "secretsmanager")).toBe(true);
});
