import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { type LocalAws, startLocalAws } from "../../../local/aws.ts";
import { ACCOUNT, REGION, writeAssembly } from "../fixture-assembly.ts";

const reader = {
  Type: "AWS::IAM::Role",
  Properties: {
    RoleName: "Reader",
    AssumeRolePolicyDocument: {
      Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { AWS: ACCOUNT } }],
    },
    Policies: [
      {
        PolicyDocument: {
          Statement: [
            {
              Effect: "Allow",
              Action: "secretsmanager:GetSecretValue",
              Resource: `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:open/app-??????`,
            },
          ],
        },
      },
    ],
  },
};

const data = mkdtempSync(join(tmpdir(), "local-secrets-"));
const start = () => startLocalAws({ assembly: writeAssembly({ Resources: { Reader: reader } }), data });
let aws: LocalAws;
let secrets: SecretsManagerClient;

beforeAll(async () => {
  aws = await start();
  secrets = client();
});
afterAll(async () => {
  await aws.stop();
  rmSync(data, { recursive: true });
});

function client(
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string } = {
    accessKeyId: ACCOUNT,
    secretAccessKey: "any",
  },
  region = REGION,
): SecretsManagerClient {
  return new SecretsManagerClient({ endpoint: aws.endpoint, region, credentials, maxAttempts: 1 });
}

const create = (Name: string, SecretString: string | undefined = "one", rest = {}) =>
  secrets.send(new CreateSecretCommand({ Name, SecretString, ...rest }));
const get = (SecretId: string | undefined, rest = {}, by = secrets) =>
  by.send(new GetSecretValueCommand({ SecretId, ...rest }));
const put = (SecretId: string, SecretString: string, rest = {}) =>
  secrets.send(new PutSecretValueCommand({ SecretId, SecretString, ...rest }));

async function asReader(): Promise<SecretsManagerClient> {
  const settings = { endpoint: aws.endpoint, region: REGION };
  const { Credentials: given } = await new STSClient({
    ...settings,
    credentials: { accessKeyId: ACCOUNT, secretAccessKey: "any" },
  }).send(new AssumeRoleCommand({ RoleArn: `arn:aws:iam::${ACCOUNT}:role/Reader`, RoleSessionName: "me" }));
  return client({
    accessKeyId: given?.AccessKeyId ?? "",
    secretAccessKey: given?.SecretAccessKey ?? "",
    sessionToken: given?.SessionToken ?? "",
  });
}

describe("a secret", () => {
  test("is read by its name, its ARN, and its ARN without the six characters", async () => {
    const { ARN = "", VersionId } = await create("team/token");
    expect(ARN).toMatch(
      new RegExp(`^arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:team/token-[A-Za-z0-9]{6}$`),
    );
    for (const id of ["team/token", ARN, ARN.slice(0, -7)]) {
      expect(await get(id)).toMatchObject({
        ARN,
        Name: "team/token",
        SecretString: "one",
        VersionId,
        VersionStages: ["AWSCURRENT"],
        CreatedDate: expect.any(Date),
      });
    }
  });

  test("is not read by an ARN with other six characters, or in another case", async () => {
    const { ARN = "" } = await create("strict");
    for (const id of [`${ARN.slice(0, -6)}abcdef`, ARN.slice(0, -6), "Strict"]) {
      await expect(get(id)).rejects.toMatchObject({
        name: "ResourceNotFoundException",
        message: "Secrets Manager can't find the specified secret.",
        $metadata: { httpStatusCode: 400 },
      });
    }
  });

  test("can be bytes", async () => {
    const SecretBinary = new Uint8Array([0, 255, 1]);
    await secrets.send(new CreateSecretCommand({ Name: "bytes", SecretBinary }));
    const { SecretBinary: read, SecretString } = await get("bytes");
    expect([...(read ?? [])]).toEqual([0, 255, 1]);
    expect(SecretString).toBeUndefined();
  });

  test("is another in another region and in another account", async () => {
    await create("apart", "here");
    const elsewhere = client(undefined, "us-east-1");
    const other = client({ accessKeyId: "111111111111", secretAccessKey: "any" });
    for (const one of [elsewhere, other]) {
      await expect(get("apart", {}, one)).rejects.toMatchObject({ name: "ResourceNotFoundException" });
      await one.send(new CreateSecretCommand({ Name: "apart", SecretString: "there" }));
      expect(await get("apart", {}, one)).toMatchObject({ SecretString: "there" });
    }
    expect(await get("apart")).toMatchObject({ SecretString: "here" });
  });

  test("made twice is refused, but for the very same request", async () => {
    const rest = { ClientRequestToken: "11111111-2222-3333-4444-555555555555" };
    const { ARN } = await create("twice", "one", rest);
    expect(await create("twice", "one", rest)).toMatchObject({ ARN });
    await expect(create("twice", "other", rest)).rejects.toMatchObject({ name: "ResourceExistsException" });
    await expect(create("twice")).rejects.toMatchObject({
      name: "ResourceExistsException",
      message: "The operation failed because the secret twice already exists.",
    });
  });

  test("without a value can be described and not read", async () => {
    await secrets.send(new CreateSecretCommand({ Name: "empty", Description: "none yet" }));
    expect(await secrets.send(new DescribeSecretCommand({ SecretId: "empty" }))).toMatchObject({
      Name: "empty",
      Description: "none yet",
      VersionIdsToStages: {},
    });
    await expect(get("empty")).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      message: "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
    });
  });

  test("is kept from one run to the next in files that only their owner may read", async () => {
    const { ARN } = await create("kept", "for later");
    await aws.stop();
    const folder = join(data, "secrets");
    const modes = [folder, ...readdirSync(folder).map((file) => join(folder, file))].map(
      (path) => statSync(path).mode & 0o077,
    );
    expect(new Set(modes)).toEqual(new Set([0]));
    aws = await start();
    secrets = client();
    expect(await get("kept")).toMatchObject({ ARN, SecretString: "for later" });
  });
});

describe("a new value", () => {
  test("becomes current, and the one before stays as previous, once", async () => {
    await create("rotated", "1");
    await put("rotated", "2");
    const { VersionId } = await put("rotated", "3");
    expect(await get("rotated")).toMatchObject({ SecretString: "3", VersionId });
    expect(await get("rotated", { VersionStage: "AWSPREVIOUS" })).toMatchObject({ SecretString: "2" });
    const { VersionIdsToStages } = await secrets.send(new DescribeSecretCommand({ SecretId: "rotated" }));
    expect(Object.values(VersionIdsToStages ?? {})).toEqual([["AWSPREVIOUS"], ["AWSCURRENT"]]);
  });

  test("put for another stage is not current", async () => {
    await create("pending", "1");
    await put("pending", "2", { VersionStages: ["AWSPENDING"] });
    expect(await get("pending")).toMatchObject({ SecretString: "1", VersionStages: ["AWSCURRENT"] });
    expect(await get("pending", { VersionStage: "AWSPENDING" })).toMatchObject({ SecretString: "2" });
  });

  test("put again with its token changes nothing, and another with it is refused", async () => {
    await create("repeated", "1");
    const rest = { ClientRequestToken: "99999999-2222-3333-4444-555555555555" };
    const first = await put("repeated", "2", rest);
    expect(await put("repeated", "2", rest)).toMatchObject({ VersionId: first.VersionId });
    await expect(put("repeated", "3", rest)).rejects.toMatchObject({ name: "ResourceExistsException" });
    expect(await get("repeated", { VersionStage: "AWSPREVIOUS" })).toMatchObject({ SecretString: "1" });
  });

  test("of an absent secret is refused", async () => {
    await expect(put("absent", "1")).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });
});

describe("a deleted secret", () => {
  test("is gone at once when forced, and its name free for one with another ARN", async () => {
    const { ARN } = await create("gone");
    await secrets.send(new DeleteSecretCommand({ SecretId: "gone", ForceDeleteWithoutRecovery: true }));
    await expect(get("gone")).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    expect((await create("gone")).ARN).not.toBe(ARN);
  });

  test("waits for its deletion otherwise: it is neither read, put, made nor listed", async () => {
    await create("waiting");
    const { DeletionDate } = await secrets.send(
      new DeleteSecretCommand({ SecretId: "waiting", RecoveryWindowInDays: 7 }),
    );
    const days = ((DeletionDate?.getTime() ?? 0) - Date.now()) / 86_400_000;
    expect(Math.round(days)).toBe(7);
    const refused = { name: "InvalidRequestException" };
    await expect(get("waiting")).rejects.toMatchObject({
      ...refused,
      message: "You can't perform this operation on the secret because it was marked for deletion.",
    });
    await expect(put("waiting", "2")).rejects.toMatchObject(refused);
    await expect(create("waiting")).rejects.toMatchObject(refused);
    const names = async (IncludePlannedDeletion: boolean) =>
      (await secrets.send(new ListSecretsCommand({ IncludePlannedDeletion }))).SecretList?.map(
        ({ Name }) => Name,
      );
    expect(await names(false)).not.toContain("waiting");
    expect(await names(true)).toContain("waiting");
  });

  test.each([6, 31])("may not wait %d days", async (RecoveryWindowInDays) => {
    await expect(
      secrets.send(new DeleteSecretCommand({ SecretId: "any", RecoveryWindowInDays })),
    ).rejects.toMatchObject({ name: "InvalidParameterException" });
  });
});

test("secrets are listed by name in pages", async () => {
  const there = client({ accessKeyId: "444444444444", secretAccessKey: "any" });
  for (const Name of ["c", "a", "b"]) await there.send(new CreateSecretCommand({ Name, SecretString: "x" }));
  const first = await there.send(new ListSecretsCommand({ MaxResults: 2 }));
  expect(first.SecretList?.map(({ Name }) => Name)).toEqual(["a", "b"]);
  expect(JSON.stringify(first)).not.toContain("SecretString");
  const second = await there.send(new ListSecretsCommand({ MaxResults: 2, NextToken: first.NextToken }));
  expect(second.SecretList?.map(({ Name }) => Name)).toEqual(["c"]);
  expect(second.NextToken).toBeUndefined();
  await expect(there.send(new ListSecretsCommand({ NextToken: "?" }))).rejects.toMatchObject({
    name: "InvalidNextTokenException",
  });
});

describe("what a role may do", () => {
  test("is read what its policy names, and nothing else", async () => {
    await create("open/app", "for the role");
    const { ARN } = await create("open/application", "not for it");
    const role = await asReader();
    expect(await get("open/app", {}, role)).toMatchObject({ SecretString: "for the role" });
    await expect(get("open/application", {}, role)).rejects.toMatchObject({
      name: "AccessDeniedException",
      message: `User: arn:aws:sts::${ACCOUNT}:assumed-role/Reader/me is not authorized to perform: secretsmanager:GetSecretValue on resource: ${ARN} because no identity-based policy allows the secretsmanager:GetSecretValue action`,
    });
    await expect(
      role.send(new PutSecretValueCommand({ SecretId: "open/app", SecretString: "mine" })),
    ).rejects.toMatchObject({ name: "AccessDeniedException" });
    await expect(role.send(new ListSecretsCommand({}))).rejects.toMatchObject({
      name: "AccessDeniedException",
    });
  });

  test("does not tell it whether another secret is there", async () => {
    await expect(get("absent", {}, await asReader())).rejects.toMatchObject({
      name: "AccessDeniedException",
    });
  });

  test("ends at the account, for administrators too", async () => {
    const { ARN } = await create("ours");
    const other = client({ accessKeyId: "111111111111", secretAccessKey: "any" });
    await expect(get(ARN, {}, other)).rejects.toMatchObject({ name: "AccessDeniedException" });
  });
});

describe("bad input", () => {
  const refusal = (name: string, text: string) => ({ name, message: expect.stringContaining(text) });

  test.each([
    ["an empty name", { Name: "" }, refusal("ValidationException", "'Name'")],
    ["a name with a space", { Name: "a b" }, refusal("ValidationException", "-/_+=.@!")],
    ["a name of 513 characters", { Name: "n".repeat(513) }, refusal("ValidationException", "'Name'")],
    [
      "a value of 65,537 bytes",
      { SecretString: `${"é".repeat(32_768)}x` },
      refusal("ValidationException", "65536"),
    ],
    [
      "a text and bytes at once",
      { SecretBinary: new Uint8Array([1]) },
      refusal("InvalidParameterException", "both"),
    ],
    [
      "replication, which is not here",
      { AddReplicaRegions: [{ Region: "us-east-1" }] },
      refusal("ValidationException", "AddReplicaRegions"),
    ],
  ])("%s is refused", async (_, rest, expected) => {
    const input = { Name: "bad", SecretString: "one", ...rest };
    await expect(secrets.send(new CreateSecretCommand(input))).rejects.toMatchObject(expected);
  });

  test("a value of 65,536 bytes is taken", async () => {
    await create("longest", "é".repeat(32_768));
    expect((await get("longest")).SecretString).toHaveLength(32_768);
  });

  test("an operation that is not here is refused by name", async () => {
    await expect(secrets.send(new GetRandomPasswordCommand({}))).rejects.toMatchObject(
      refusal("UnknownOperationException", "GetRandomPassword"),
    );
  });

  test("a call without a signature is refused", async () => {
    const answer = await fetch(aws.endpoint, {
      method: "POST",
      headers: { "x-amz-target": "secretsmanager.GetSecretValue" },
      body: "{}",
    });
    expect([answer.status, await answer.json()]).toEqual([
      400,
      expect.objectContaining({ __type: "MissingAuthenticationTokenException" }),
    ]);
  });
});

test("the record of calls tells which secret, and never what is in it", async () => {
  aws.calls.length = 0;
  await create("told", "hush-1");
  await put("told", "hush-2");
  await get("told");
  await expect(create("told", "hush-3")).rejects.toMatchObject({ name: "ResourceExistsException" });
  expect(aws.calls[2]).toEqual({
    service: "secretsmanager",
    operation: "GetSecretValue",
    account: ACCOUNT,
    region: REGION,
    detail: { secretId: "told" },
    status: 200,
  });
  expect(JSON.stringify(aws.calls)).not.toContain("hush");
});

test("a fault strikes it as it does other services", async () => {
  await create("struck");
  aws.faults.add({ service: "secretsmanager", operation: "GetSecretValue", fault: "throttle" });
  await expect(get("struck")).rejects.toMatchObject({ name: "ThrottlingException" });
  expect(await get("struck")).toMatchObject({ SecretString: "one" });
});
