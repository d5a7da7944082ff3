import { ECRClient } from "@aws-sdk/client-ecr";
import { createRepository } from "../../adapters/destinations/repository-settings.ts";
import { parseEcrImage } from "../../core/model/reference.ts";
import { type LocalAws, startLocalAws } from "../../local/aws.ts";
import { writeAssembly } from "../local/fixture-assembly.ts";
import { lifecyclePolicy, repositoryPolicy } from "./repository-registry.ts";

const [account, region] = ["222222222222", "eu-central-1"];
let aws: LocalAws;
let client: ECRClient;

beforeAll(async () => {
  aws = await startLocalAws({ assembly: writeAssembly({ Resources: {} }) });
  const credentials = { accessKeyId: account, secretAccessKey: "any" };
  client = new ECRClient({ region, endpoint: aws.endpoint, credentials, maxAttempts: 2 });
});
afterAll(async () => {
  client.destroy();
  await aws.stop();
});

test.each(["CreateRepository", "PutLifecyclePolicy", "SetRepositoryPolicy", "UntagResource"])(
  "a repository is whole although the answer of %s is lost",
  async (operation) => {
    const name = operation.toLowerCase();
    const { repository } = parseEcrImage(`${account}.dkr.ecr.${region}.amazonaws.com/${name}`);
    aws.calls.length = 0;
    aws.faults.add({ service: "ecr", operation, fault: "lostAnswer" });
    const { warnings } = await createRepository(client, repository, {
      tags: { team: "web" },
      lifecyclePolicy,
      repositoryPolicy,
    });
    expect(warnings).toEqual([]);
    expect(aws.calls.filter((call) => call.operation === operation)).toHaveLength(2);
    expect(aws.store.get({ account, region, name }).settings).toMatchObject({
      tags: [{ Key: "team", Value: "web" }],
      lifecyclePolicyText: lifecyclePolicy,
      policyText: repositoryPolicy,
    });
  },
);
