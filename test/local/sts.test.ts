import { DescribeRepositoriesCommand, ECRClient } from "@aws-sdk/client-ecr";
import { ListBucketsCommand, S3Client } from "@aws-sdk/client-s3";
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { type LocalAws, startLocalAws } from "../../local/aws.ts";
import { Credentials } from "../../local/credentials.ts";
import type { Call } from "../../local/http.ts";
import { ACCOUNT, functionOf, oneTask, REGION, templateOf, writeAssembly } from "./fixture-assembly.ts";

const roleArn = (name: string) => `arn:aws:iam::${ACCOUNT}:role/${name}`;

function role(
  Principal: object,
  { statements = [] as object[], Condition = {}, MaxSessionDuration = 3600 } = {},
) {
  const AssumeRolePolicyDocument = {
    Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal, Condition }],
  };
  const Policies = [{ PolicyDocument: { Statement: statements } }];
  return (RoleName: string) => ({
    Type: "AWS::IAM::Role",
    Properties: {
      RoleName,
      AssumeRolePolicyDocument,
      MaxSessionDuration,
      ...(statements.length > 0 && { Policies }),
    },
  });
}

const root = { AWS: `arn:aws:iam::${ACCOUNT}:root` };
const roles = {
  First: role(root, {
    MaxSessionDuration: 7200,
    statements: [
      { Effect: "Allow", Action: "sts:AssumeRole", Resource: [roleArn("Second"), roleArn("Picky")] },
    ],
  }),
  Second: role(
    { AWS: [roleArn("First")] },
    {
      MaxSessionDuration: 43200,
      statements: [
        {
          Effect: "Allow",
          Action: "ecr:DescribeRepositories",
          Resource: `arn:aws:ecr:*:${ACCOUNT}:repository/*`,
        },
      ],
    },
  ),
  Unlisted: role({ AWS: [roleArn("First")] }),
  Picky: role(root, { Condition: { StringEquals: { "sts:ExternalId": "the-secret" } } }),
};

let aws: LocalAws;

beforeAll(async () => {
  const template = templateOf({ One: functionOf("exports.handler = async () => 1") }, oneTask("One"));
  Object.assign(
    template["Resources"] as object,
    Object.fromEntries(Object.entries(roles).map(([name, make]) => [name, make(name)])),
  );
  aws = await startLocalAws({ assembly: writeAssembly(template) });
});
afterAll(() => aws.stop());

interface Keys {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}
const administrator: Keys = { accessKeyId: ACCOUNT, secretAccessKey: "any" };
const settings = (credentials: Keys) => ({
  endpoint: aws.endpoint,
  region: REGION,
  credentials,
  maxAttempts: 1,
});
const sts = (credentials: Keys = administrator) => new STSClient(settings(credentials));

async function assume(name: string, by: Keys = administrator, rest: object = {}): Promise<Keys> {
  const input = { RoleArn: roleArn(name), RoleSessionName: "me", ...rest };
  const { Credentials: given } = await sts(by).send(new AssumeRoleCommand(input));
  return {
    accessKeyId: given?.AccessKeyId ?? "",
    secretAccessKey: given?.SecretAccessKey ?? "",
    sessionToken: given?.SessionToken ?? "",
  };
}

test("an access key id of twelve digits is that account's administrator", async () => {
  expect(await sts().send(new GetCallerIdentityCommand({}))).toMatchObject({
    Account: ACCOUNT,
    Arn: `arn:aws:iam::${ACCOUNT}:root`,
  });
});

test("an assumed role is the caller afterwards", async () => {
  const keys = await assume("First");
  expect(await sts(keys).send(new GetCallerIdentityCommand({}))).toMatchObject({
    Arn: `arn:aws:sts::${ACCOUNT}:assumed-role/First/me`,
  });
});

test("a role may assume another that trusts it and that its own policy allows", async () => {
  const second = await assume("Second", await assume("First"));
  const { repositories } = await new ECRClient(settings(second)).send(new DescribeRepositoriesCommand({}));
  expect(repositories).toEqual([]);
});

test("what the role's own policy does not allow is refused in AWS's words", async () => {
  const first = await assume("First");
  await expect(assume("Unlisted", first)).rejects.toMatchObject({
    name: "AccessDenied",
    message: `User: arn:aws:sts::${ACCOUNT}:assumed-role/First/me is not authorized to perform: sts:AssumeRole on resource: ${roleArn("Unlisted")}`,
    $metadata: { httpStatusCode: 403 },
  });
});

test("a role that does not trust the caller, and one that does not exist, are refused alike", async () => {
  await expect(assume("Second")).rejects.toMatchObject({ name: "AccessDenied" });
  await expect(assume("Absent")).rejects.toMatchObject({ name: "AccessDenied" });
});

test("an external id must be the one that the role asks for", async () => {
  await expect(assume("Picky")).rejects.toMatchObject({ name: "AccessDenied" });
  await expect(assume("Picky", administrator, { ExternalId: "other" })).rejects.toMatchObject({
    name: "AccessDenied",
  });
  expect(await assume("Picky", administrator, { ExternalId: "the-secret" })).toHaveProperty("sessionToken");
});

test("a session may last as long as its role says, but an hour when it was assumed by a role", async () => {
  await expect(assume("First", administrator, { DurationSeconds: 7201 })).rejects.toThrow(
    "MaxSessionDuration",
  );
  const first = await assume("First", administrator, { DurationSeconds: 7200 });
  await expect(assume("Second", first, { DurationSeconds: 3601 })).rejects.toThrow("role chaining");
  expect(await assume("Second", first, { DurationSeconds: 3600 })).toHaveProperty("sessionToken");
});

test.each([
  ["a session name of one character", { RoleSessionName: "m" }, "roleSessionName"],
  ["a session name with a space", { RoleSessionName: "m e" }, "roleSessionName"],
  ["an external id of one character", { ExternalId: "x" }, "externalId"],
  ["a duration under 900 seconds", { DurationSeconds: 899 }, "899"],
  ["a session policy, which is not enforced here", { Policy: "{}" }, "Policy"],
])("%s is refused", async (_, rest, text) => {
  await expect(assume("First", administrator, rest)).rejects.toMatchObject({
    name: "ValidationError",
    message: expect.stringContaining(text),
  });
});

describe("credentials that are not good", () => {
  const made = { accessKeyId: "ASIAMADEUP", secretAccessKey: "x", sessionToken: "y" };

  test("an unknown key is refused in the shape of each protocol", async () => {
    await expect(sts(made).send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({
      name: "InvalidClientTokenId",
      $metadata: { httpStatusCode: 403 },
    });
    await expect(
      new ECRClient(settings(made)).send(new DescribeRepositoriesCommand({})),
    ).rejects.toMatchObject({ name: "UnrecognizedClientException", $metadata: { httpStatusCode: 400 } });
    await expect(
      new S3Client({ ...settings(made), forcePathStyle: true }).send(new ListBucketsCommand({})),
    ).rejects.toMatchObject({ name: "InvalidAccessKeyId", $metadata: { httpStatusCode: 403 } });
  });

  test("a session needs its own token, and a signature by its own secret", async () => {
    const first = await assume("First");
    await expect(
      sts({ ...first, sessionToken: "other" }).send(new GetCallerIdentityCommand({})),
    ).rejects.toMatchObject({ name: "InvalidClientTokenId" });
    await expect(
      sts({ ...first, secretAccessKey: "other" }).send(new GetCallerIdentityCommand({})),
    ).rejects.toMatchObject({ name: "SignatureDoesNotMatch" });
  });

  test("a session that has ended is refused as expired", async () => {
    let now = Date.now();
    const credentials = new Credentials(() => now);
    const session = credentials.issue({
      role: { account: ACCOUNT, name: "R" } as never,
      name: "s",
      seconds: 900,
    });
    const call = {
      headers: { "x-amz-security-token": session.sessionToken, "x-amz-content-sha256": "x" },
      path: "/",
      query: new URLSearchParams(),
    } as unknown as Call;
    const signed = {
      accessKeyId: session.accessKeyId,
      scope: "",
      region: REGION,
      service: "sts",
      signedHeaders: [],
      signature: "0".repeat(64),
    };
    now += 900_000 - 1;
    await expect(credentials.caller(call, signed)).rejects.toMatchObject({
      name: "InvalidSignatureException",
    });
    now += 1;
    await expect(credentials.caller(call, signed)).rejects.toMatchObject({ name: "ExpiredTokenException" });
  });
});
