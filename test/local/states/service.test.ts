import {
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from "@aws-sdk/client-sfn";
import { type LocalAws, startLocalAws } from "../../../local/aws.ts";
import {
  ACCOUNT,
  functionArn,
  functionOf,
  MACHINE_ARN,
  REGION,
  templateOf,
  writeAssembly,
} from "../fixture-assembly.ts";

// The shape of a replication: plan until nothing is missing, copy in a Map, report; a failure is reported too.
const task = (name: string, rest: object) => ({ Type: "Task", Resource: functionArn(name), ...rest });
const caught = { Catch: [{ ErrorEquals: ["States.ALL"], Next: "ReportFailure", ResultPath: "$.failure" }] };
const definition = {
  StartAt: "Start",
  States: {
    Start: {
      Type: "Pass",
      Parameters: {
        "request.$": "$",
        "startedAt.$": "$$.Execution.StartTime",
        "execution.$": "$$.Execution.Id",
      },
      Next: "Plan",
    },
    Plan: task("Plan", {
      ResultPath: "$.plan",
      Retry: [{ ErrorEquals: ["Throttled"], IntervalSeconds: 300 }],
      ...caught,
      Next: "Decide",
    }),
    Decide: {
      Type: "Choice",
      Choices: [
        { Variable: "$.plan.next", StringEquals: "CopyLayers", Next: "CopyLayers" },
        { Variable: "$.plan.next", StringEquals: "Wait", Next: "Wait" },
      ],
      Default: "Report",
    },
    CopyLayers: {
      Type: "Map",
      ItemsPath: "$.plan.tasks",
      ItemSelector: { "execution.$": "$.execution", "task.$": "$$.Map.Item.Value" },
      ItemProcessor: {
        ProcessorConfig: { Mode: "INLINE" },
        StartAt: "CopyLayer",
        States: { CopyLayer: task("CopyLayer", { End: true }) },
      },
      MaxConcurrency: 40,
      ResultPath: "$.copied",
      ...caught,
      Next: "Plan",
    },
    Report: task("Report", { End: true }),
    ReportFailure: task("ReportFailure", { Next: "Failed" }),
    Failed: { Type: "Fail", ErrorPath: "$.error", CausePath: "$.cause" },
    Wait: { Type: "Wait", Seconds: 3600, Next: "Report" },
  },
};
const named = "const fail = (name) => { throw Object.assign(new Error('it failed'), { name }); };";
const functions = {
  Plan: functionOf(`${named} let throttled = false; exports.handler = async ({ request, copied }) => {
    if (request.fail) fail(request.fail);
    if (request.throttle && !throttled) { throttled = true; fail("Throttled"); }
    if (request.wait) return { next: "Wait" };
    return copied ? { next: "Report" } : { next: "CopyLayers", tasks: request.layers ?? [] };
  }`),
  CopyLayer: functionOf(
    `${named} exports.handler = async ({ task }) => task === "bad" ? fail("DigestMismatch") : { copied: task }`,
  ),
  Report: functionOf(
    "exports.handler = async ({ copied, execution }) => ({ status: 'Replicated', copied, execution })",
  ),
  ReportFailure: functionOf(
    "exports.handler = async ({ failure }) => ({ error: failure.Error, cause: failure.Cause })",
  ),
};

let aws: LocalAws;
let sfn: SFNClient;

beforeAll(async () => {
  aws = await startLocalAws({
    assembly: writeAssembly(templateOf(functions, definition)),
    retryIntervalMillis: 1,
  });
  sfn = new SFNClient({
    endpoint: aws.endpoint,
    region: REGION,
    credentials: { accessKeyId: ACCOUNT, secretAccessKey: "any" },
    maxAttempts: 1,
  });
});
afterAll(() => aws.stop());

const start = (input: object, name?: string) =>
  sfn.send(new StartExecutionCommand({ stateMachineArn: MACHINE_ARN, input: JSON.stringify(input), name }));

async function run(input: object) {
  const { executionArn = "" } = await start(input);
  await aws.states.get(executionArn).ended;
  return sfn.send(new DescribeExecutionCommand({ executionArn }));
}

test("an execution plans, copies in a Map and reports", async () => {
  const { status, output = "", executionArn, startDate, stopDate } = await run({ layers: ["a", "b"] });
  expect(status).toBe("SUCCEEDED");
  expect(JSON.parse(output)).toEqual({
    status: "Replicated",
    copied: [{ copied: "a" }, { copied: "b" }],
    execution: executionArn,
  });
  expect(stopDate?.getTime()).toBeGreaterThanOrEqual(startDate?.getTime() ?? Number.NaN);
});

test("a failure that was caught ends the execution with the error and cause that the report gives", async () => {
  expect(await run({ layers: ["a", "bad"] })).toMatchObject({
    status: "FAILED",
    error: "DigestMismatch",
    cause: expect.stringContaining('"errorMessage":"it failed"'),
  });
});

test("a retry waits only as long as this local AWS was told to", async () => {
  const before = Date.now();
  expect((await run({ throttle: true })).status).toBe("SUCCEEDED");
  expect(Date.now() - before).toBeLessThan(200_000);
});

test("the history is paged, forwards and backwards", async () => {
  const { executionArn } = await run({ layers: ["a"] });
  const ids: (number | undefined)[] = [];
  let nextToken: string | undefined;
  do {
    const page = await sfn.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 7, nextToken }));
    expect(page.events?.length).toBeLessThanOrEqual(7);
    ids.push(...(page.events ?? []).map(({ id }) => id));
    nextToken = page.nextToken;
  } while (nextToken);
  expect(ids).toEqual(ids.map((_, index) => index + 1));
  const { events } = await sfn.send(
    new GetExecutionHistoryCommand({ executionArn, maxResults: 1, reverseOrder: true }),
  );
  expect(events).toMatchObject([{ id: ids.length, type: "ExecutionSucceeded", timestamp: expect.any(Date) }]);
  await expect(
    sfn.send(new GetExecutionHistoryCommand({ executionArn, nextToken: "x" })),
  ).rejects.toMatchObject({ name: "InvalidToken" });
});

describe("names", () => {
  test("the same name and input while it runs is the same execution; otherwise it exists already", async () => {
    const first = await start({ wait: true }, "once");
    expect((await start({ wait: true }, "twice")).executionArn).not.toBe(first.executionArn);
    await aws.states.get(first.executionArn ?? "").ended;
    await expect(start({ wait: true }, "once")).rejects.toMatchObject({ name: "ExecutionAlreadyExists" });
  });

  test.each(["", "x".repeat(81), "with space", "slash/", "colon:", "hash#", "control\u0001"])(
    "%j is refused",
    async (name) => {
      await expect(start({}, name)).rejects.toMatchObject({ name: "InvalidName" });
    },
  );
});

describe("a running execution", () => {
  let slow: LocalAws;
  let client: SFNClient;

  beforeAll(async () => {
    slow = await startLocalAws({ assembly: writeAssembly(templateOf(functions, definition)) });
    client = new SFNClient({
      endpoint: slow.endpoint,
      region: REGION,
      credentials: { accessKeyId: ACCOUNT, secretAccessKey: "any" },
    });
  });
  afterAll(() => slow.stop());

  test("is found again by its name and input, refused with another input, and can be stopped", async () => {
    const begin = (input: string) =>
      client.send(new StartExecutionCommand({ stateMachineArn: MACHINE_ARN, input, name: "only" }));
    const { executionArn = "", startDate } = await begin('{"wait":true}');
    expect(await begin('{"wait":true}')).toMatchObject({
      executionArn,
      startDate,
      $metadata: { httpStatusCode: 200 },
    });
    await expect(begin('{"wait":1}')).rejects.toMatchObject({ name: "ExecutionAlreadyExists" });
    expect(await client.send(new DescribeExecutionCommand({ executionArn }))).toMatchObject({
      status: "RUNNING",
    });
    const listed = await client.send(
      new ListExecutionsCommand({ stateMachineArn: MACHINE_ARN, statusFilter: "RUNNING" }),
    );
    expect(listed.executions).toMatchObject([{ name: "only" }]);
    await client.send(new StopExecutionCommand({ executionArn, error: "Changed", cause: "my mind" }));
    await slow.states.get(executionArn).ended;
    expect(await client.send(new DescribeExecutionCommand({ executionArn }))).toMatchObject({
      status: "ABORTED",
      error: "Changed",
      cause: "my mind",
    });
  });
});

describe("input", () => {
  const send = (input: string) =>
    sfn.send(new StartExecutionCommand({ stateMachineArn: MACHINE_ARN, input }));

  test("must be JSON", async () => {
    await expect(send("{")).rejects.toMatchObject({ name: "InvalidExecutionInput" });
  });

  test("may be 256 KiB long and no byte more", async () => {
    const text = (length: number) => JSON.stringify("é".repeat((length - 2) / 2));
    expect(await send(text(256 * 1024))).toHaveProperty("executionArn");
    await expect(send(text(256 * 1024 + 2))).rejects.toMatchObject({ name: "ValidationException" });
  });
});

test("what does not exist or is no ARN is refused by name", async () => {
  await expect(
    sfn.send(new StartExecutionCommand({ stateMachineArn: `${MACHINE_ARN}x` })),
  ).rejects.toMatchObject({ name: "StateMachineDoesNotExist" });
  await expect(
    sfn.send(
      new DescribeExecutionCommand({ executionArn: `${MACHINE_ARN.replace("stateMachine", "execution")}:x` }),
    ),
  ).rejects.toMatchObject({ name: "ExecutionDoesNotExist" });
  await expect(sfn.send(new DescribeExecutionCommand({ executionArn: "x" }))).rejects.toMatchObject({
    name: "InvalidArn",
  });
});

test("machines are listed for their account and region and described with their definition", async () => {
  expect((await sfn.send(new ListStateMachinesCommand({}))).stateMachines).toMatchObject([
    { stateMachineArn: MACHINE_ARN, name: "Machine", type: "STANDARD" },
  ]);
  const described = await sfn.send(new DescribeStateMachineCommand({ stateMachineArn: MACHINE_ARN }));
  expect(JSON.parse(described.definition ?? "")).toEqual(definition);
  const stranger = new SFNClient({
    endpoint: aws.endpoint,
    region: REGION,
    credentials: { accessKeyId: "444444444444", secretAccessKey: "x" },
  });
  expect((await stranger.send(new ListStateMachinesCommand({}))).stateMachines).toEqual([]);
  await expect(
    stranger.send(new DescribeStateMachineCommand({ stateMachineArn: MACHINE_ARN })),
  ).rejects.toMatchObject({ name: "AccessDeniedException" });
});

test("a machine whose role may not invoke the function fails with Lambda's refusal", async () => {
  const template = templateOf(
    { One: functionOf("exports.handler = async () => 1") },
    { StartAt: "A", States: { A: { Type: "Task", Resource: functionArn("One"), End: true } } },
  );
  const { MachineRole } = template["Resources"] as { MachineRole: { Properties: { Policies: unknown } } };
  MachineRole.Properties.Policies = [];
  const powerless = await startLocalAws({ assembly: writeAssembly(template) });
  const ending = await powerless.states.start(powerless.states.machine(MACHINE_ARN), "{}").ended;
  await powerless.stop();
  expect(ending).toMatchObject({
    status: "FAILED",
    error: "Lambda.AWSLambdaException",
    cause: expect.stringContaining("lambda:InvokeFunction"),
  });
});
