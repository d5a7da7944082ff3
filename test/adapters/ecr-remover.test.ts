import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { CreateRepositoryCommand, ECRClient } from "@aws-sdk/client-ecr";
import { EcrDestination } from "../../adapters/destinations/ecr.ts";
import { EcrRemover } from "../../adapters/destinations/ecr-remover.ts";
import { type EcrRepository, parseEcrImage } from "../../core/model/reference.ts";
import type { Deletion } from "../../core/ports.ts";
import { type LocalAws, startLocalAws } from "../../local/aws.ts";
import { type Content, imageOf, index } from "../fakes/image.ts";
import { push } from "../fakes/push.ts";
import { writeAssembly } from "../local/fixture-assembly.ts";

const account = "222222222222";
const region = "eu-central-1";
const one = imageOf([10], 1);
const two = imageOf([10], 2);
let aws: LocalAws;
let client: ECRClient;
let made = 0;
let name: string;
let destination: EcrDestination;

function repositoryOf(repository: string): EcrRepository {
  return parseEcrImage(`${account}.dkr.ecr.${region}.amazonaws.com/${repository}`).repository;
}

beforeAll(async () => {
  aws = await startLocalAws({ assembly: writeAssembly({ Resources: {} }) });
  const credentials = { accessKeyId: account, secretAccessKey: "any" };
  client = new ECRClient({ region, endpoint: aws.endpoint, credentials, maxAttempts: 1 });
});
afterAll(async () => {
  client.destroy();
  await aws.stop();
});
beforeEach(async () => {
  name = `remover/r${++made}`;
  await client.send(new CreateRepositoryCommand({ repositoryName: name }));
  destination = new EcrDestination(client, repositoryOf(name));
});
afterEach(() => aws.faults.clear());

const remove = (deletions: readonly Deletion[]) => {
  aws.calls.length = 0;
  return new EcrRemover(client, repositoryOf("any/other")).remove(deletions);
};
const deletion = (tag: string, { root }: Content = one): Deletion => ({
  repository: name,
  tag,
  digest: root.digest,
});
const called = () => aws.calls.map(({ operation }) => operation);

test("a tag goes with its image when it is the last, and alone when it is not", async () => {
  await push(destination, one, "1");
  await push(destination, one, "1.0");
  await push(destination, two, "2");
  expect(await remove([deletion("1"), deletion("2", two)])).toEqual([]);
  expect(called()).toEqual(["DescribeImages", "BatchDeleteImage"]);
  expect(await destination.resolve("1")).toBeUndefined();
  expect(await destination.resolve("1.0")).toBe(one.root.digest);
  expect(await destination.resolve(two.root.digest)).toBeUndefined();
});

test("nothing to remove is no call", async () => {
  expect(await remove([])).toEqual([]);
  expect(called()).toEqual([]);
});

test("a tag that has moved is kept, and stands for what it stood for", async () => {
  await push(destination, one, "old");
  await push(destination, two, "latest");
  expect(await remove([deletion("latest", one), deletion("old", one)])).toEqual([
    { ...deletion("latest", one), reason: `the tag has moved to ${two.root.digest}` },
  ]);
  expect(await destination.resolve("latest")).toBe(two.root.digest);
  expect(await destination.resolve("old")).toBeUndefined();
});

test("a tag that is gone is as good as removed, and so is one that goes meanwhile", async () => {
  await push(destination, one, "there");
  expect(await remove([deletion("gone"), deletion("there"), deletion("also-gone")])).toEqual([]);
  expect(await destination.resolve("there")).toBeUndefined();
  expect(await remove([deletion("there")])).toEqual([]);
  expect(called()).toEqual(["DescribeImages", "DescribeImages"]);
});

test("an image that is part of an index is kept", async () => {
  const whole = index([one, two]);
  await push(destination, whole, "1");
  await push(destination, one, "1-amd64");
  expect(await remove([deletion("1-amd64")])).toEqual([
    { ...deletion("1-amd64"), reason: "it is part of an index" },
  ]);
  expect(await destination.resolve("1-amd64")).toBe(one.root.digest);
});

test("an image that is part of an index goes when the index does, in any order", async () => {
  const whole = index([one, two]);
  await push(destination, whole, "1");
  await push(destination, one, "1-amd64");
  expect(await remove([deletion("1-amd64"), deletion("1", whole)])).toEqual([]);
  expect(await destination.resolve("1-amd64")).toBeUndefined();
});

const hundred = Array.from({ length: 100 }, (_, at) => `v${at}`);

test("a hundred tags, of which one is gone, are listed, looked at and removed by one call each", async () => {
  await push(destination, one);
  for (const tag of hundred.slice(1)) await push(destination, one, tag);
  expect(await remove(hundred.map((tag) => deletion(tag)))).toEqual([]);
  expect(called()).toEqual(["DescribeImages", "DescribeImages", "DescribeImages", "BatchDeleteImage"]);
  expect(await destination.resolve("v50")).toBeUndefined();
});

test("hundreds of tags that are all gone, as for a prune that is tried again, are found so by one listing", async () => {
  await push(destination, one, "other");
  aws.calls.length = 0;
  const remover = new EcrRemover(client, repositoryOf(name));
  for (let batch = 0; batch < 5; batch++) {
    expect(await remover.remove(hundred.map((tag) => deletion(tag)))).toEqual([]);
  }
  expect(called()).toEqual(["DescribeImages", "DescribeImages"]);
  expect(await destination.resolve("other")).toBe(one.root.digest);
});

test("what moves or goes after the repository was listed is neither deleted nor missed", async () => {
  for (const tag of ["moves", "goes", "stays"]) await push(destination, one, tag);
  const remover = new EcrRemover(client, repositoryOf(name));
  await remover.remove([deletion("gone")]);
  await push(destination, two, "moves");
  await new EcrRemover(client, repositoryOf(name)).remove([deletion("goes")]);
  expect(await remover.remove(["moves", "goes", "stays"].map((tag) => deletion(tag)))).toEqual([
    { ...deletion("moves"), reason: `the tag has moved to ${two.root.digest}` },
  ]);
  expect(await destination.resolve("moves")).toBe(two.root.digest);
  expect(await destination.resolve("stays")).toBeUndefined();
});

test("the listing of one repository says nothing of the same tag in another", async () => {
  const remover = new EcrRemover(client, repositoryOf(name));
  await remover.remove([deletion("1")]);
  name = `remover/r${++made}`;
  await client.send(new CreateRepositoryCommand({ repositoryName: name }));
  destination = new EcrDestination(client, repositoryOf(name));
  await push(destination, one, "1");
  expect(await remover.remove([deletion("1")])).toEqual([]);
  expect(await destination.resolve("1")).toBeUndefined();
});

test.each([
  ["DescribeImages", "throttle", "Throttled"],
  ["DescribeImages", "error500", "Unavailable"],
  ["BatchDeleteImage", "accessDenied", "AccessDenied"],
] as const)("%s at the fault %s is %s, of the destination", async (operation, fault, failure) => {
  await push(destination, one, "1");
  aws.faults.add({ service: "ecr", operation, fault });
  await expect(remove([deletion("1")])).rejects.toMatchObject({
    name: failure,
    side: "destination",
    operation,
    message: expect.stringContaining(name),
  });
  expect(await destination.resolve("1")).toBe(one.root.digest);
});

test("a repository that is not there is said to be so", async () => {
  const absent = { ...deletion("1"), repository: "absent" };
  await expect(remove([absent])).rejects.toMatchObject({ name: "RepositoryNotFound", side: "destination" });
});

test("what ECR does not delete for another reason is kept with that, and what went meanwhile is not", async () => {
  const { digest: imageDigest } = one.root;
  const described = { imageDetails: [{ imageDigest, imageTags: ["1", "2", "3"] }] };
  const failures = [
    { imageId: { imageTag: "1" }, failureCode: "KmsError", failureReason: "the key is disabled" },
    { imageId: { imageTag: "2" }, failureCode: "ImageNotFound", failureReason: "Requested image not found" },
    { imageId: { imageDigest }, failureCode: "NewCode" },
  ];
  const asked: unknown[] = [];
  const server = createServer(async (received, response) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of received) chunks.push(chunk);
    asked.push(JSON.parse(Buffer.concat(chunks).toString()));
    const answer = asked.length === 1 ? described : { imageIds: [], failures };
    response.setHeader("content-type", "application/x-amz-json-1.1").end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = { accessKeyId: account, secretAccessKey: "any" };
  const other = new ECRClient({ region, endpoint, credentials, maxAttempts: 1 });
  const deletions = ["1", "2", "3"].map((tag) => deletion(tag));
  expect(await new EcrRemover(other, repositoryOf(name)).remove(deletions)).toEqual([
    { ...deletion("1"), reason: "KmsError: the key is disabled" },
    ...["2", "3"].map((tag) => ({ ...deletion(tag), reason: "NewCode: no reason" })),
  ]);
  const imageIds = [{ imageTag: "1" }, { imageTag: "2" }, { imageTag: "3" }];
  const input = { registryId: account, repositoryName: name, imageIds };
  // One that is archived is not gone.
  expect(asked).toEqual([{ ...input, filter: { imageStatus: "ANY" } }, input]);
  other.destroy();
  server.closeAllConnections();
  server.close();
});
