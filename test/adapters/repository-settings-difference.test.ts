import { CreateRepositoryCommand } from "@aws-sdk/client-ecr";
import { createRepository } from "../../adapters/destinations/repository-settings.ts";
import type { RepositorySettings } from "../../core/model/repository-settings.ts";
import { account, region } from "../local/ecr/local-ecr.ts";
import {
  arn,
  everything,
  key,
  lifecyclePolicy,
  type Registry,
  refuse,
  repository,
  repositoryPolicy,
  startRegistry,
} from "./repository-registry.ts";

let registry: Registry;
beforeEach(async () => {
  registry = await startRegistry();
});
afterEach(() => registry.close());

const make = (settings: RepositorySettings) => createRepository(registry.client, repository, settings);
const left = "a repository that exists is left as it is";

test("a repository that exists keeps its settings, and each that differs is a warning", async () => {
  await registry.client.send(
    new CreateRepositoryCommand({ repositoryName: key.name, tags: [{ Key: "team", Value: "web" }] }),
  );
  const before = registry.ecr.store.get(key).settings;
  const { did, warnings } = await make(everything);
  expect(did).toBe("nothing");
  expect(warnings).toEqual([
    `${arn} has imageTagMutability 'MUTABLE' where 'IMMUTABLE_WITH_EXCLUSION' is asked for; ${left}`,
    `${arn} has imageTagMutabilityExclusionFilters absent where 'dev-*, latest' is asked for; ${left}`,
    `${arn} has scanOnPush false where true is asked for; ${left}`,
    `${arn} has encryption.type 'AES256' where 'KMS' is asked for; ${left}`,
    `${arn} has encryption.kmsKey absent where 'arn:aws:kms:${region}:${account}:key/one' is asked for; ${left}`,
    `${arn} has no lifecyclePolicy where one is asked for; ${left}`,
    `${arn} has no repositoryPolicy where one is asked for; ${left}`,
    `${arn} has tags.team 'web' where 'platform' is asked for; ${left}`,
    `${arn} has tags.empty absent where '' is asked for; ${left}`,
  ]);
  expect(registry.ecr.store.get(key).settings).toEqual(before);
});

test("what is not asked for is neither read nor compared", async () => {
  await make(everything);
  registry.asked = [];
  const key = { type: "KMS", kmsKey: "one" } as const;
  const settings = { scanOnPush: true, encryption: key, tags: { team: "platform" } };
  expect(await make(settings)).toEqual({ did: "nothing", warnings: [] });
  expect(registry.asked).toEqual(["ecr:DescribeRepositories", "ecr:ListTagsForResource"]);
});

test("policies are compared by what they mean, not by how they are written", async () => {
  await make(everything);
  const inOtherWords = {
    Statement: [
      {
        Action: ["ecr:BatchGetImage"],
        Principal: { AWS: ["arn:aws:iam::333333333333:root"] },
        Effect: "Allow",
      },
    ],
    Version: "2012-10-17",
  };
  const { rules } = JSON.parse(lifecyclePolicy);
  const same = {
    repositoryPolicy: JSON.stringify(inOtherWords, null, 2),
    lifecyclePolicy: `{ "rules": ${JSON.stringify(rules)}\n}`,
  };
  expect(await make(same)).toEqual({ did: "nothing", warnings: [] });
  const other = {
    repositoryPolicy: repositoryPolicy.replace("BatchGetImage", "PutImage"),
    lifecyclePolicy: lifecyclePolicy.replace("3", "4"),
  };
  expect((await make(other)).warnings).toEqual([
    `${arn} has another lifecyclePolicy than is asked for; ${left}`,
    `${arn} has another repositoryPolicy than is asked for; ${left}`,
  ]);
});

test.each([
  ["ecr:GetLifecyclePolicy", "lifecyclePolicy"],
  ["ecr:GetRepositoryPolicy", "repositoryPolicy"],
  ["ecr:ListTagsForResource", "tags"],
])(
  "without %s, a warning says that it is not known whether there is a difference",
  async (action, setting) => {
    await make(everything);
    refuse(registry, action);
    const { did, warnings } = await make(everything);
    expect(did).toBe("nothing");
    expect(warnings).toEqual([
      expect.stringContaining(`${setting} of ${arn} may not be read, and so not looked at: `),
    ]);
  },
);
