import {
  ECRClient,
  GetDownloadUrlForLayerCommand,
  paginateListImages,
  UploadLayerPartCommand,
} from "@aws-sdk/client-ecr";
import { Refusal } from "../../../local/refusal.ts";
import { account, apiCall, digestOf, endpoint, LocalEcr, listen, region } from "./local-ecr.ts";

const other = "222222222222";
const arn = (registry: string, name: string) => `arn:aws:ecr:${region}:${registry}:repository/${name}`;
let asked: string[];
let ecr: LocalEcr;
beforeEach(async () => {
  asked = [];
  ecr = new LocalEcr({
    authorize: (caller, action, resource) => {
      asked.push(`${action} ${resource}`);
      if (resource.includes(other) && caller.account !== other) {
        throw new Refusal(
          "AccessDeniedException",
          `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${resource}`,
        );
      }
    },
  });
  await ecr.createRepository();
});
afterEach(() => ecr.dispose());

test("every operation asks for its own action on the repository it names", async () => {
  const layerDigest = digestOf("x");
  const uploadId = "00000000-0000-0000-0000-000000000000";
  const inputs: Record<string, object> = {
    BatchCheckLayerAvailability: { layerDigests: [layerDigest] },
    BatchDeleteImage: { imageIds: [{}] },
    BatchGetImage: { imageIds: [{}] },
    CompleteLayerUpload: { uploadId, layerDigests: [layerDigest] },
    CreateRepository: {},
    DescribeImages: {},
    GetDownloadUrlForLayer: { layerDigest },
    InitiateLayerUpload: {},
    ListImages: {},
    PutImage: { imageManifest: "{}" },
    PutImageTagMutability: { imageTagMutability: "MUTABLE" },
    UploadLayerPart: { uploadId, partFirstByte: 0, partLastByte: 0, layerPartBlob: "AA==" },
    DeleteRepository: {},
  };
  for (const [operation, input] of Object.entries(inputs)) {
    asked = [];
    await ecr.call(operation, { repositoryName: "app", ...input }).catch(() => {});
    expect(asked).toEqual([`ecr:${operation} ${arn(account, "app")}`]);
  }
});

test("the other operations ask for what they touch", async () => {
  asked = [];
  await ecr.call("GetAuthorizationToken", {});
  await ecr.call("DescribeRepositories", {});
  await ecr.call("DescribeRepositories", { repositoryNames: ["app"] });
  await ecr.call("ListImageReferrers", { repositoryName: "app", subjectId: { imageDigest: digestOf("x") } });
  expect(asked).toEqual([
    "ecr:GetAuthorizationToken *",
    `ecr:DescribeRepositories ${arn(account, "*")}`,
    `ecr:DescribeRepositories ${arn(account, "app")}`,
    `ecr:BatchGetImage ${arn(account, "app")}`,
  ]);
});

test("another account's registry is closed to whoever may not, whether the repository is there or not", async () => {
  await ecr.call("CreateRepository", { repositoryName: "app" }, other);
  for (const repositoryName of ["app", "nope"]) {
    await expect(ecr.call("ListImages", { registryId: other, repositoryName })).rejects.toMatchObject({
      name: "AccessDeniedException",
      status: 400,
      message: expect.stringContaining(`ecr:ListImages on resource: ${arn(other, repositoryName)}`),
    });
  }
  expect(
    (await ecr.call("ListImages", { registryId: account, repositoryName: "app" }, account))["imageIds"],
  ).toEqual([]);
});

test.each([
  ["ListImages", {}, "repositoryName", "must not be null"],
  ["ListImages", { repositoryName: null }, "repositoryName", "must not be null"],
  ["ListImages", { repositoryName: "a" }, "repositoryName", "must have length greater than or equal to 2"],
  [
    "ListImages",
    { repositoryName: "a".repeat(257) },
    "repositoryName",
    "must have length less than or equal to 256",
  ],
  [
    "ListImages",
    { repositoryName: "a..b" },
    "repositoryName",
    expect.stringContaining("must satisfy regular expression '[a-z0-9]+"),
  ],
  [
    "ListImages",
    { repositoryName: "app", registryId: "1" },
    "registryId",
    "must satisfy regular expression '[0-9]{12}'",
  ],
  [
    "ListImages",
    { repositoryName: "app", maxResults: 0 },
    "maxResults",
    "must have value greater than or equal to 1",
  ],
  [
    "ListImages",
    { repositoryName: "app", maxResults: 1001 },
    "maxResults",
    "must have value less than or equal to 1000",
  ],
  [
    "ListImages",
    { repositoryName: "app", filter: { tagStatus: "x" } },
    "filter.tagStatus",
    "must satisfy enum value set: [TAGGED, UNTAGGED, ANY]",
  ],
  [
    "BatchGetImage",
    { repositoryName: "app", imageIds: [] },
    "imageIds",
    "must have length greater than or equal to 1",
  ],
  [
    "BatchGetImage",
    { repositoryName: "app", imageIds: Array(101).fill({}) },
    "imageIds",
    "must have length less than or equal to 100",
  ],
  [
    "BatchGetImage",
    { repositoryName: "app", imageIds: [{ imageTag: "" }] },
    "imageIds.0.imageTag",
    "must have length greater than or equal to 1",
  ],
  [
    "BatchGetImage",
    { repositoryName: "app", imageIds: [{ imageTag: "v".repeat(301) }] },
    "imageIds.0.imageTag",
    "must have length less than or equal to 300",
  ],
  [
    "BatchGetImage",
    { repositoryName: "app", imageIds: [{}], acceptedMediaTypes: [] },
    "acceptedMediaTypes",
    "must have length greater than or equal to 1",
  ],
  [
    "BatchCheckLayerAvailability",
    { repositoryName: "app", layerDigests: ["x".repeat(1001)] },
    "layerDigests.0",
    "must have length less than or equal to 1000",
  ],
  [
    "BatchCheckLayerAvailability",
    { repositoryName: "app", layerDigests: Array(101).fill("x") },
    "layerDigests",
    "must have length less than or equal to 100",
  ],
  [
    "GetDownloadUrlForLayer",
    { repositoryName: "app", layerDigest: "sha256:x" },
    "layerDigest",
    "must satisfy regular expression '[a-zA-Z0-9_+.-]+:[a-fA-F0-9]+'",
  ],
  [
    "CompleteLayerUpload",
    { repositoryName: "app", uploadId: "1", layerDigests: ["a:b"] },
    "uploadId",
    expect.stringContaining("must satisfy regular expression"),
  ],
  [
    "UploadLayerPart",
    {
      repositoryName: "app",
      uploadId: "00000000-0000-0000-0000-000000000000",
      partFirstByte: -1,
      partLastByte: 0,
      layerPartBlob: "",
    },
    "partFirstByte",
    "must have value greater than or equal to 0",
  ],
  [
    "UploadLayerPart",
    {
      repositoryName: "app",
      uploadId: "00000000-0000-0000-0000-000000000000",
      partFirstByte: 0,
      partLastByte: 0,
    },
    "layerPartBlob",
    "must not be null",
  ],
  [
    "PutImage",
    { repositoryName: "app", imageManifest: "" },
    "imageManifest",
    "must have length greater than or equal to 1",
  ],
  [
    "PutImage",
    { repositoryName: "app", imageManifest: "{}", imageTag: "a b" },
    "imageTag",
    expect.stringContaining("must satisfy regular expression"),
  ],
  [
    "ListImageReferrers",
    { repositoryName: "app", subjectId: { imageDigest: "x" }, maxResults: 51 },
    "maxResults",
    "must have value less than or equal to 50",
  ],
  [
    "GetAuthorizationToken",
    { registryIds: Array(11).fill(account) },
    "registryIds",
    "must have length less than or equal to 10",
  ],
])("%s refuses %j by the name of the field", async (operation, input, field, constraint) => {
  const failed = await ecr.call(operation, input).catch((error: unknown) => error);
  expect(failed).toMatchObject({ name: "InvalidParameterException", status: 400 });
  const [, named, text] =
    /^Invalid parameter at '([^']+)' failed to satisfy constraint: '(.*)'$/.exec((failed as Error).message) ??
    [];
  expect([named, text]).toEqual([field, constraint]);
});

test.each([
  ["no JSON", "{"],
  ["another JSON type", "[]"],
  ["a member of the wrong type", '{"repositoryName": 1}'],
  ["an object where a list is", '{"repositoryName": "app", "imageIds": {}}'],
  ["a blob that is no string", '{"repositoryName": "app", "layerPartBlob": 1, "imageIds": "x"}'],
])("%s is a serialization error", async (_name, body) => {
  await expect(ecr.call("BatchGetImage", body)).rejects.toMatchObject({
    name: "SerializationException",
    status: 400,
  });
});

test("an operation that ECR has not is unknown, and an unsigned call is refused", async () => {
  await expect(ecr.call("MakeCoffee", {})).rejects.toMatchObject({ name: "UnknownOperationException" });
  const unsigned = { ...apiCall("ListImages", {}, account), caller: undefined };
  expect(await ecr.api.handle(unsigned, ecr.identify)).toMatchObject({
    status: 400,
    error: "MissingAuthenticationTokenException",
  });
});

test("every call is identified before it is checked, and what that throws comes through", async () => {
  const imageIds = [{ imageTag: "v1" }, { imageDigest: "sha256:00" }];
  await ecr.call("BatchGetImage", { repositoryName: "app", imageIds });
  expect(ecr.identified.at(-1)).toEqual({
    operation: "BatchGetImage",
    detail: { repositoryName: "app", imageIds: "v1,sha256:00" },
    account,
  });
  await ecr.call("BatchCheckLayerAvailability", {
    repositoryName: "app",
    layerDigests: Array(11).fill("a:b"),
  });
  expect(ecr.identified.at(-1)?.detail).toMatchObject({ layerDigests: 11 });
  await ecr
    .call("UploadLayerPart", { partFirstByte: 3, partLastByte: 4, layerPartBlob: "AAA=" })
    .catch(() => {});
  expect(ecr.identified.at(-1)?.detail).toEqual({ partFirstByte: 3, partLastByte: 4 });
  const fault = new Error("a fault");
  const identify = async () => Promise.reject(fault);
  await expect(ecr.call("CreateRepository", { repositoryName: "no/app" }, account, identify)).rejects.toBe(
    fault,
  );
  expect(ecr.store.find({ account, region, name: "no/app" })).toBeUndefined();
});

test("an authorization token is one for the registry's Basic authentication", async () => {
  const { authorizationData } = await ecr.call("GetAuthorizationToken", {});
  expect(authorizationData).toHaveLength(1);
  const [{ authorizationToken, expiresAt, proxyEndpoint }] = authorizationData;
  expect(Buffer.from(authorizationToken, "base64").toString()).toMatch(/^AWS:./);
  expect(expiresAt).toBeGreaterThan(Date.now() / 1000 + 43_000);
  expect(proxyEndpoint).toBe(`https://${account}.dkr.ecr.${region}.amazonaws.com`);
  expect(
    await ecr.v2("GET", "/v2/", { headers: { authorization: `Basic ${authorizationToken}` } }),
  ).toMatchObject({ status: 200 });
});

test("the AWS SDK understands answers, errors, pages and download URLs", async () => {
  const server = await listen(ecr);
  const client = new ECRClient({
    endpoint: server.endpoint,
    region,
    credentials: { accessKeyId: account, secretAccessKey: "any" },
  });
  for (const name of ["one", "two", "three"]) await ecr.putImage(name, name);
  let listed = 0;
  for await (const page of paginateListImages({ client, pageSize: 2 }, { repositoryName: "app" }))
    listed += page.imageIds?.length ?? 0;
  expect(listed).toBe(3);
  const layerDigest = digestOf("layer of one");
  const { downloadUrl = "" } = await client.send(
    new GetDownloadUrlForLayerCommand({ repositoryName: "app", layerDigest }),
  );
  expect(downloadUrl.startsWith(server.endpoint)).toBe(true);
  const downloaded = await fetch(downloadUrl, { headers: { range: "bytes=6-" } });
  expect([downloaded.status, await downloaded.text()]).toEqual([206, "of one"]);
  const { uploadId } = await ecr.call("InitiateLayerUpload", { repositoryName: "app" });
  const part = new UploadLayerPartCommand({
    repositoryName: "app",
    uploadId,
    partFirstByte: 9,
    partLastByte: 9,
    layerPartBlob: Buffer.from("x"),
  });
  await expect(client.send(part)).rejects.toMatchObject({
    name: "InvalidLayerPartException",
    lastValidByteReceived: 0,
    uploadId,
  });
  client.destroy();
  await server.close();
  expect(server.endpoint).not.toBe(endpoint);
});
