import { EcrStore } from "../../../local/ecr/store.ts";
import { Refusal } from "../../../local/refusal.ts";
import { account, LocalEcr, region } from "./local-ecr.ts";

const arn = `arn:aws:ecr:${region}:${account}:repository/app`;
const repositoryName = "app";
const rule = (rulePriority: number) => ({
  rulePriority,
  selection: { tagStatus: "untagged", countType: "imageCountMoreThan", countNumber: 3 },
  action: { type: "expire" },
});
const lifecyclePolicyText = JSON.stringify({ rules: [rule(1)] });
const statement = { Effect: "Allow", Principal: "*", Action: ["ecr:BatchGetImage"] };
const policyText = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
const invalid = (message: string) => ({
  name: "InvalidParameterException",
  status: 400,
  message: expect.stringContaining(message),
});

let asked: string[];
let refused: string | undefined;
let ecr: LocalEcr;
beforeEach(async () => {
  asked = [];
  refused = undefined;
  ecr = new LocalEcr({
    quotas: { repositories: 2 },
    authorize: (_caller, action, resource) => {
      asked.push(`${action} ${resource}`);
      if (action === refused) throw new Refusal("AccessDeniedException", `not authorized: ${action}`);
    },
  });
  await ecr.createRepository();
  asked = [];
});
afterEach(() => ecr.dispose());

const call = (operation: string, input: object) => ecr.call(operation, { repositoryName, ...input });
const tag = (operation: string, input: object = {}) => ecr.call(operation, { resourceArn: arn, ...input });

test("policies are given back as they were put, and again by a store that is opened again", async () => {
  const address = { registryId: account, repositoryName };
  expect(await call("PutLifecyclePolicy", { lifecyclePolicyText })).toEqual({
    ...address,
    lifecyclePolicyText,
  });
  expect(await call("SetRepositoryPolicy", { policyText })).toEqual({ ...address, policyText });
  expect(await call("GetLifecyclePolicy", {})).toEqual({
    ...address,
    lifecyclePolicyText,
    lastEvaluatedAt: 0,
  });
  expect(await call("GetRepositoryPolicy", {})).toEqual({ ...address, policyText });
  const again = new EcrStore(ecr.directory).get({ account, region, name: "app" });
  expect(again.settings).toMatchObject({ lifecyclePolicyText, policyText });
  const other = JSON.stringify({ rules: [rule(2)] });
  await call("PutLifecyclePolicy", { lifecyclePolicyText: other });
  expect(await call("GetLifecyclePolicy", {})).toMatchObject({ lifecyclePolicyText: other });
});

test("a repository without policies, or made again under its name, has none", async () => {
  const noPolicies = async () => {
    await expect(call("GetLifecyclePolicy", {})).rejects.toMatchObject({
      name: "LifecyclePolicyNotFoundException",
      status: 400,
      message: `Lifecycle policy does not exist for the repository with name 'app' in the registry with id '${account}'`,
    });
    await expect(call("GetRepositoryPolicy", {})).rejects.toMatchObject({
      name: "RepositoryPolicyNotFoundException",
      status: 400,
      message: `Repository policy does not exist for the repository with name 'app' in the registry with id '${account}'`,
    });
    expect(await tag("ListTagsForResource")).toEqual({ tags: [] });
  };
  await noPolicies();
  await call("PutLifecyclePolicy", { lifecyclePolicyText });
  await call("SetRepositoryPolicy", { policyText });
  await tag("TagResource", { tags: [{ Key: "a", Value: "b" }] });
  await call("DeleteRepository", {});
  await ecr.createRepository();
  await noPolicies();
});

test.each([
  ["x".repeat(100)],
  [JSON.stringify({ rules: [] }).padEnd(100)],
  [JSON.stringify({ rules: [rule(0)] })],
  [JSON.stringify({ rules: [rule(1), rule(1)] })],
  [JSON.stringify({ rules: [{ ...rule(1), action: { type: "delete" } }] })],
  [JSON.stringify({ rules: [{ ...rule(1), selection: { tagStatus: "some" } }] }).padEnd(100)],
])("%s is no lifecycle policy", async (text) => {
  await expect(call("PutLifecyclePolicy", { lifecyclePolicyText: text })).rejects.toMatchObject(
    invalid(
      "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle policy validation failure",
    ),
  );
});

test.each([
  ["{"],
  ["[]"],
  ["{}"],
  [JSON.stringify({ Statement: [] })],
  [JSON.stringify({ Statement: [{ ...statement, Resource: "*" }] })],
  [JSON.stringify({ Statement: [{ ...statement, Principal: undefined }] })],
  [JSON.stringify({ Statement: [{ ...statement, Effect: "allow" }] })],
  [JSON.stringify({ Version: "2020", Statement: [statement] })],
])("%s is no repository policy", async (text) => {
  await expect(call("SetRepositoryPolicy", { policyText: text })).rejects.toMatchObject(
    invalid(
      "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid repository policy provided'",
    ),
  );
});

test("policies have the lengths that ECR's model allows", async () => {
  const put = (length: number) =>
    call("PutLifecyclePolicy", { lifecyclePolicyText: lifecyclePolicyText.padEnd(length) });
  await expect(call("PutLifecyclePolicy", { lifecyclePolicyText: "x".repeat(99) })).rejects.toMatchObject(
    invalid("'must have length greater than or equal to 100'"),
  );
  await put(30_720);
  await expect(put(30_721)).rejects.toMatchObject(invalid("'must have length less than or equal to 30720'"));
  await call("SetRepositoryPolicy", { policyText: policyText.padEnd(10_240) });
  await expect(call("SetRepositoryPolicy", { policyText: policyText.padEnd(10_241) })).rejects.toMatchObject(
    invalid("'must have length less than or equal to 10240'"),
  );
});

test("tags are set by their keys, and removed by them", async () => {
  await tag("TagResource", {
    tags: [
      { Key: "team", Value: "web" },
      { Key: "cost centre", Value: "" },
    ],
  });
  await tag("TagResource", { tags: [{ Key: "team", Value: "app" }] });
  expect(await tag("ListTagsForResource")).toEqual({
    tags: [
      { Key: "team", Value: "app" },
      { Key: "cost centre", Value: "" },
    ],
  });
  await tag("UntagResource", { tagKeys: ["team", "absent"] });
  expect(await tag("ListTagsForResource")).toEqual({ tags: [{ Key: "cost centre", Value: "" }] });
});

test("50 tags are taken, and a 51st is one too many", async () => {
  const tags = (from: number, count: number) =>
    Array.from({ length: count }, (_, at) => ({ Key: `k${from + at}`, Value: "" }));
  await tag("TagResource", { tags: tags(0, 50) });
  await tag("TagResource", { tags: tags(0, 1) });
  await expect(tag("TagResource", { tags: tags(50, 1) })).rejects.toMatchObject({
    name: "TooManyTagsException",
    status: 400,
  });
});

test.each([
  [{ Key: "", Value: "" }],
  [{ Key: "k".repeat(129), Value: "" }],
  [{ Key: "k", Value: "v".repeat(257) }],
  [{ Key: "aws:k", Value: "" }],
  [{ Key: "k;", Value: "" }],
])("%j is no tag", async (wrong) => {
  const error = { name: "InvalidTagParameterException", status: 400 };
  await expect(tag("TagResource", { tags: [wrong] })).rejects.toMatchObject(error);
  await expect(ecr.createRepository("new", { tags: [wrong] })).rejects.toMatchObject(error);
});

test.each([
  ["app"],
  [`arn:aws:s3:::app`],
  [`arn:aws:ecr:eu-west-1:${account}:repository/app`],
  [`${arn}:v1`],
])("%s is no repository's ARN here", async (resourceArn) => {
  await expect(ecr.call("ListTagsForResource", { resourceArn })).rejects.toMatchObject(
    invalid("Invalid parameter at 'resourceArn' failed to satisfy constraint: 'Invalid ARN'"),
  );
});

test("settings of a repository that is not there are not found", async () => {
  const inputs: Record<string, object> = {
    GetLifecyclePolicy: {},
    GetRepositoryPolicy: {},
    ListTagsForResource: { resourceArn: arn.replace("app", "nope") },
    PutLifecyclePolicy: { lifecyclePolicyText },
    SetRepositoryPolicy: { policyText },
    TagResource: { resourceArn: arn.replace("app", "nope"), tags: [] },
    UntagResource: { resourceArn: arn.replace("app", "nope"), tagKeys: [] },
  };
  for (const [operation, input] of Object.entries(inputs)) {
    await expect(ecr.call(operation, { repositoryName: "nope", ...input })).rejects.toMatchObject({
      name: "RepositoryNotFoundException",
    });
  }
});

test("every setting asks for its own action, and who may not is refused", async () => {
  const inputs: Record<string, object> = {
    GetLifecyclePolicy: {},
    GetRepositoryPolicy: {},
    ListTagsForResource: { resourceArn: arn },
    PutLifecyclePolicy: { lifecyclePolicyText },
    SetRepositoryPolicy: { policyText },
    TagResource: { resourceArn: arn, tags: [] },
    UntagResource: { resourceArn: arn, tagKeys: [] },
  };
  for (const [operation, input] of Object.entries(inputs)) {
    asked = [];
    refused = `ecr:${operation}`;
    await expect(call(operation, input)).rejects.toMatchObject({ name: "AccessDeniedException" });
    expect(asked).toEqual([`ecr:${operation} ${arn}`]);
  }
});

test("a repository with tags is created by whoever may set tags, too", async () => {
  const tags = [{ Key: "team", Value: "web" }];
  refused = "ecr:TagResource";
  await expect(ecr.createRepository("new", { tags })).rejects.toMatchObject({
    name: "AccessDeniedException",
  });
  await ecr.createRepository("new");
  expect(asked).not.toContain(`ecr:TagResource ${arn}`);
});

test("a key is used by whoever may, in its own Region, and with KMS only", async () => {
  const create = (encryptionType: string, kmsKey: string) =>
    ecr.createRepository("new", { encryptionConfiguration: { encryptionType, kmsKey } });
  await expect(create("AES256", "alias/a")).rejects.toMatchObject(
    invalid("'encryptionConfiguration.kmsKey'"),
  );
  await expect(create("KMS", `arn:aws:kms:eu-west-1:${account}:key/a`)).rejects.toMatchObject({
    name: "KmsException",
    kmsError: "NotFoundException",
  });
  await expect(create("KMS", "no key")).rejects.toMatchObject({ name: "KmsException" });
  for (const action of ["kms:DescribeKey", "kms:CreateGrant"]) {
    refused = action;
    await expect(create("KMS", "one")).rejects.toMatchObject({
      name: "KmsException",
      kmsError: "AccessDeniedException",
    });
    expect(asked.at(-1)).toBe(`${action} arn:aws:kms:${region}:${account}:key/one`);
  }
  await create("KMS", "alias/aws/ecr");
});

test("a registry holds as many repositories as its quota says", async () => {
  await ecr.createRepository("second");
  await expect(ecr.createRepository("third")).rejects.toMatchObject({
    name: "LimitExceededException",
    status: 400,
  });
  await expect(ecr.createRepository("second")).rejects.toMatchObject({
    name: "RepositoryAlreadyExistsException",
  });
});
