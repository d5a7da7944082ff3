import {
  DescribeRepositoriesCommand,
  GetLifecyclePolicyCommand,
  GetRepositoryPolicyCommand,
  ListTagsForResourceCommand,
} from "@aws-sdk/client-ecr";
import { createRepository } from "../../adapters/destinations/repository-settings.ts";
import type { RepositorySettings } from "../../core/model/repository-settings.ts";
import {
  arn,
  blank,
  everything,
  key,
  lifecyclePolicy,
  type Registry,
  refuse,
  repository,
  repositoryPolicy,
  startRegistry,
  unfinished,
} from "./repository-registry.ts";

let registry: Registry;
beforeEach(async () => {
  registry = await startRegistry();
});
afterEach(() => registry.close());

const make = (settings: RepositorySettings) => createRepository(registry.client, repository, settings);
const left = "a repository that exists is left as it is";
const tagsNow = () => registry.ecr.store.get(key).settings.tags;

test("a repository is created with everything that is asked for, and says so when it is read back", async () => {
  expect(await make(everything)).toEqual({ did: "created", warnings: [] });
  const { repositories = [] } = await registry.client.send(
    new DescribeRepositoriesCommand({ repositoryNames: [key.name] }),
  );
  expect(repositories).toMatchObject([
    {
      repositoryName: key.name,
      imageTagMutability: "IMMUTABLE_WITH_EXCLUSION",
      imageTagMutabilityExclusionFilters: [
        { filterType: "WILDCARD", filter: "latest" },
        { filterType: "WILDCARD", filter: "dev-*" },
      ],
      imageScanningConfiguration: { scanOnPush: true },
      encryptionConfiguration: { encryptionType: "KMS", kmsKey: everything.encryption?.kmsKey },
    },
  ]);
  expect(
    await registry.client.send(new GetLifecyclePolicyCommand({ repositoryName: key.name })),
  ).toMatchObject({
    lifecyclePolicyText: lifecyclePolicy,
  });
  expect(
    await registry.client.send(new GetRepositoryPolicyCommand({ repositoryName: key.name })),
  ).toMatchObject({
    policyText: repositoryPolicy,
  });
  const { tags } = await registry.client.send(new ListTagsForResourceCommand({ resourceArn: arn }));
  expect(tags).toEqual([
    { Key: "team", Value: "platform" },
    { Key: "empty", Value: "" },
  ]);
  expect(await make(everything)).toEqual({ did: "nothing", warnings: [] });
});

test("a repository with ECR's defaults takes two calls, and one when it is there", async () => {
  expect(await make({})).toEqual({ did: "created", warnings: [] });
  expect(registry.asked).toEqual(["ecr:DescribeRepositories", "ecr:CreateRepository"]);
  registry.asked = [];
  expect(await make({})).toEqual({ did: "nothing", warnings: [] });
  expect(registry.asked).toEqual(["ecr:DescribeRepositories"]);
});

test("two executions at once make one repository, with everything", async () => {
  const outcomes = await Promise.all([make(everything), make(everything)]);
  expect(outcomes.flatMap(({ warnings }) => warnings)).toEqual([]);
  expect(outcomes.map(({ did }) => did)).toContain("created");
  expect(await make(everything)).toEqual({ did: "nothing", warnings: [] });
  expect(tagsNow()).not.toContainEqual(unfinished);
});

test("a repository that appears between the question and the creation is looked at as any other", async () => {
  registry.onAction = (action) => {
    if (action !== "ecr:CreateRepository") return;
    registry.onAction = () => {};
    registry.ecr.store.create(key, { ...blank, imageTagMutability: "IMMUTABLE" });
  };
  expect(await make({ imageTagMutability: "MUTABLE" })).toEqual({
    did: "nothing",
    warnings: [`${arn} has imageTagMutability 'IMMUTABLE' where 'MUTABLE' is asked for; ${left}`],
  });
});

test("a creation whose answer was lost is finished", async () => {
  registry.onAction = (action) => {
    if (action !== "ecr:CreateRepository") return;
    registry.onAction = () => {};
    registry.ecr.store.create(key, { ...blank, tags: [unfinished] });
  };
  expect(await make({ lifecyclePolicy, repositoryPolicy })).toEqual({ did: "finished", warnings: [] });
  expect(registry.ecr.store.get(key).settings).toMatchObject({
    lifecyclePolicyText: lifecyclePolicy,
    policyText: repositoryPolicy,
    tags: [],
  });
});

test.each([
  ["PutLifecyclePolicy", "lifecyclePolicy, repositoryPolicy, removal of the tag ecr-replicator:unfinished"],
  ["SetRepositoryPolicy", "repositoryPolicy, removal of the tag ecr-replicator:unfinished"],
  ["UntagResource", "removal of the tag ecr-replicator:unfinished"],
])(
  "without %s, a repository is left unfinished, and the next run finishes it",
  async (operation, missing) => {
    refuse(registry, `ecr:${operation}`);
    await expect(make(everything)).rejects.toMatchObject({
      name: "AccessDenied",
      side: "destination",
      operation,
      message: expect.stringContaining(
        `ecr:${operation}; check that the role in use allows this action on this resource. The repository was created and is unfinished: it lacks ${missing}; the next run with createRepository finishes it`,
      ),
    });
    expect(tagsNow()).toContainEqual(unfinished);
    registry.onAction = () => {};
    expect(await make(everything)).toEqual({ did: "finished", warnings: [] });
    expect(tagsNow()).not.toContainEqual(unfinished);
  },
);

test("a run that lacks a policy of an unfinished repository does not finish it", async () => {
  refuse(registry, "ecr:PutLifecyclePolicy");
  await expect(make(everything)).rejects.toThrow();
  registry.onAction = () => {};
  expect(await make({ repositoryPolicy })).toEqual({
    did: "nothing",
    warnings: [`${arn} has no repositoryPolicy where one is asked for; ${left}`],
  });
});

test("a repository that is gone before it has its policies is a failure to try again", async () => {
  registry.onAction = (action) => {
    if (action === "ecr:PutLifecyclePolicy") registry.ecr.store.delete(key);
  };
  await expect(make(everything)).rejects.toMatchObject({
    name: "Unavailable",
    operation: "PutLifecyclePolicy",
  });
});

test.each([
  ["ecr:DescribeRepositories", "DescribeRepositories"],
  ["ecr:CreateRepository", "CreateRepository"],
  ["ecr:TagResource", "CreateRepository"],
])("without %s, nothing is created, and the failure names it", async (action, operation) => {
  refuse(registry, action);
  await expect(make(everything)).rejects.toMatchObject({
    name: "AccessDenied",
    side: "destination",
    operation,
    message: expect.stringContaining(action),
  });
  expect(registry.ecr.store.find(key)).toBeUndefined();
});

test.each(["kms:DescribeKey", "kms:CreateGrant"])(
  "without %s on the key, the failure says so",
  async (action) => {
    refuse(registry, action);
    await expect(make(everything)).rejects.toMatchObject({
      name: "AccessDenied",
      message: expect.stringContaining(
        `createRepository.encryption: the key ${everything.encryption?.kmsKey} cannot be used`,
      ),
    });
  },
);

test.each<[string, RepositorySettings]>([
  ["createRepository.lifecyclePolicy: ", { lifecyclePolicy: JSON.stringify({ rules: "r".repeat(100) }) }],
  ["createRepository.repositoryPolicy: ", { repositoryPolicy: "{}" }],
  ["createRepository.encryption: ", { encryption: { type: "AES256", kmsKey: "one" } }],
  ["createRepository.imageTagMutabilityExclusionFilters: ", { imageTagMutability: "MUTABLE_WITH_EXCLUSION" }],
  ["createRepository.tags: ", { tags: { "aws:team": "x" } }],
  ["createRepository.tags: ", { tags: Object.fromEntries(Array.from({ length: 51 }, (_, at) => [at, ""])) }],
])("%s what ECR refuses is a bad request that names the field", async (field, settings) => {
  await expect(make(settings)).rejects.toMatchObject({
    name: "RequestInvalid",
    side: "destination",
    message: expect.stringContaining(field),
  });
});

test("a full registry is a repository that is not there, and what to do about it", async () => {
  for (const name of ["a1", "b1", "c1"]) registry.ecr.store.create({ ...key, name }, blank);
  await expect(make({})).rejects.toMatchObject({
    name: "RepositoryNotFound",
    operation: "CreateRepository",
    message: expect.stringContaining("quota"),
  });
});

test.each([
  ["ThrottlingException", "Throttled"],
  ["ServerException", "Unavailable"],
])("%s of any call is to be tried again", async (error, name) => {
  for (const action of ["Describe", "Create"]) {
    refuse(registry, `ecr:${action}Repositor${action === "Create" ? "y" : "ies"}`, error);
    await expect(make(everything)).rejects.toMatchObject({ name });
  }
  registry.onAction = () => {};
  await make(everything);
  refuse(registry, "ecr:GetRepositoryPolicy", error);
  await expect(make(everything)).rejects.toMatchObject({ name });
});
