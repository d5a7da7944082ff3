import { rmSync } from "node:fs";
import { DescribeExecutionCommand, ListExecutionsCommand, SFNClient } from "@aws-sdk/client-sfn";
import type { Context, SQSBatchResponse, SQSEvent } from "aws-lambda";
import type { PushedRule } from "../../core/model/push.ts";
import { handler, type Pushed } from "../../lambdas/start-push.ts";
import { type LocalAws, startLocalAws } from "../../local/aws.ts";
import { ACCOUNT, MACHINE_ARN, REGION, templateOf, writeAssembly } from "../local/fixture-assembly.ts";

const context = { functionName: "start-push", awsRequestId: "1-2" } as unknown as Context;
const rule: PushedRule = {
  name: "team",
  source: "111111111111.dkr.ecr.eu-central-1.amazonaws.com/team/*",
  destination: "222222222222.dkr.ecr.eu-central-1.amazonaws.com/mirror/team/*",
  tags: { exclude: ["*-dev"] },
};

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
    IMAGES_STATE_MACHINE_ARN: `${MACHINE_ARN}Absent`,
  });
});

afterAll(async () => {
  process.env = environment;
  await aws.stop();
  rmSync(assembly, { recursive: true });
});

function push(repository: string, tag: string, also: Partial<Pushed> = {}): Pushed {
  const detail = { "repository-name": repository, "image-tag": tag };
  return {
    rule,
    account: "111111111111",
    region: "eu-central-1",
    time: "2026-11-23T07:30:13Z",
    detail,
    ...also,
  };
}

/** Hands over messages as Lambda does, called 0, 1 and so on. */
function hand(...bodies: (Pushed | string)[]): Promise<SQSBatchResponse> {
  const Records = bodies.map((body, messageId) => ({
    messageId: `${messageId}`,
    body: typeof body === "string" ? body : JSON.stringify(body),
  }));
  return handler({ Records } as unknown as SQSEvent, context);
}

async function executions() {
  const found = await machines.send(new ListExecutionsCommand({ stateMachineArn: MACHINE_ARN }));
  return found.executions ?? [];
}

async function startedBy(...pushes: (Pushed | string)[]): Promise<number> {
  const before = (await executions()).length;
  await hand(...pushes);
  return (await executions()).length - before;
}

describe("start-push", () => {
  test("starts the rule's request for the tag, under the rule's name", async () => {
    expect(await hand(push("team/app", "1.0"))).toEqual({ batchItemFailures: [] });
    const [newest] = await executions();
    expect(newest?.name).toMatch(/^team-[0-9a-f]{32}$/);
    const { input = "" } = await machines.send(
      new DescribeExecutionCommand({ executionArn: newest?.executionArn }),
    );
    expect(JSON.parse(input)).toEqual({
      rule: "team",
      source: "111111111111.dkr.ecr.eu-central-1.amazonaws.com/team/app:1.0",
      destination: "222222222222.dkr.ecr.eu-central-1.amazonaws.com/mirror/team/app:1.0",
    });
  });

  test("starts one execution for a hundred pushes of a tag in one window, and for an event that comes twice", async () => {
    const storm = Array.from({ length: 100 }, (_, at) =>
      push("team/storm", "1.0", { time: `2026-11-23T07:30:${String(at % 30).padStart(2, "0")}Z` }),
    );
    expect(await startedBy(...storm)).toBe(1);
    expect(await startedBy(...storm.slice(0, 1))).toBe(0);
    expect(await startedBy(push("team/storm", "1.0", { time: "2026-11-23T07:30:30Z" }))).toBe(1);
  });

  test("starts nothing for what the rule does not select, and does not want it again", async () => {
    const before = (await executions()).length;
    expect(await hand(push("team/app", "1.0-dev"), push("other/app", "1.0"))).toEqual({
      batchItemFailures: [],
    });
    expect(await executions()).toHaveLength(before);
  });

  test("wants again just the messages for which nothing could be started", async () => {
    const newest = push("team/app", "2.0", { rule: { ...rule, tags: { newest: 1 } } });
    const answer = await hand(push("team/one", "1"), newest, "no JSON", push("team/two", "1"));
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: "1" }, { itemIdentifier: "2" }] });
    expect(await startedBy(push("team/one", "1"), push("team/two", "1"))).toBe(0);
  });

  test("starts a run of the repository on the other state machine, where the name does not tell", async () => {
    process.env["IMAGES_STATE_MACHINE_ARN"] = MACHINE_ARN;
    const newest = { rule: { ...rule, tags: { newest: 1 } } };
    expect(await startedBy(push("team/runs", "2.0", newest), push("team/runs", "2.1", newest))).toBe(1);
    const [run] = await executions();
    const { input = "" } = await machines.send(
      new DescribeExecutionCommand({ executionArn: run?.executionArn }),
    );
    expect(JSON.parse(input)).toMatchObject({
      name: "team",
      tags: { newest: 1 },
      source: expect.stringMatching(/\/team\/runs$/),
    });
  });
});
