import { setDefaultCACertificates } from "node:tls";
import { CreateRepositoryCommand, ECRClient } from "@aws-sdk/client-ecr";
import { openRuleSides } from "../../adapters/open-rule.ts";
import type { RepositoryRule } from "../../core/model/rule.ts";
import type { Catalog } from "../../core/ports.ts";
import { type LocalAws, startLocalAws } from "../../local/aws.ts";
import { exampleTest } from "../fakes/example-test.ts";
import { RecordingRegistry, says } from "../fakes/recording-registry.ts";
import { writeStacks } from "../local/fixture-assembly.ts";

const before = { ...process.env };
const region = "eu-central-1";
const [sourceAccount, destinationAccount, own] = ["111111111111", "222222222222", "333333333333"];
const hostOf = (account: string) => `${account}.dkr.ecr.${region}.amazonaws.com`;
let aws: LocalAws;

function roleIn(name: string, actions: string[]): object {
  return {
    Type: "AWS::IAM::Role",
    Properties: {
      RoleName: name,
      AssumeRolePolicyDocument: {
        Statement: [
          {
            Effect: "Allow",
            Action: "sts:AssumeRole",
            Principal: { AWS: own },
            Condition: { StringEquals: { "sts:ExternalId": "known" } },
          },
        ],
      },
      Policies: [
        {
          PolicyName: "Inline",
          PolicyDocument: { Statement: [{ Effect: "Allow", Action: actions, Resource: "*" }] },
        },
      ],
    },
  };
}

function stackOf(account: string, name: string, actions: string[]): never {
  const template = { Resources: { Role: roleIn(name, actions) } };
  return { template, environment: `aws://${account}/${region}` } as never;
}

beforeAll(async () => {
  const list = ["ecr:ListImages", "ecr:DescribeImages", "ecr:DescribeRepositories"];
  const assembly = writeStacks({
    Source: stackOf(sourceAccount ?? "", "Reads", list),
    Destination: stackOf(destinationAccount ?? "", "Writes", [...list, "ecr:BatchDeleteImage"]),
  });
  aws = await startLocalAws({ assembly });
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: aws.endpoint,
    AWS_ACCESS_KEY_ID: own,
    AWS_SECRET_ACCESS_KEY: "any",
    AWS_REGION: region,
  });
  for (const [accessKeyId = "", name] of [
    [sourceAccount, "team/app"],
    [destinationAccount, "mirror/team/app"],
  ]) {
    const credentials = { accessKeyId, secretAccessKey: "any" };
    const client = new ECRClient({ region, endpoint: aws.endpoint, credentials });
    await client.send(new CreateRepositoryCommand({ repositoryName: name }));
    client.destroy();
  }
});
afterAll(async () => {
  process.env = before;
  await aws.stop();
});

const rule: RepositoryRule = {
  name: "mirror",
  source: `${hostOf(sourceAccount ?? "")}/team/*`,
  destination: `${hostOf(destinationAccount ?? "")}/mirror/team/*`,
  sourceRoleArn: `arn:aws:iam::${sourceAccount}:role/Reads`,
  sourceExternalId: "known",
  destinationRoleArn: `arn:aws:iam::${destinationAccount}:role/Writes`,
  destinationExternalId: "known",
};

async function names(catalog: Catalog, prefix = ""): Promise<string[]> {
  const found: string[] = [];
  for await (const page of catalog.repositories(prefix)) found.push(...page);
  return found;
}

test("each side of a rule is reached with its own role and external id", async () => {
  const sides = openRuleSides();
  expect(await names(sides.sourceCatalog(rule))).toEqual(["team/app"]);
  expect(await names(sides.destinationCatalog(rule), "mirror/")).toEqual(["mirror/team/app"]);
  const gone = { repository: "mirror/team/app", tag: "gone", digest: `sha256:${"a".repeat(64)}` };
  expect(await sides.remover(rule).remove([gone])).toEqual([]);
  for (const [open, side] of [
    [() => sides.sourceCatalog({ ...rule, sourceExternalId: "wrong" }), "source"],
    [() => sides.destinationCatalog({ ...rule, destinationExternalId: "wrong" }), "destination"],
  ] as const) {
    await expect(names(open())).rejects.toMatchObject({
      name: "AccessDenied",
      side,
      operation: "AssumeRole",
    });
  }
});

test("the sides of a rule's images are opened, too", () => {
  const sides = openRuleSides();
  const request = { source: `${hostOf("111111111111")}/a/b:1`, destination: `${hostOf("222222222222")}/a/b` };
  expect(sides.source(request)).toHaveProperty("resolve");
  expect(sides.destination(request)).toHaveProperty("putManifest");
});

test("a registry is asked with the credentials that this process has for it", async () => {
  setDefaultCACertificates([exampleTest.cert]);
  const registry = await RecordingRegistry.start();
  registry.answers.push(
    { to: "/v2/team/app/tags/list", answer: says(401, "", { "www-authenticate": "Basic" }) },
    { to: "/v2/team/app/tags/list", answer: says(200, '{"tags":["1.0"]}') },
  );
  const credentialsOf = async () => ({ username: "reader", password: "password-secret" });
  const sides = openRuleSides({ ...registry.settings(), credentialsOf });
  const catalog = sides.sourceCatalog({ ...rule, source: `${registry.host()}/team/*` });
  const found: unknown[] = [];
  for await (const page of catalog.images("team/app", { untagged: true, details: true })) found.push(...page);
  expect(found).toEqual([{ tag: "1.0" }]);
  expect(registry.signed()).toHaveLength(1);
  registry.close();
});
