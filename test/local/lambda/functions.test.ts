import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type LocalAws, startLocalAws } from "../../../local/aws.ts";
import {
  ACCOUNT,
  functionArn,
  functionOf,
  MACHINE_ARN,
  oneTask,
  REGION,
  templateOf,
  writeAssembly,
} from "../fixture-assembly.ts";

const SPIN = "exports.handler = async () => { for (;;) {} }";
const functions = {
  Echo: functionOf(
    "exports.handler = async (event, context) => ({ event, context, remaining: context.getRemainingTimeInMillis() })",
    { Timeout: 123 },
  ),
  Environment: functionOf("exports.handler = async () => process.env", {
    Environment: { Variables: { MINE: "yes" } },
    MemorySize: 256,
  }),
  Count: functionOf("let n = 0; exports.handler = async () => ({ pid: process.pid, n: ++n })"),
  Throw: functionOf(
    "exports.handler = async () => { throw Object.assign(new Error('it is late'), { name: 'TooLate' }) }",
  ),
  Bare: functionOf(
    "exports.handler = async () => { throw Object.assign(new Error('it is late'), { name: 'TooLate', stack: undefined }) }",
  ),
  Spin: functionOf(SPIN, { Timeout: 900 }),
  // It takes no more than that, however long it is before anybody looks.
  Greedy: functionOf(
    "const kept = []; exports.handler = () => { kept.push(Buffer.alloc(256 << 20, 1)); return new Promise(() => {}); }",
  ),
  Exit: functionOf("exports.handler = async () => process.exit(3)"),
  Large: functionOf("exports.handler = async () => 'x'.repeat(6 * 1024 * 1024 - 1)"),
  Syntax: functionOf("this is not JavaScript"),
  Nothing: functionOf("exports.other = 1"),
  Talk: functionOf("exports.handler = async () => console.log('hello there')"),
  Esm: functionOf("export const handler = async (event) => event ?? null"),
  Slow: functionOf(
    "exports.handler = async () => { await new Promise((r) => setTimeout(r, 20)); return process.pid }",
  ),
};

let aws: LocalAws;
let logged = "";

beforeAll(async () => {
  aws = await startLocalAws({
    assembly: writeAssembly(templateOf(functions, oneTask("Echo"))),
    timeouts: { Spin: 300 },
    concurrency: 3,
    onLog: (name, text) => {
      logged += `${name}: ${text}`;
    },
  });
});
afterAll(() => aws.stop());

async function invoke(name: string, event: unknown = {}) {
  const outcome = await aws.invoke(functionArn(name), JSON.stringify(event));
  return "result" in outcome ? { result: JSON.parse(outcome.result) } : { error: outcome.error };
}

function statistics(name: string) {
  return aws.functions().find((one) => one.name === name);
}

test("a function gets its event and Lambda's context object", async () => {
  const { result } = await invoke("Echo", { a: [1, null] });
  expect(result.event).toEqual({ a: [1, null] });
  expect(result.context).toMatchObject({
    functionName: "Echo",
    functionVersion: "$LATEST",
    invokedFunctionArn: functionArn("Echo"),
    memoryLimitInMB: "128",
    awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    logGroupName: "/aws/lambda/Echo",
  });
  expect(result.remaining).toBeGreaterThan(0);
  expect(result.remaining).toBeLessThanOrEqual(123_000);
});

test("a function has Lambda's environment variables, its own, the endpoint, and no others", async () => {
  const { result } = await invoke("Environment");
  expect(result).toMatchObject({
    MINE: "yes",
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "256",
    AWS_LAMBDA_FUNCTION_NAME: "Environment",
    AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x",
    AWS_ENDPOINT_URL: aws.endpoint,
    _HANDLER: "index.handler",
    TZ: ":UTC",
  });
  expect(result.AWS_SESSION_TOKEN.length).toBeGreaterThan(16);
  expect(
    Object.keys(result).filter(
      (name) => !/^(AWS_|_|LAMBDA_|ECR_REPLICATOR_ALLOW_INSECURE$|LANG$|PATH$|TZ$|MINE$)/.test(name),
    ),
  ).toEqual([]);
});

test("an environment is used again while it lives, one event at a time", async () => {
  const first = await invoke("Count");
  const second = await invoke("Count");
  expect(second.result).toEqual({ pid: first.result.pid, n: 2 });
});

test("more environments are started up to the cap, and what is beyond waits its turn", async () => {
  const outcomes = await Promise.all(Array.from({ length: 10 }, () => invoke("Slow")));
  const pids = outcomes.map(({ result }) => result);
  expect(new Set(pids).size).toBe(3);
  expect(statistics("Slow")).toMatchObject({ invocations: 10, environments: 3, failures: 0 });
});

test("what a function throws without a stack loses its name, as the runtime of nodejs22.x has it", async () => {
  const { error } = await invoke("Bare");
  expect(error).toMatchObject({ errorType: "handled", trace: [] });
});

test("what a function throws has its name, message and stack", async () => {
  const { error } = await invoke("Throw");
  expect(error).toMatchObject({ errorType: "TooLate", errorMessage: "it is late" });
  expect(error?.trace?.length).toBeGreaterThan(1);
});

test("a function that takes longer than its timeout is killed, and the next call gets a new environment", async () => {
  const { error } = await invoke("Spin");
  expect(error).toEqual({
    errorType: "Sandbox.Timedout",
    errorMessage: expect.stringMatching(
      /^RequestId: [0-9a-f-]{36} Error: Task timed out after 0\.30 seconds$/,
    ),
  });
  await invoke("Spin");
  expect(statistics("Spin")).toMatchObject({ environments: 2, failures: 2 });
});

test("a function that takes more memory than it has is killed as out of memory", async () => {
  const { error } = await invoke("Greedy");
  expect(error?.errorType).toBe("Runtime.OutOfMemory");
  expect(statistics("Greedy")?.peakKiB).toBeGreaterThan(128 * 1024);
});

test("a process that ends by itself is Runtime.ExitError with its status", async () => {
  expect(await invoke("Exit")).toMatchObject({
    error: { errorType: "Runtime.ExitError", errorMessage: expect.stringContaining("exit status 3") },
  });
});

test("an answer of more than 6 MiB is refused", async () => {
  // Two quotes make the text one byte too long.
  expect(await invoke("Large")).toMatchObject({ error: { errorType: "Function.ResponseSizeTooLarge" } });
});

test("code that cannot be loaded fails every call", async () => {
  expect(await invoke("Syntax")).toMatchObject({ error: { errorType: "SyntaxError" } });
  expect(await invoke("Nothing")).toMatchObject({ error: { errorType: "Runtime.HandlerNotFound" } });
  expect(await invoke("Nothing")).toMatchObject({ error: { errorType: "Runtime.HandlerNotFound" } });
});

test("a module's handler is found as well", async () => {
  expect(await invoke("Esm", [1])).toEqual({ result: [1] });
});

test("what a function prints goes to its log file and to the listener", async () => {
  await invoke("Talk");
  await waitFor(() => logged.includes("hello there"));
  expect(logged).toContain("Talk: hello there");
  expect(await readFile(join(aws.data, "logs", "Talk.log"), "utf8")).toContain("hello there");
});

test("the peak memory of a function is known", async () => {
  await invoke("Count");
  expect(statistics("Count")?.peakKiB).toBeGreaterThan(20 * 1024);
});

test("invocations are in the record of calls", async () => {
  aws.calls.length = 0;
  await invoke("Throw");
  expect(aws.calls).toEqual([
    {
      service: "lambda",
      operation: "Invoke",
      account: ACCOUNT,
      region: REGION,
      detail: { functionName: "Throw" },
      status: 200,
      error: "TooLate",
    },
  ]);
});

test("a throttled invocation is Lambda.TooManyRequestsException, and a killed one Runtime.ExitError", async () => {
  const target = { service: "lambda", operation: "Invoke", detail: { functionName: "Echo" } };
  aws.faults.add({ ...target, fault: "throttle" });
  aws.faults.add({ ...target, fault: "kill", before: true });
  expect(await invoke("Echo")).toMatchObject({ error: { errorType: "Lambda.TooManyRequestsException" } });
  expect(await invoke("Echo")).toMatchObject({ error: { errorType: "Runtime.ExitError" } });
  expect(await invoke("Echo")).toHaveProperty("result");
});

test("the state machine runs the function with its role", async () => {
  const machine = aws.states.machine(MACHINE_ARN);
  const ending = await aws.states.start(machine, '{"a":1}').ended;
  expect(ending.status).toBe("SUCCEEDED");
});

async function waitFor(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}
