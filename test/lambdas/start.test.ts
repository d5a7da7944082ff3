import { rmSync } from "node:fs";
import { DescribeExecutionCommand, ListExecutionsCommand, SFNClient } from "@aws-sdk/client-sfn";
import type { Context } from "aws-lambda";
import { handler, type Uploaded } from "../../lambdas/start.ts";
import { type LocalAws, startLocalAws } from "../../local/aws.ts";
import { ACCOUNT, MACHINE_ARN, REGION, templateOf, writeAssembly } from "../local/fixture-assembly.ts";

const destination = "222222222222.dkr.ecr.eu-central-1.amazonaws.com/{basename}:latest";
const context = { functionName: "start", awsRequestId: "1-2" } as unknown as Context;

let aws: LocalAws;
let assembly: string;
let machines: SFNClient;
const environment = { ...process.env };

beforeAll(async () => {
  assembly = writeAssembly(
    templateOf({}, { StartAt: "Only", States: { Only: { Type: "Pass", End: true } } }),
  );
  aws = await startLocalAws({ assembly });
  const { endpoint } = aws;
  const credentials = { accessKeyId: ACCOUNT, secretAccessKey: "local" };
  machines = new SFNClient({ endpoint, region: REGION, credentials });
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: ACCOUNT,
    AWS_SECRET_ACCESS_KEY: "local",
    STATE_MACHINE_ARN: MACHINE_ARN,
  });
});

afterAll(async () => {
  process.env = environment;
  await aws.stop();
  rmSync(assembly, { recursive: true });
});

function upload(key: string, version: Partial<Uploaded["detail"]["object"]> = {}): Uploaded {
  const object = { key, sequencer: "0062E99A88DC407460", ...version };
  return { rule: "inbox", request: { destination }, detail: { bucket: { name: "inbox" }, object } };
}

/** The names of all executions, and what the newest was started with. */
async function executions(): Promise<{ names: (string | undefined)[]; input: unknown }> {
  const { executions = [] } = await machines.send(
    new ListExecutionsCommand({ stateMachineArn: MACHINE_ARN }),
  );
  const [newest] = executions;
  const { input = "null" } = newest
    ? await machines.send(new DescribeExecutionCommand({ executionArn: newest.executionArn }))
    : {};
  return { names: executions.map(({ name }) => name), input: JSON.parse(input) };
}

async function startedBy(...uploads: Uploaded[]): Promise<number> {
  const before = (await executions()).names.length;
  for (const each of uploads) await handler(each, context);
  return (await executions()).names.length - before;
}

describe("start", () => {
  test("starts the rule's request on the uploaded object, under the rule's name", async () => {
    expect(await startedBy(upload("images/react frontend+1.tar"))).toBe(1);
    const { names, input } = await executions();
    expect(names[0]).toMatch(/^inbox-[0-9a-f]{32}$/);
    expect(input).toEqual({ source: "s3://inbox/images/react frontend+1.tar", destination });
  });

  test("starts one execution for an event that comes twice", async () => {
    expect(await startedBy(upload("twice.tar"), upload("twice.tar"))).toBe(1);
  });

  test("starts another for an object that is uploaded again, with versions or without", async () => {
    expect(
      await startedBy(upload("again.tar"), upload("again.tar", { sequencer: "0062E99A88DC407461" })),
    ).toBe(2);
    const versions = ["3HL4kqtJvjVBH40Nrjfkd", "L4kqtJlcpXroDTDmpUMLUo"];
    expect(await startedBy(...versions.map((id) => upload("version.tar", { "version-id": id })))).toBe(2);
    const suspended = { "version-id": "null" };
    const next = { ...suspended, sequencer: "0062E99A88DC407461" };
    expect(await startedBy(upload("null.tar", suspended), upload("null.tar", next))).toBe(2);
  });

  test("starts one for a version of an object, whichever its sequencer", async () => {
    const version = { "version-id": "3HL4kqtJvjVBH40Nrjfkd" };
    const later = { ...version, sequencer: "0062E99A88DC407461" };
    expect(await startedBy(upload("one.tar", version), upload("one.tar", later))).toBe(1);
  });

  test("names an object with a '#' in its key", async () => {
    await handler(upload("a#b.tar"), context);
    expect((await executions()).input).toMatchObject({ source: "s3://inbox/a#b.tar#" });
  });

  test("fails, so that Lambda tries again, when no execution could be started", async () => {
    process.env["STATE_MACHINE_ARN"] = `${MACHINE_ARN}Absent`;
    const failed = handler(upload("absent.tar"), context);
    await expect(failed).rejects.toMatchObject({
      name: "RequestInvalid",
      message: expect.stringContaining(`StartExecution on ${MACHINE_ARN}Absent failed`),
    });
    process.env["STATE_MACHINE_ARN"] = MACHINE_ARN;
  });
});
