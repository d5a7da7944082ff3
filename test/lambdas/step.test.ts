import { Console } from "node:console";
import type { Writable } from "node:stream";
import type { Context } from "aws-lambda";
import { awsFailure } from "../../adapters/clients/aws-failure.ts";
import { step } from "../../lambdas/step.ts";
import { request } from "../fakes/request.ts";

const secrets = ["FwoGZXIvYXdzEXAMPLE", "AKIAIOSFODNN7EXAMPLE", "X-Amz-Signature=abcdef", "external-id-1"];
const context = {
  functionName: "plan",
  functionVersion: "1",
  memoryLimitInMB: "256",
  awsRequestId: "1-2",
  invokedFunctionArn: "arn:aws:lambda:eu-central-1:333333333333:function:plan",
  getRemainingTimeInMillis: () => 1_000,
} as unknown as Context;
const state = { request, execution: "arn:aws:states:eu-central-1:333333333333:execution:a:b" };

/** An error as the SDK throws it, with all that it carries. */
function sdkError(name: string): Error {
  const [token, key, signature] = secrets;
  const error = Object.assign(new Error("User is not authorized"), {
    name,
    $fault: "client",
    $metadata: { httpStatusCode: 400, requestId: "r" },
    request: {
      headers: { authorization: `AWS4-HMAC-SHA256 Credential=${key}`, "x-amz-security-token": token },
    },
    url: `https://bucket/layer?${signature}`,
  });
  Object.defineProperty(error, "$response", { value: { body: { token, key } }, enumerable: false });
  return error;
}

/** All that a piece of work writes, through either stream, the console, or a console of its own. */
async function written(work: () => Promise<unknown>): Promise<string> {
  const lines: string[] = [];
  const take = (...parts: unknown[]) => {
    lines.push(parts.map(String).join(" "));
    return true;
  };
  const consoles = (["log", "info", "warn", "error", "debug"] as const).flatMap((name) => [
    jest.spyOn(console, name).mockImplementation(take),
    jest.spyOn(Console.prototype, name).mockImplementation(take),
  ]);
  const streams = [process.stdout, process.stderr].map((stream: Writable) =>
    jest.spyOn(stream, "write").mockImplementation(take),
  );
  try {
    await work();
  } finally {
    for (const spy of [...consoles, ...streams]) spy.mockRestore();
  }
  return lines.join("\n");
}

/** What a piece of work writes, and the error that it ends with. */
async function failed(work: () => Promise<unknown>): Promise<{ log: string; thrown: unknown }> {
  let thrown: unknown;
  const log = await written(async () => {
    try {
      await work();
    } catch (error) {
      thrown = error;
    }
  });
  return { log, thrown };
}

describe("step", () => {
  test.each([
    ["an error of the SDK", sdkError("AccessDeniedException")],
    [
      "a failure with such an error as its cause",
      awsFailure(sdkError("AccessDeniedException"), {
        side: "source",
        operation: "BatchGetImage",
        subject: "arn",
      }),
    ],
  ])("writes and throws nothing secret of %s", async (_, error) => {
    const failing = step("plan", () => Promise.reject(error), Object);
    const { log, thrown } = await failed(() => failing(state, context));
    expect(log).toContain("plan failed");
    expect(log).toContain("User is not authorized");
    expect(thrown).toBeInstanceOf(Error);
    const said = `${log}\n${JSON.stringify(thrown, Object.getOwnPropertyNames(thrown))}`;
    for (const secret of secrets) expect(said).not.toContain(secret);
  });

  test("writes of its input only the source, the destination and the execution", async () => {
    const role = "arn:aws:iam::111111111111:role/PullImages";
    const input = {
      ...state,
      request: { ...request, sourceRoleArn: role, sourceExternalId: "external-id-1" },
    };
    const log = await written(() =>
      step(
        "plan",
        async () => ({ token: secrets[0] }),
        () => ({ tasks: 3 }),
      )(input, context),
    );
    expect(log).toContain(request.source);
    expect(log).toContain(request.destination);
    expect(log).toContain(state.execution);
    expect(log).toContain('"tasks":3');
    for (const secret of secrets) expect(log).not.toContain(secret);
  });

  test("does nothing with a request that is not valid, and says what is wrong with it", async () => {
    const run = jest.fn();
    const invalid = { ...state, request: { ...request, source: "Nginx" } };
    const { thrown } = await failed(() => step("plan", run, Object)(invalid, context));
    expect(run).not.toHaveBeenCalled();
    expect(thrown).toMatchObject({
      name: "RequestInvalid",
      message: expect.stringContaining("source: 'Nginx'"),
    });
  });

  test("carries nothing of one image into the log of the next", async () => {
    const done = step(
      "plan",
      async () => 1,
      () => ({}),
    );
    await written(() => done(state, context));
    const other = { ...state, request: { source: "Nginx" } as never, execution: "second" };
    const log = await written(() => done(other, context).catch(() => undefined));
    expect(log).not.toContain(request.source);
    expect(log).toContain("second");
  });
});
