import {
  DescribeRepositoriesCommand,
  GetLifecyclePolicyCommand,
  GetRepositoryPolicyCommand,
  ListTagsForResourceCommand,
  PutImageTagMutabilityCommand,
} from "@aws-sdk/client-ecr";
import type { Request } from "../../core/model/request.ts";
import type { LocalAws } from "../../local/aws.ts";
import { imageOf } from "../fakes/image.ts";
import { execute, requestOf } from "./execution.ts";
import { accounts, region, roleArns, startPipeline } from "./pipeline.ts";
import {
  clientOf,
  createRepository,
  digestOfTag,
  expectCopy,
  nameOf,
  push,
  type Repository,
} from "./repository.ts";
import { operations } from "./traffic.ts";

const content = imageOf([3, 40]);
const lifecyclePolicy = {
  rules: [
    {
      rulePriority: 1,
      selection: { tagStatus: "untagged", countType: "imageCountMoreThan", countNumber: 3 },
      action: { type: "expire" },
    },
  ],
};
const repositoryPolicy = {
  Version: "2012-10-17",
  Statement: [
    {
      Effect: "Allow",
      Principal: { AWS: `arn:aws:iam::${accounts.pipeline}:root` },
      Action: "ecr:BatchGetImage",
    },
  ],
};
const settings = {
  imageTagMutability: "IMMUTABLE_WITH_EXCLUSION",
  imageTagMutabilityExclusionFilters: ["latest", "dev-*"],
  scanOnPush: true,
  encryption: { type: "AES256" },
  lifecyclePolicy,
  repositoryPolicy,
  tags: { team: "platform" },
} as const satisfies Request["createRepository"];

let aws: LocalAws;
let from: Repository;
beforeAll(async () => {
  aws = await startPipeline();
  from = await createRepository(aws, accounts.source);
  await push(from, content, "1");
  await push(from, imageOf([11], 2), "2");
});
afterAll(() => aws.stop());

let named = 0;

/** A repository in the destination account that is not there, and a request that writes to it. */
function absent(createRepository?: Request["createRepository"]): { to: Repository; request: Request } {
  const to = { aws, account: accounts.destination, region, name: `created/app-${++named}` };
  return { to, request: { ...requestOf({ from, to }), ...(createRepository && { createRepository }) } };
}

/** What ECR says of a repository's settings. */
async function settingsAt(repository: Repository): Promise<object> {
  const client = clientOf(repository);
  const repositoryName = repository.name;
  const { repositories = [] } = await client.send(
    new DescribeRepositoriesCommand({ repositoryNames: [repositoryName] }),
  );
  const [described] = repositories;
  const lifecycle = await client.send(new GetLifecyclePolicyCommand({ repositoryName }));
  const policy = await client.send(new GetRepositoryPolicyCommand({ repositoryName }));
  const { tags } = await client.send(
    new ListTagsForResourceCommand({ resourceArn: described?.repositoryArn ?? "" }),
  );
  return {
    imageTagMutability: described?.imageTagMutability,
    imageTagMutabilityExclusionFilters: described?.imageTagMutabilityExclusionFilters?.map(
      ({ filter }) => filter,
    ),
    scanOnPush: described?.imageScanningConfiguration?.scanOnPush,
    encryption: { type: described?.encryptionConfiguration?.encryptionType },
    lifecyclePolicy: JSON.parse(lifecycle.lifecyclePolicyText ?? ""),
    repositoryPolicy: JSON.parse(policy.policyText ?? ""),
    tags: Object.fromEntries(tags?.map(({ Key, Value }) => [Key, Value]) ?? []),
  };
}

test("a repository that is absent is created with all its settings, and the image arrives in it", async () => {
  const { to, request } = absent(settings);
  const { report, cause } = await execute(aws, request);
  expect({ cause, ...report }).toMatchObject({ cause: undefined, status: "Replicated", warnings: [] });
  await expectCopy(to, content);
  expect(await settingsAt(to)).toEqual(settings);
  expect((await execute(aws, request)).report).toMatchObject({ status: "InSync", warnings: [] });
});

test("a repository that exists keeps its settings, and each that differs is a warning", async () => {
  const { to, request } = absent(settings);
  await execute(aws, request);
  const mutable = { repositoryName: to.name, imageTagMutability: "MUTABLE" } as const;
  await clientOf(to).send(new PutImageTagMutabilityCommand(mutable));
  aws.calls.length = 0;
  const createRepository = { ...settings, scanOnPush: false };
  const source = nameOf(from, ":2");
  const { report } = await execute(aws, { ...request, source, createRepository });
  expect(report?.status).toBe("Replicated");
  expect(report?.warnings).toEqual([
    expect.stringContaining("imageTagMutability 'MUTABLE' where 'IMMUTABLE_WITH_EXCLUSION' is asked for"),
    expect.stringContaining("imageTagMutabilityExclusionFilters"),
    expect.stringContaining("scanOnPush true where false is asked for"),
  ]);
  expect(operations(to).filter((name) => /^(Create|Delete|Put(?!Image$)|Set|Tag|Untag)/.test(name))).toEqual(
    [],
  );
  expect((await execute(aws, { ...request, source, createRepository })).report?.status).toBe("InSync");
});

test("a repository like the source's gets the settings of that", async () => {
  const model = await createRepository(aws, accounts.source, { immutable: true });
  await push(model, content, "1");
  const { to } = absent();
  const request = { ...requestOf({ from: model, to }), createRepository: { like: "source" } };
  expect((await execute(aws, request)).report).toMatchObject({ status: "Replicated", warnings: [] });
  const [described] =
    (await clientOf(to).send(new DescribeRepositoriesCommand({ repositoryNames: [to.name] }))).repositories ??
    [];
  expect(described?.imageTagMutability).toBe("IMMUTABLE");
});

test("two executions that create the same repository at the same time both succeed", async () => {
  const { to, request } = absent(true);
  const ended = await Promise.all([execute(aws, request), execute(aws, request)]);
  expect(ended.map(({ status }) => status)).toEqual(["SUCCEEDED", "SUCCEEDED"]);
  expect(await digestOfTag(to, "1")).toBe(content.root.digest);
});

test("without the option a repository that is absent is named, and not created", async () => {
  const { to, request } = absent();
  const { error, cause } = await execute(aws, request);
  expect({ error, side: cause?.side }).toEqual({ error: "RepositoryNotFound", side: "destination" });
  expect(cause?.message).toContain(to.name);
  expect(operations(to)).not.toContain("CreateRepository");
});

test("a role that may not use the key that is asked for is told what it lacks, and nothing is created", async () => {
  const kmsKey = `arn:aws:kms:${region}:${accounts.destination}:key/one`;
  const { to, request } = absent({ encryption: { type: "KMS", kmsKey } });
  const { error, cause } = await execute(aws, request);
  expect({ error, operation: cause?.operation }).toEqual({
    error: "AccessDenied",
    operation: "CreateRepository",
  });
  expect(cause?.message).toMatch(/kms:DescribeKey and kms:CreateGrant/);
  expect(cause?.message).toContain(kmsKey);
  expect(operations(to)).not.toContain("PutImage");
});

test("a role that may not create repositories is told the action that it lacks", async () => {
  const from = await createRepository(aws, accounts.source);
  await push(from, content, "1");
  const to = { ...from, name: "created/denied" };
  // The role of sources may describe repositories, and no more.
  const reading = { destinationRoleArn: roleArns.source, createRepository: true };
  const { error, cause } = await execute(aws, { ...requestOf({ from, to }), ...reading });
  expect({ error, side: cause?.side }).toEqual({ error: "AccessDenied", side: "destination" });
  expect(cause?.message).toContain("ecr:CreateRepository");
});
