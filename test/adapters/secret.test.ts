import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { registryCredentials } from "../../adapters/clients/registry-secret.ts";
import { forgetSecret, readSecret } from "../../adapters/clients/secret.ts";
import { type LocalAws, startLocalAws } from "../../local/aws.ts";
import { writeAssembly } from "../local/fixture-assembly.ts";

const account = "333333333333";
const before = { ...process.env };
let aws: LocalAws;
let made = 0;

beforeAll(async () => {
  aws = await startLocalAws({ assembly: writeAssembly({ Resources: {} }) });
  Object.assign(process.env, {
    AWS_REGION: "eu-central-1",
    AWS_ENDPOINT_URL: aws.endpoint,
    AWS_ACCESS_KEY_ID: account,
    AWS_SECRET_ACCESS_KEY: "any",
  });
});
beforeEach(() => {
  aws.calls.length = 0;
});
afterEach(() => jest.restoreAllMocks());
afterAll(async () => {
  process.env = before;
  await aws.stop();
});

const client = (region = "eu-central-1") => new SecretsManagerClient({ region });

/** The ARN of a new secret with this text. */
async function secretOf(content: string | object, region?: string): Promise<string> {
  const SecretString = typeof content === "string" ? content : JSON.stringify(content);
  const { ARN = "" } = await client(region).send(
    new CreateSecretCommand({ Name: `made/${++made}`, SecretString }),
  );
  aws.calls.length = 0;
  return ARN;
}

const change = (SecretId: string, fields: object) =>
  client().send(new PutSecretValueCommand({ SecretId, SecretString: JSON.stringify(fields) }));

const reads = () => aws.calls.filter(({ operation }) => operation === "GetSecretValue").length;

describe("a secret", () => {
  test("is read in the Region of its ARN, whatever Region the process is in", async () => {
    const arn = await secretOf({ a: 1 }, "us-west-2");
    expect(await readSecret(arn, "source")).toEqual({ a: 1 });
    expect(aws.calls).toMatchObject([{ operation: "GetSecretValue", region: "us-west-2" }]);
  });

  test("is read by an ARN without its last six characters", async () => {
    const arn = await secretOf({ a: 1 });
    expect(await readSecret(arn.slice(0, -7), "source")).toEqual({ a: 1 });
  });

  test("is read once in five minutes, however many ask", async () => {
    const arn = await secretOf({ a: 1 });
    const start = Date.now();
    await Promise.all([readSecret(arn, "source"), readSecret(arn, "source")]);
    await change(arn, { a: 2 });
    const now = jest.spyOn(Date, "now").mockReturnValue(start + 4.9 * 60_000);
    expect(await readSecret(arn, "source")).toEqual({ a: 1 });
    expect(reads()).toBe(1);
    now.mockReturnValue(start + 5.5 * 60_000);
    expect(await readSecret(arn, "source")).toEqual({ a: 2 });
    expect(reads()).toBe(2);
  });

  test("is read anew when it was forgotten", async () => {
    const arn = await secretOf({ a: 1 });
    await readSecret(arn, "source");
    await change(arn, { a: 2 });
    forgetSecret(arn);
    expect(await readSecret(arn, "source")).toEqual({ a: 2 });
  });

  test("that could not be read is asked for again", async () => {
    const arn = await secretOf("not yet");
    await expect(readSecret(arn, "source")).rejects.toThrow("holds no JSON");
    await change(arn, { a: 1 });
    expect(await readSecret(arn, "source")).toEqual({ a: 1 });
  });
});

describe("a failure", () => {
  test("to find it says so, and what to check", async () => {
    const arn = `arn:aws:secretsmanager:eu-central-1:${account}:secret:absent-AbCdEf`;
    await expect(readSecret(arn, "destination")).rejects.toMatchObject({
      name: "AccessDenied",
      side: "destination",
      operation: "GetSecretValue",
      message: `the destination secret ${arn} cannot be read: ResourceNotFoundException: Secrets Manager can't find the specified secret; check its name, account and Region, and that it has a value`,
    });
  });

  test("of one that is marked for deletion says so", async () => {
    const arn = await secretOf({ a: 1 });
    await client().send(new DeleteSecretCommand({ SecretId: arn }));
    await expect(readSecret(arn, "source")).rejects.toMatchObject({
      name: "AccessDenied",
      message: expect.stringContaining("marked for deletion; restore it"),
    });
  });

  test("of permission says which is needed", async () => {
    const arn = `arn:aws:secretsmanager:eu-central-1:444444444444:secret:theirs-AbCdEf`;
    await expect(readSecret(arn, "source")).rejects.toMatchObject({
      name: "AccessDenied",
      message: expect.stringMatching(/secretsmanager:GetSecretValue.*kms:Decrypt/),
    });
  });

  test("to decrypt it names the key's permission", async () => {
    const body =
      '{"__type":"DecryptionFailure","Message":"Secrets Manager can\'t decrypt the protected secret text"}';
    const answer = { "content-type": "application/x-amz-json-1.1" };
    const server = createServer((_, response) => response.writeHead(400, answer).end(body));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    process.env["AWS_ENDPOINT_URL"] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const arn = `arn:aws:secretsmanager:ap-south-1:${account}:secret:locked-AbCdEf`;
    const reading = readSecret(arn, "source");
    await expect(reading).rejects.toMatchObject({
      name: "AccessDenied",
      message: expect.stringContaining("kms:Decrypt"),
    });
    process.env["AWS_ENDPOINT_URL"] = aws.endpoint;
    server.closeAllConnections();
    server.close();
  });

  test.each([
    ["throttle", "Throttled"],
    ["error500", "Unavailable"],
  ] as const)("that may pass (%s) is %s", async (fault, name) => {
    const arn = await secretOf({ a: 1 });
    aws.faults.add({ service: "secretsmanager", operation: "GetSecretValue", fault, times: 3 });
    await expect(readSecret(arn, "source")).rejects.toMatchObject({ name });
  });

  test.each([
    "",
    "my-secret",
    "arn:aws:secretsmanager:eu-central-1:1234:secret:short-account",
    "arn:aws:iam::333333333333:role/Reader",
    `arn:aws:secretsmanager:eu-central-1:${account}:secret:with space`,
  ])("to read the ARN '%s' says what one looks like", async (arn) => {
    await expect(readSecret(arn, "source")).rejects.toMatchObject({
      name: "RequestInvalid",
      message: `'${arn}' is no secret's ARN; expected arn:aws:secretsmanager:<region>:<account>:secret:<name>`,
    });
  });

  test("of a secret of bytes says so", async () => {
    const SecretBinary = new Uint8Array([1]);
    const { ARN = "" } = await client().send(new CreateSecretCommand({ Name: "bytes", SecretBinary }));
    await expect(readSecret(ARN, "source")).rejects.toThrow("holds bytes");
  });

  test.each([
    ["{hush", "holds no JSON"],
    ["hush", "holds no JSON"],
    ['"hush"', "holds JSON of another kind"],
    ['["hush"]', "holds JSON of another kind"],
    ["null", "holds JSON of another kind"],
  ])("of a secret that is %s names it and tells nothing of it", async (text, what) => {
    const arn = await secretOf(text);
    const failure = await readSecret(arn, "source").catch(
      (error: Error) => error as Error & { cause?: unknown },
    );
    expect(failure).toMatchObject({
      name: "AccessDenied",
      message: `the source secret ${arn} ${what}; expected a JSON object`,
      cause: undefined,
    });
  });
});

describe("credentials for a registry", () => {
  const of = async (fields: object, host = "docker.io") =>
    registryCredentials(await secretOf(fields), "source", host);

  test("are a user name and an access token, or a password", async () => {
    expect(await of({ username: "me", accessToken: "t" })).toEqual({ username: "me", password: "t" });
    expect(await of({ username: "me", password: "p:w" })).toEqual({ username: "me", password: "p:w" });
  });

  test("may have other fields beside them", async () => {
    expect(await of({ username: "me", password: "p", email: "me@example.com" })).toEqual({
      username: "me",
      password: "p",
    });
  });

  test("go to the registry that they are for alone, if they name one", async () => {
    const fields = { username: "me", password: "hush", registry: "docker.io" };
    expect(await of(fields)).toEqual({ username: "me", password: "hush" });
    const failure = of(fields, "evil.example.com");
    await expect(failure).rejects.toMatchObject({ name: "AccessDenied", side: "source" });
    await expect(failure).rejects.toThrow("names another registry than evil.example.com; ");
    await expect(failure).rejects.not.toThrow(/hush|docker\.io/);
  });

  test.each([null, "", 1, ["docker.io"], "Docker.io", "docker.io.evil.example.com"])(
    "go nowhere when the registry that they are for is %j",
    (registry) =>
      expect(of({ username: "me", password: "hush", registry })).rejects.toThrow("names another registry"),
  );

  test.each([
    [{}, "has no username"],
    [{ username: 1, password: "hush" }, "has no username"],
    [{ username: "hu:sh", password: "hush" }, "a colon"],
    [{ username: "hush", password: "hush", accessToken: "hush" }, "has both"],
    [{ username: "hush" }, "has neither"],
    [{ username: "hush", password: "" }, "has neither"],
    [{ username: "hush", accessToken: ["hush"] }, "has neither"],
    [{ hush: "hush" }, "has no username"],
  ])("%j are refused without a character of them", async (fields, what) => {
    const failure = of(fields);
    await expect(failure).rejects.toMatchObject({ name: "AccessDenied", side: "source" });
    await expect(failure).rejects.toThrow(what);
    await expect(failure).rejects.not.toThrow("hush");
    await expect(failure).rejects.toThrow('expected {"username": "…", "accessToken": "…"}');
  });
});
