import {
  InvokeCommand,
  type InvokeCommandInput,
  LambdaClient,
  ListFunctionsCommand,
} from "@aws-sdk/client-lambda";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { type LocalAws, startLocalAws } from "../../../local/aws.ts";
import {
  ACCOUNT,
  functionArn,
  functionOf,
  oneTask,
  REGION,
  templateOf,
  writeAssembly,
} from "../fixture-assembly.ts";

const functions = {
  Echo: functionOf("exports.handler = async (event, context) => ({ event, id: context.awsRequestId })"),
  Throw: functionOf(
    "exports.handler = async () => { throw Object.assign(new Error('it is late'), { name: 'TooLate' }) }",
  ),
  Nothing: functionOf("exports.handler = async () => {}"),
  Other: functionOf("exports.handler = async () => 1"),
};
const invoker = {
  Type: "AWS::IAM::Role",
  Properties: {
    RoleName: "Invoker",
    AssumeRolePolicyDocument: {
      Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { AWS: ACCOUNT } }],
    },
    Policies: [
      {
        PolicyName: "Invoke",
        PolicyDocument: {
          Statement: [{ Effect: "Allow", Action: "lambda:InvokeFunction", Resource: functionArn("Echo") }],
        },
      },
    ],
  },
};

let aws: LocalAws;

beforeAll(async () => {
  const { Resources } = templateOf(functions, oneTask("Echo"));
  const template = { Resources: { ...(Resources as object), Invoker: invoker } };
  aws = await startLocalAws({ assembly: writeAssembly(template), retryIntervalMillis: 1 });
});
afterAll(() => aws.stop());
afterEach(() => {
  aws.faults.clear();
  aws.calls.length = 0;
});

type Keys = { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
const administrator = { accessKeyId: ACCOUNT, secretAccessKey: "any" };

function client(credentials: Keys = administrator, region = REGION): LambdaClient {
  return new LambdaClient({ endpoint: aws.endpoint, region, credentials, maxAttempts: 1 });
}

async function invoke(input: Partial<InvokeCommandInput> = {}, by = client()) {
  const { Payload, $metadata, ...rest } = await by.send(
    new InvokeCommand({ FunctionName: "Echo", ...input }),
  );
  const payload = Payload?.length ? JSON.parse(Payload.transformToString()) : undefined;
  return { ...rest, requestId: $metadata.requestId, payload };
}

async function asInvoker(): Promise<LambdaClient> {
  const sts = new STSClient({ endpoint: aws.endpoint, region: REGION, credentials: administrator });
  const { Credentials: given } = await sts.send(
    new AssumeRoleCommand({ RoleArn: `arn:aws:iam::${ACCOUNT}:role/Invoker`, RoleSessionName: "me" }),
  );
  return client({
    accessKeyId: given?.AccessKeyId ?? "",
    secretAccessKey: given?.SecretAccessKey ?? "",
    sessionToken: given?.SessionToken ?? "",
  });
}

describe("a function that is invoked for its answer", () => {
  test("gets the payload, and its answer comes back under its request id", async () => {
    const answer = await invoke({ Payload: '{"a":[1,null,"ü"]}' });
    expect(answer).toMatchObject({ StatusCode: 200, ExecutedVersion: "$LATEST" });
    expect(answer.payload).toEqual({ event: { a: [1, null, "ü"] }, id: answer.requestId });
    expect(answer.FunctionError).toBeUndefined();
  });

  test.each(["", undefined])("gets an empty object for the payload %j", async (Payload) => {
    expect((await invoke({ Payload })).payload.event).toEqual({});
  });

  test.each(["null", "0", '"text"', "[]"])("gets the payload %s as it is", async (Payload) => {
    expect((await invoke({ Payload })).payload.event).toEqual(JSON.parse(Payload));
  });

  test("that returns nothing answers null", async () => {
    expect((await invoke({ FunctionName: "Nothing" })).payload).toBeNull();
  });

  test("that throws is status 200, and a header says that it failed", async () => {
    const { payload, ...answer } = await invoke({ FunctionName: "Throw" });
    expect(answer).toMatchObject({ StatusCode: 200, FunctionError: "Unhandled" });
    expect(Object.keys(payload)).toEqual(["errorType", "errorMessage", "trace"]);
    expect(payload).toMatchObject({ errorType: "TooLate", errorMessage: "it is late" });
  });

  test("whose environment is killed fails as a function does", async () => {
    aws.faults.add({ service: "lambda", operation: "Invoke", fault: "kill", before: true });
    expect(await invoke()).toMatchObject({
      FunctionError: "Unhandled",
      payload: { errorType: "Runtime.ExitError" },
    });
  });

  test("is in the record of calls once as a call, and once as an invocation", async () => {
    await invoke();
    const common = { service: "lambda", account: ACCOUNT, region: REGION, detail: { functionName: "Echo" } };
    expect(aws.calls).toEqual([
      { ...common, operation: "Invoke", status: 200 },
      { ...common, operation: "POST invocations", status: 200 },
    ]);
  });
});

describe("a function is named", () => {
  const partial = `${ACCOUNT}:function:Echo`;
  test.each(["Echo", partial, functionArn("Echo"), "Echo:$LATEST", `${functionArn("Echo")}:$LATEST`])(
    "by %s",
    async (FunctionName) => {
      expect(await invoke({ FunctionName })).toMatchObject({ StatusCode: 200 });
    },
  );

  test("with a qualifier apart, which must be the same as one in the name", async () => {
    expect(await invoke({ Qualifier: "$LATEST" })).toMatchObject({ StatusCode: 200 });
    expect(await invoke({ FunctionName: "Echo:$LATEST", Qualifier: "$LATEST" })).toMatchObject({
      StatusCode: 200,
    });
    await expect(invoke({ FunctionName: "Echo:1", Qualifier: "$LATEST" })).rejects.toMatchObject({
      name: "InvalidParameterValueException",
      $metadata: { httpStatusCode: 400 },
    });
  });

  test.each([
    ["Absent", functionArn("Absent")],
    ["echo", functionArn("echo")],
    ["Echo:1", `${functionArn("Echo")}:1`],
    ["Echo:live", `${functionArn("Echo")}:live`],
  ])("and when there is none such, %s is not found", async (FunctionName, arn) => {
    await expect(invoke({ FunctionName })).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      message: `Function not found: ${arn}`,
      $metadata: { httpStatusCode: 404 },
    });
  });

  test.each(["E cho", "a".repeat(65), "arn:aws:lambda:x", `${functionArn("Echo")}:`, "Echo/x"])(
    "and %s is no name",
    async (FunctionName) => {
      await expect(invoke({ FunctionName })).rejects.toMatchObject({
        name: "ValidationException",
        message: expect.stringContaining(`Value '${FunctionName}' at 'functionName'`),
        $metadata: { httpStatusCode: 400 },
      });
    },
  );

  test("only in its own region", async () => {
    await expect(
      invoke({ FunctionName: functionArn("Echo") }, client(administrator, "us-east-1")),
    ).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      message: `Functions from '${REGION}' are not reachable in this region ('us-east-1')`,
    });
  });
});

describe("whoever invokes a function", () => {
  test("may be a role with a signed session, for the functions of its policy", async () => {
    const role = await asInvoker();
    expect(await invoke({ FunctionName: functionArn("Echo"), Payload: "1" }, role)).toMatchObject({
      payload: { event: 1 },
    });
    for (const FunctionName of ["Other", "Absent"]) {
      await expect(invoke({ FunctionName }, role)).rejects.toMatchObject({
        name: "AccessDeniedException",
        message:
          `User: arn:aws:sts::${ACCOUNT}:assumed-role/Invoker/me is not authorized to perform: lambda:InvokeFunction ` +
          `on resource: ${functionArn(FunctionName)} because no identity-based policy allows the lambda:InvokeFunction action`,
        $metadata: { httpStatusCode: 403 },
      });
    }
    // A policy that names the function does not name its versions.
    await expect(invoke({ Qualifier: "$LATEST" }, role)).rejects.toMatchObject({
      name: "AccessDeniedException",
    });
  });

  test("is not another account's administrator", async () => {
    const stranger = client({ accessKeyId: "111111111111", secretAccessKey: "any" });
    await expect(invoke({ FunctionName: functionArn("Echo") }, stranger)).rejects.toMatchObject({
      name: "AccessDeniedException",
    });
    expect(aws.calls.filter(({ operation }) => operation === "Invoke")).toEqual([]);
  });

  test("must have a session that is known, and sign with its secret", async () => {
    const unknown = client({ accessKeyId: "ASIAUNKNOWN", secretAccessKey: "any", sessionToken: "none" });
    await expect(invoke({}, unknown)).rejects.toMatchObject({
      name: "UnrecognizedClientException",
      $metadata: { httpStatusCode: 403 },
    });
    const keys = (await (await asInvoker()).config.credentials()) as Keys;
    await expect(invoke({}, client({ ...keys, secretAccessKey: "other" }))).rejects.toMatchObject({
      name: "InvalidSignatureException",
      $metadata: { httpStatusCode: 403 },
    });
  });
});

describe("an event", () => {
  test("is accepted at once, and the function gets it later", async () => {
    const answer = await invoke({ InvocationType: "Event", Payload: '{"a":1}' });
    expect(answer).toEqual({ StatusCode: 202, requestId: answer.requestId });
    await aws.settled();
    expect(aws.calls.map(({ operation }) => operation).toSorted()).toEqual(["Invoke", "POST invocations"]);
  });

  test("that a function fails on is tried twice again", async () => {
    await invoke({ FunctionName: "Throw", InvocationType: "Event" });
    await aws.settled();
    expect(aws.calls.filter(({ error }) => error === "TooLate")).toHaveLength(3);
  });

  test("may be 1 MiB long and no longer", async () => {
    const text = (bytes: number) => JSON.stringify("x".repeat(bytes - 2));
    await invoke({ FunctionName: "Other", InvocationType: "Event", Payload: text(1024 * 1024) });
    await expect(
      invoke({ FunctionName: "Other", InvocationType: "Event", Payload: text(1024 * 1024 + 1) }),
    ).rejects.toMatchObject({ name: "RequestEntityTooLargeException", $metadata: { httpStatusCode: 413 } });
    await aws.settled();
  });
});

test("a dry run checks all and runs nothing", async () => {
  const InvocationType = "DryRun";
  expect(await invoke({ InvocationType })).toMatchObject({ StatusCode: 204 });
  await expect(invoke({ InvocationType, FunctionName: "Absent" })).rejects.toMatchObject({
    name: "ResourceNotFoundException",
  });
  expect(aws.calls.filter(({ operation }) => operation === "Invoke")).toEqual([]);
});

describe("a call is refused", () => {
  test.each(["{", "text", new Uint8Array([0x22, 0xff, 0x22])])("for the payload %j", async (Payload) => {
    await expect(invoke({ Payload })).rejects.toMatchObject({
      name: "InvalidRequestContentException",
      message: expect.stringMatching(/^Could not parse request body into json: /),
      $metadata: { httpStatusCode: 400 },
    });
  });

  test("for a payload of more than 6 MiB", async () => {
    await expect(invoke({ Payload: `"${"x".repeat(6 * 1024 * 1024 - 1)}"` })).rejects.toMatchObject({
      name: "RequestEntityTooLargeException",
      message: "Request must be smaller than 6291456 bytes for the InvokeFunction operation",
    });
  });

  test("for an invocation type that there is not", async () => {
    await expect(invoke({ InvocationType: "Later" as never })).rejects.toMatchObject({
      name: "ValidationException",
    });
  });

  test.each([
    { LogType: "Tail" },
    { ClientContext: "e30=" },
    { TenantId: "one" },
    { DurableExecutionName: "one" },
  ])("for what local AWS does not have: %j", async (input) => {
    await expect(invoke(input as Partial<InvokeCommandInput>)).rejects.toMatchObject({
      name: "InvalidParameterValueException",
      message: expect.stringMatching(/is not supported by local AWS$/),
    });
  });

  test("when it is throttled or Lambda fails", async () => {
    const target = { service: "lambda", operation: "Invoke", detail: { functionName: "Echo" } };
    aws.faults.add({ ...target, fault: "throttle" });
    aws.faults.add({ ...target, fault: "error500" });
    await expect(invoke()).rejects.toMatchObject({
      name: "TooManyRequestsException",
      message: "Rate Exceeded.",
      $metadata: { httpStatusCode: 429 },
    });
    await expect(invoke()).rejects.toMatchObject({
      name: "ServiceException",
      $metadata: { httpStatusCode: 500 },
    });
    expect(await invoke()).toMatchObject({ StatusCode: 200 });
  });

  test("for another operation of Lambda", async () => {
    await expect(client().send(new ListFunctionsCommand({}))).rejects.toMatchObject({
      name: "UnknownOperationException",
      message: expect.stringContaining("GET /2015-03-31/functions"),
    });
  });
});
