import { createRequire } from "node:module";
import { CreateRepositoryCommand, DescribeRepositoriesCommand, ECRClient } from "@aws-sdk/client-ecr";
import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadBucketCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { type LocalAws, startLocalAws } from "../../local/aws.ts";
import { type Fault, Faults } from "../../local/faults.ts";
import {
  ACCOUNT,
  functionArn,
  functionOf,
  oneTask,
  REGION,
  roleFor,
  templateOf,
  writeAssembly,
} from "./fixture-assembly.ts";

const sdk = JSON.stringify(createRequire(import.meta.url).resolve("@aws-sdk/client-ecr"));
const stsSdk = JSON.stringify(createRequire(import.meta.url).resolve("@aws-sdk/client-sts"));
// Creates a repository with the function's own role, or with one that it assumes.
const creator = `
const { ECRClient, CreateRepositoryCommand } = require(${sdk});
const { STSClient, AssumeRoleCommand } = require(${stsSdk});
exports.handler = async ({ repositoryName, roleArn }) => {
  let credentials;
  if (roleArn) {
    const { Credentials: c } = await new STSClient({}).send(new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: "me" }));
    credentials = { accessKeyId: c.AccessKeyId, secretAccessKey: c.SecretAccessKey, sessionToken: c.SessionToken };
  }
  await new ECRClient({ credentials, maxAttempts: 1 }).send(new CreateRepositoryCommand({ repositoryName }));
  return process.pid;
};`;

let aws: LocalAws;
let ecr: ECRClient;
let s3: S3Client;

beforeAll(async () => {
  const Create = functionOf(creator, { MemorySize: 512 });
  const template = templateOf({ Create, Other: Create }, oneTask("Create"), [
    "ecr:CreateRepository",
    "sts:AssumeRole",
  ]);
  const assumed = roleFor("lambda.amazonaws.com", "Assumed", "ecr:CreateRepository");
  const trust = { Effect: "Allow", Action: "sts:AssumeRole", Principal: { AWS: ACCOUNT } };
  Object.assign(assumed["Properties"] as object, { AssumeRolePolicyDocument: { Statement: [trust] } });
  aws = await startLocalAws({
    assembly: writeAssembly({
      ...template,
      Resources: { ...(template["Resources"] as object), Assumed: assumed },
    }),
  });
  const settings = {
    endpoint: aws.endpoint,
    region: REGION,
    credentials: { accessKeyId: ACCOUNT, secretAccessKey: "any" },
    maxAttempts: 1,
  };
  ecr = new ECRClient(settings);
  s3 = new S3Client({ ...settings, forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: "bucket" }));
});
afterAll(() => aws.stop());
beforeEach(() => {
  aws.faults.clear();
  aws.calls.length = 0;
});

const describeAll = () => ecr.send(new DescribeRepositoriesCommand({}));
const create = (repositoryName: string) => ecr.send(new CreateRepositoryCommand({ repositoryName }));
const exists = (name: string) => aws.store.find({ account: ACCOUNT, region: REGION, name }) !== undefined;

test("a throttled call is refused as the service does it, and its work is not done", async () => {
  aws.faults.add({ service: "ecr", operation: "CreateRepository", fault: "throttle" });
  await expect(create("throttled")).rejects.toMatchObject({
    name: "ThrottlingException",
    message: "Rate exceeded",
    $metadata: { httpStatusCode: 400 },
  });
  expect(exists("throttled")).toBe(false);
  aws.faults.add({ service: "s3", operation: "HeadBucket", fault: "throttle" });
  await expect(s3.send(new HeadBucketCommand({ Bucket: "bucket" }))).rejects.toMatchObject({
    $metadata: { httpStatusCode: 503 },
  });
});

test("a fault of the service is status 500 and a refused permission AccessDenied", async () => {
  aws.faults.add({ service: "ecr", operation: "DescribeRepositories", fault: "error500" });
  await expect(describeAll()).rejects.toMatchObject({
    name: "ServerException",
    $metadata: { httpStatusCode: 500 },
  });
  aws.faults.add({ service: "ecr", operation: "DescribeRepositories", fault: "accessDenied" });
  await expect(describeAll()).rejects.toMatchObject({ name: "AccessDeniedException" });
});

test("a lost answer leaves the work done and the client with a broken connection", async () => {
  aws.faults.add({ service: "ecr", operation: "CreateRepository", fault: "lostAnswer" });
  await expect(create("answer-lost")).rejects.toThrow("socket hang up");
  expect(exists("answer-lost")).toBe(true);
  expect(aws.calls.at(-1)).toMatchObject({ operation: "CreateRepository", status: 0, error: "lostAnswer" });
});

test("a broken read ends the body after so many bytes", async () => {
  await s3.send(new PutObjectCommand({ Bucket: "bucket", Key: "big", Body: Buffer.alloc(1_000_000, 1) }));
  aws.faults.add({
    service: "s3",
    operation: "GetObject",
    detail: { key: "big" },
    fault: "brokenRead",
    afterBytes: 100_000,
  });
  const { Body, ContentLength } = await s3.send(new GetObjectCommand({ Bucket: "bucket", Key: "big" }));
  let received = 0;
  const reading = async () => {
    for await (const chunk of Body as AsyncIterable<Uint8Array>) received += chunk.length;
  };
  await expect(reading()).rejects.toThrow();
  expect({ ContentLength, received }).toEqual({ ContentLength: 1_000_000, received: 100_000 });
});

test("an expired download is refused as S3 refuses it", async () => {
  aws.faults.add({ service: "layers", operation: "GET layer", fault: "expiredUrl" });
  const answer = await fetch(`${aws.endpoint}/_layers/${ACCOUNT}/${REGION}/token?X-Amz-Signature=x`);
  expect(answer.status).toBe(403);
  expect(await answer.text()).toContain("<Code>AccessDenied</Code><Message>Request has expired</Message>");
});

describe("a killed function", () => {
  const invoke = async (event: object) => {
    const outcome = await aws.invoke(functionArn("Create"), JSON.stringify(event));
    return "error" in outcome ? outcome.error.errorType : "done";
  };

  test("dies before the work of its call is done", async () => {
    aws.faults.add({ service: "ecr", operation: "CreateRepository", fault: "kill", before: true });
    expect(await invoke({ repositoryName: "killed-before" })).toBe("Runtime.ExitError");
    expect(exists("killed-before")).toBe(false);
  });

  test("or after it, and the next event starts another environment", async () => {
    aws.faults.add({ service: "ecr", operation: "CreateRepository", fault: "kill", before: false });
    expect(await invoke({ repositoryName: "killed-after" })).toBe("Runtime.ExitError");
    expect(exists("killed-after")).toBe(true);
    expect(await invoke({ repositoryName: "alive-again" })).toBe("done");
  });

  test("is known by its call although it was signed with a role that it assumed", async () => {
    aws.faults.add({ service: "ecr", operation: "CreateRepository", fault: "kill", before: true });
    const roleArn = `arn:aws:iam::${ACCOUNT}:role/Assumed`;
    expect(await invoke({ repositoryName: "by-role", roleArn })).toBe("Runtime.ExitError");
    expect(await invoke({ repositoryName: "by-role", roleArn })).toBe("done");
  });

  test("is the one that made the call and no other", async () => {
    const detail = { repositoryName: "mine-dies" };
    aws.faults.add({ service: "ecr", operation: "CreateRepository", detail, fault: "kill", before: true });
    const [mine, other] = await Promise.all([
      invoke({ repositoryName: "mine-dies" }),
      aws.invoke(functionArn("Other"), JSON.stringify({ repositoryName: "other-lives" })),
    ]);
    expect(mine).toBe("Runtime.ExitError");
    expect(other).toHaveProperty("result");
  });
});

describe("addressing", () => {
  const call = {
    service: "ecr",
    operation: "PutImage",
    account: "1",
    region: "r",
    detail: { repositoryName: "a", imageTag: "v1" },
  };
  const struck = (fault: Partial<Fault>, calls = 1) => {
    const faults = new Faults();
    faults.add({ service: "ecr", operation: "PutImage", fault: "throttle", ...fault } as Fault);
    return Array.from({ length: calls }, () => faults.take(call) !== undefined);
  };

  test.each([
    [{}, true],
    [{ account: "1", region: "r" }, true],
    [{ account: "2" }, false],
    [{ region: "other" }, false],
    [{ operation: "BatchGetImage" }, false],
    [{ detail: { repositoryName: "a" } }, true],
    [{ detail: { repositoryName: "a", imageTag: "v2" } }, false],
    [{ detail: { absent: "a" } }, false],
  ])("%j strikes: %s", (fault, expected) => {
    expect(struck(fault)).toEqual([expected]);
  });

  test("after lets calls pass first, and times is how many are struck", () => {
    expect(struck({}, 3)).toEqual([true, false, false]);
    expect(struck({ after: 1, times: 2 }, 5)).toEqual([false, true, true, false, false]);
  });

  test("of two faults on one call the first strikes, and then the second", () => {
    const faults = new Faults();
    faults.add({ service: "ecr", operation: "PutImage", fault: "throttle" });
    faults.add({ service: "ecr", operation: "PutImage", fault: "error500" });
    expect([faults.take(call)?.fault, faults.take(call)?.fault, faults.take(call)]).toEqual([
      "throttle",
      "error500",
      undefined,
    ]);
  });

  test.each([
    [{ service: "ec2" }, "service"],
    [{ fault: "earthquake" }, "fault"],
    [{ times: 0 }, "times"],
    [{ after: -1 }, "after"],
    [{ afterBytes: 1.5, fault: "brokenRead" }, "afterBytes"],
    [{ fault: "brokenRead" }, "afterBytes"],
    [{ fault: "kill" }, "before"],
    [{ fault: "kill", before: true, service: "layers" }, "layers"],
    [{ fault: "expiredUrl" }, "layers"],
    [{ repositoryName: "a" }, "repositoryName"],
  ])("%j is refused", (fault, text) => {
    expect(() => struck(fault as Partial<Fault>)).toThrow(text);
  });
});

describe("over HTTP", () => {
  const local = (method: string, name: string, body?: unknown) =>
    fetch(`${aws.endpoint}/_local/${name}`, { method, body: JSON.stringify(body) });

  test("faults are put in force, listed with what they struck, and cleared", async () => {
    const fault = { service: "ecr", operation: "DescribeRepositories", fault: "throttle" };
    expect((await local("POST", "faults", fault)).status).toBe(201);
    await expect(describeAll()).rejects.toMatchObject({ name: "ThrottlingException" });
    expect(await (await local("GET", "faults")).json()).toEqual([{ fault, matched: 1, struck: 1 }]);
    await local("DELETE", "faults");
    expect(aws.faults.list()).toEqual([]);
  });

  test("a fault that could never strike as meant is refused with the reason", async () => {
    const answer = await local("POST", "faults", { service: "ecr", operation: "PutImage", fault: "throtle" });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toHaveProperty("message", expect.stringContaining("throtle"));
  });

  test("the record of calls is read and cleared", async () => {
    await describeAll();
    const [record] = (await (await local("GET", "calls")).json()) as object[];
    expect(record).toMatchObject({
      service: "ecr",
      operation: "DescribeRepositories",
      account: ACCOUNT,
      region: REGION,
      status: 200,
    });
    await local("DELETE", "calls");
    expect(aws.calls).toEqual([]);
  });

  test("anything else is not found", async () => {
    expect((await local("GET", "nothing")).status).toBe(404);
  });
});

describe("the endpoint", () => {
  test("gives every answer a request id", async () => {
    const { $metadata } = await new STSClient({
      endpoint: aws.endpoint,
      region: REGION,
      credentials: { accessKeyId: ACCOUNT, secretAccessKey: "x" },
    }).send(new GetCallerIdentityCommand({}));
    expect($metadata.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect((await fetch(`${aws.endpoint}/`)).headers.get("x-amzn-requestid")).toMatch(/^[0-9a-f-]{36}$/);
  });

  test("refuses a call without a signature, a malformed one and one to an unknown service", async () => {
    const target = { "x-amz-target": "AWSStepFunctions.ListStateMachines" };
    const post = async (headers: Record<string, string>) =>
      (await (await fetch(aws.endpoint, { method: "POST", headers, body: "{}" })).json()) as {
        __type: string;
      };
    expect(await post(target)).toMatchObject({ __type: "MissingAuthenticationTokenException" });
    expect(await post({ ...target, authorization: "AWS4-HMAC-SHA256 nonsense" })).toMatchObject({
      __type: "IncompleteSignatureException",
    });
    expect(await post({ "x-amz-target": "DynamoDB_20120810.ListTables" })).toMatchObject({
      __type: "UnknownOperationException",
    });
  });

  test("refuses a body that is longer than the service takes", async () => {
    const authorization = `AWS4-HMAC-SHA256 Credential=${ACCOUNT}/20260101/${REGION}/states/aws4_request, SignedHeaders=host, Signature=${"0".repeat(64)}`;
    const headers = { "x-amz-target": "AWSStepFunctions.ListStateMachines", authorization };
    const answer = await fetch(aws.endpoint, { method: "POST", headers, body: "x".repeat(1024 * 1024 + 1) });
    expect(answer.status).toBe(413);
  });
});
