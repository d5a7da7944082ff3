import { DescribeRepositoriesCommand } from "@aws-sdk/client-ecr";
import { ListBucketsCommand } from "@aws-sdk/client-s3";
import type { DeserializeMiddleware, HttpRequest, MiddlewareStack } from "@smithy/types";
import { ecrClient } from "../../adapters/clients/ecr-client.ts";
import { s3Client } from "../../adapters/clients/s3-client.ts";
import { parseEcrImage } from "../../core/model/reference.ts";

const before = { ...process.env };
beforeAll(() => {
  for (const name of Object.keys(process.env).filter((each) => each.startsWith("AWS_")))
    delete process.env[name];
  Object.assign(process.env, {
    AWS_REGION: "eu-central-1",
    AWS_ACCESS_KEY_ID: "AKIATEST",
    AWS_SECRET_ACCESS_KEY: "any",
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
  });
});
afterAll(() => {
  process.env = before;
});

/** Thrown in the place of sending: where to, and the Region that was signed. */
class Sent extends Error {
  readonly host: string;
  readonly region: string | undefined;
  constructor({ hostname, headers }: HttpRequest) {
    super("not sent");
    this.host = hostname;
    this.region = /Credential=[^/]+\/\d+\/([^/]+)\//.exec(headers["authorization"] ?? "")?.[1];
  }
}

/** What a client would send. */
async function sentBy(
  { middlewareStack }: { middlewareStack: Pick<MiddlewareStack<object, object>, "add"> },
  send: () => Promise<unknown>,
): Promise<Sent> {
  const intercept: DeserializeMiddleware<object, object> = () => async (args) => {
    throw new Sent(args.request as HttpRequest);
  };
  middlewareStack.add(intercept, { step: "deserialize", priority: "low", override: true, name: "intercept" });
  return send().then(
    () => Promise.reject(new Error("something was sent")),
    (error) => error as Sent,
  );
}

test.each([
  ["111111111111.dkr.ecr.us-east-1.amazonaws.com", "api.ecr.us-east-1.amazonaws.com", "us-east-1"],
  ["111111111111.dkr.ecr-fips.us-east-1.amazonaws.com", "api.ecr-fips.us-east-1.amazonaws.com", "us-east-1"],
  ["111111111111.dkr-ecr.us-east-1.on.aws", "ecr.us-east-1.api.aws", "us-east-1"],
  ["111111111111.dkr-ecr-fips.us-east-1.on.aws", "ecr-fips.us-east-1.api.aws", "us-east-1"],
  ["111111111111.dkr.ecr.cn-north-1.amazonaws.com.cn", "api.ecr.cn-north-1.amazonaws.com.cn", "cn-north-1"],
  [
    "111111111111.dkr-ecr.cn-northwest-1.on.amazonwebservices.com.cn",
    "ecr.cn-northwest-1.api.amazonwebservices.com.cn",
    "cn-northwest-1",
  ],
  [
    "111111111111.dkr.ecr.us-gov-west-1.amazonaws.com",
    "api.ecr.us-gov-west-1.amazonaws.com",
    "us-gov-west-1",
  ],
  [
    "111111111111.dkr.ecr-fips.us-gov-west-1.amazonaws.com",
    "api.ecr-fips.us-gov-west-1.amazonaws.com",
    "us-gov-west-1",
  ],
  ["111111111111.dkr-ecr.us-gov-west-1.on.aws", "ecr.us-gov-west-1.api.aws", "us-gov-west-1"],
  [
    "111111111111.dkr.ecr.eusc-de-east-1.amazonaws.eu",
    "api.ecr.eusc-de-east-1.amazonaws.eu",
    "eusc-de-east-1",
  ],
])("the registry %s is called at %s", async (registry, host, region) => {
  const { repository } = parseEcrImage(`${registry}/team/app`);
  const client = ecrClient(repository, { side: "source" });
  const sent = await sentBy(client, () => client.send(new DescribeRepositoriesCommand({})));
  expect(sent).toMatchObject({ host, region });
});

test("buckets are called in the function's own Region when the side has no keys of its own", async () => {
  const client = s3Client({ side: "source" });
  const sent = await sentBy(client, () => client.send(new ListBucketsCommand({})));
  expect(sent).toMatchObject({ host: "s3.eu-central-1.amazonaws.com", region: "eu-central-1" });
});
