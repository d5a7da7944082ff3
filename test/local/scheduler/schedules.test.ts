import { type LocalAws, startLocalAws } from "../../../local/aws.ts";
import { messages, queue } from "../events/local-events.ts";
import {
  ACCOUNT,
  functionOf,
  MACHINE_ARN,
  oneTask,
  queueArn,
  REGION,
  templateOf,
  writeAssembly,
} from "../fixture-assembly.ts";

type Fields = Record<string, unknown>;

const groupArn = (name: string) => `arn:aws:scheduler:${REGION}:${ACCOUNT}:schedule-group/${name}`;
const trust = (Condition: Fields = {}, Service = "scheduler.amazonaws.com") => ({
  Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service }, Condition }],
});

function role(RoleName: string, allowed: Record<string, string>, document = trust()): Fields {
  const Statement = Object.entries(allowed).map(([Action, Resource]) => ({
    Effect: "Allow",
    Action,
    Resource,
  }));
  const Policies = Statement.length > 0 ? [{ PolicyName: "p", PolicyDocument: { Statement } }] : [];
  return { Type: "AWS::IAM::Role", Properties: { RoleName, AssumeRolePolicyDocument: document, Policies } };
}

function schedule(Name: string, { target = {}, ...more }: Fields & { target?: Fields } = {}): Fields {
  return {
    Type: "AWS::Scheduler::Schedule",
    Properties: {
      Name,
      ScheduleExpression: "cron(0 3 * * ? *)",
      FlexibleTimeWindow: { Mode: "OFF" },
      Target: {
        Arn: { Ref: "Machine" },
        RoleArn: { "Fn::GetAtt": ["Starter", "Arn"] },
        Input: '{"rule":"nightly"}',
        ...target,
      },
      ...more,
    },
  };
}

const scoped = (group: string) =>
  trust({ StringEquals: { "aws:SourceAccount": ACCOUNT, "aws:SourceArn": groupArn(group) } });
const common = {
  Failures: queue("Failures"),
  Group: { Type: "AWS::Scheduler::ScheduleGroup", Properties: { Name: "own" } },
  Starter: role("Starter", { "states:StartExecution": MACHINE_ARN }, scoped("default")),
  OwnStarter: role("OwnStarter", { "states:StartExecution": MACHINE_ARN }, scoped("own")),
  Powerless: role("Powerless", {}),
  Reporter: role("Reporter", { "sqs:SendMessage": queueArn("Failures") }),
  StatesTrust: role("StatesTrust", {}, trust({}, "states.amazonaws.com")),
};
const roleArn = (id: string) => ({ RoleArn: { "Fn::GetAtt": [id, "Arn"] } });
const DeadLetterConfig = { Arn: queueArn("Failures") };

function templateWith(resources: Fields, outputs: Fields = {}): string {
  const template = templateOf({ One: functionOf("exports.handler = async (e) => e") }, oneTask("One"));
  const Resources = { ...(template["Resources"] as object), ...common, ...resources };
  return writeAssembly({ Resources, Outputs: outputs });
}

let aws: LocalAws;

beforeAll(async () => {
  const assembly = templateWith(
    {
      Nightly: schedule("Nightly", {
        Description: "Each night",
        ScheduleExpressionTimezone: "Europe/Berlin",
      }),
      Bare: schedule("Bare", {
        target: { Input: undefined },
        FlexibleTimeWindow: { Mode: "FLEXIBLE", MaximumWindowInMinutes: 15 },
      }),
      Context: schedule("Context", {
        target: { Input: '{"at":"<aws.scheduler.scheduled-time>","of":"<aws.scheduler.schedule-arn>"}' },
      }),
      Grouped: schedule("Twice", { GroupName: { Ref: "Group" }, target: roleArn("OwnStarter") }),
      Ungrouped: schedule("Twice"),
      Off: schedule("Off", { State: "DISABLED" }),
      Denied: schedule("Denied", { target: roleArn("Powerless") }),
      Reported: schedule("Reported", { target: { ...roleArn("Reporter"), DeadLetterConfig } }),
      Silent: schedule("Silent", { target: { ...roleArn("Powerless"), DeadLetterConfig } }),
    },
    {
      Ref: { Value: { Ref: "Grouped" } },
      Arn: { Value: { "Fn::GetAtt": ["Grouped", "Arn"] } },
      Default: { Value: { "Fn::GetAtt": ["Nightly", "Arn"] } },
      Group: { Value: { "Fn::GetAtt": ["Group", "Arn"] } },
    },
  );
  aws = await startLocalAws({ assembly });
});
afterAll(() => aws.stop());
beforeEach(() => {
  aws.calls.length = 0;
});

const inputOf = (executionArn: string) => JSON.parse(aws.states.get(executionArn).input);
const post = async (name: string) => {
  const answer = await fetch(`${aws.endpoint}/_local/schedules/${name}/run`, { method: "POST" });
  return { status: answer.status, ...((await answer.json()) as { executionArn: string }) };
};

test("schedules and groups have AWS's names and ARNs", () => {
  const arn = `arn:aws:scheduler:${REGION}:${ACCOUNT}`;
  expect(aws.stacks[0]?.outputs).toEqual({
    Ref: "Twice",
    Arn: `${arn}:schedule/own/Twice`,
    Default: `${arn}:schedule/default/Nightly`,
    Group: `${arn}:schedule-group/own`,
  });
});

test("nothing runs by itself", () => {
  expect(aws.states.of(MACHINE_ARN)).toEqual([]);
});

test("a schedule that is run starts an execution with its input", async () => {
  const executionArn = aws.runSchedule("Nightly");
  expect(inputOf(executionArn)).toEqual({ rule: "nightly" });
  expect((await aws.states.get(executionArn).ended).status).toBe("SUCCEEDED");
  expect(aws.calls).toContainEqual({
    service: "scheduler",
    operation: "Run",
    account: ACCOUNT,
    region: REGION,
    detail: { schedule: "Nightly", group: "default" },
    status: 200,
  });
});

test("so it is over HTTP", async () => {
  const answer = await post("Nightly");
  expect(answer).toEqual({ status: 200, executionArn: expect.stringContaining(":execution:Machine:") });
  expect(inputOf(answer.executionArn)).toEqual({ rule: "nightly" });
});

test("without an input the execution gets Scheduler's event", () => {
  expect(inputOf(aws.runSchedule("Bare"))).toMatchObject({
    "detail-type": "Scheduled Event",
    source: "aws.scheduler",
    resources: [`arn:aws:scheduler:${REGION}:${ACCOUNT}:schedule/default/Bare`],
    detail: "{}",
  });
});

test("context attributes in the input are replaced", () => {
  expect(inputOf(aws.runSchedule("Context"))).toEqual({
    at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    of: `arn:aws:scheduler:${REGION}:${ACCOUNT}:schedule/default/Context`,
  });
});

test("a name that two groups have needs its group", async () => {
  expect(() => aws.runSchedule("Twice")).toThrow("schedule/own/Twice");
  expect(inputOf(aws.runSchedule("own/Twice"))).toEqual({ rule: "nightly" });
  expect(await post("default/Twice")).toMatchObject({ status: 200 });
});

test("a schedule that is not there, or disabled, is not run", async () => {
  expect(await post("Absent")).toMatchObject({ status: 404, __type: "ResourceNotFoundException" });
  expect(await post("Off")).toMatchObject({ status: 409, message: expect.stringContaining("DISABLED") });
});

test("a role that may not start executions starts none, and the answer says so", async () => {
  const before = aws.states.of(MACHINE_ARN).length;
  expect(await post("Denied")).toEqual({
    status: 400,
    __type: "AccessDeniedException",
    message: expect.stringContaining("states:StartExecution"),
  });
  expect(aws.states.of(MACHINE_ARN)).toHaveLength(before);
});

test("what was not started is left in the dead-letter queue", () => {
  expect(() => aws.runSchedule("Reported")).toThrow("states:StartExecution");
  expect(messages(aws, "Failures")).toEqual([
    {
      body: { rule: "nightly" },
      attributes: expect.objectContaining({
        SCHEDULE_ARN: `arn:aws:scheduler:${REGION}:${ACCOUNT}:schedule/default/Reported`,
        TARGET_ARN: MACHINE_ARN,
        ERROR_CODE: "AccessDeniedException",
      }),
    },
  ]);
});

test("a role that may not send there either leaves nothing, and the answer says so", () => {
  const before = messages(aws, "Failures")?.length;
  expect(() => aws.runSchedule("Silent")).toThrow("sqs:SendMessage");
  expect(messages(aws, "Failures")).toHaveLength(before ?? -1);
});

test("schedules are shown over HTTP", async () => {
  const answer = await fetch(`${aws.endpoint}/_local/schedules`);
  const shown = (await answer.json()) as Fields[];
  expect(shown).toHaveLength(9);
  expect(shown[0]).toEqual({
    arn: `arn:aws:scheduler:${REGION}:${ACCOUNT}:schedule/default/Nightly`,
    name: "Nightly",
    group: "default",
    groupArn: groupArn("default"),
    account: ACCOUNT,
    region: REGION,
    enabled: true,
    expression: "cron(0 3 * * ? *)",
    timezone: "Europe/Berlin",
    description: "Each night",
    machineArn: MACHINE_ARN,
    roleArn: `arn:aws:iam::${ACCOUNT}:role/Starter`,
    input: '{"rule":"nightly"}',
  });
  expect(shown[1]).toMatchObject({ name: "Bare", timezone: "UTC", flexibleMinutes: 15 });
});

describe("refused by name:", () => {
  const target = (fields: Fields) => schedule("It", { target: fields });
  const flexible = (fields: Fields) => schedule("It", { FlexibleTimeWindow: fields });

  test.each<[string, Fields, string]>([
    [
      "an expression",
      schedule("It", { ScheduleExpression: "cron(0 3 * * *)" }),
      "ScheduleExpression has 5 fields",
    ],
    [
      "a time zone",
      schedule("It", { ScheduleExpressionTimezone: "Mars" }),
      "ScheduleExpressionTimezone is Mars",
    ],
    ["a state", schedule("It", { State: "PAUSED" }), "State is PAUSED"],
    ["a name", schedule("a b"), "Name is a b"],
    ["a long name", schedule("a".repeat(65)), "Name is aaa"],
    ["a group", schedule("It", { GroupName: "other" }), "GroupName is other"],
    ["a start", schedule("It", { StartDate: "soon" }), "StartDate is soon"],
    ["an end", schedule("It", { EndDate: "late" }), "EndDate is late"],
    ["a key", schedule("It", { KmsKeyArn: "x" }), "KmsKeyArn"],
    ["no window", schedule("It", { FlexibleTimeWindow: undefined }), "FlexibleTimeWindow.Mode is undefined"],
    ["a window's mode", flexible({ Mode: "ON" }), "FlexibleTimeWindow.Mode is ON"],
    [
      "a window without minutes",
      flexible({ Mode: "FLEXIBLE" }),
      "MaximumWindowInMinutes is undefined; 1 to 1440",
    ],
    [
      "a window of a day and a minute",
      flexible({ Mode: "FLEXIBLE", MaximumWindowInMinutes: 1441 }),
      "is 1441",
    ],
    [
      "minutes without a window",
      flexible({ Mode: "OFF", MaximumWindowInMinutes: 1 }),
      "none is accepted with OFF",
    ],
    ["a function as target", target({ Arn: "arn:aws:lambda:x" }), "Target.Arn is arn:aws:lambda:x"],
    [
      "a universal target",
      target({ Arn: "arn:aws:scheduler:::aws-sdk:sfn:startExecution" }),
      "Target.Arn is",
    ],
    ["an absent role", target({ RoleArn: "x" }), "role x does not exist"],
    [
      "a role of another service",
      target(roleArn("StatesTrust")),
      "cannot be assumed by scheduler.amazonaws.com",
    ],
    ["a role of another group", target(roleArn("OwnStarter")), `for ${groupArn("default")}`],
    ["an input that is no JSON", target({ Input: "x" }), "Target.Input is not JSON"],
    ["retries", target({ RetryPolicy: { MaximumRetryAttempts: 186 } }), "MaximumRetryAttempts is 186"],
    ["an age", target({ RetryPolicy: { MaximumEventAgeInSeconds: 59 } }), "MaximumEventAgeInSeconds is 59"],
    ["an absent queue", target({ DeadLetterConfig: { Arn: "q" } }), "queue q does not exist"],
    ["a target's field", target({ EcsParameters: {} }), "EcsParameters"],
  ])("%s", async (_, resource, text) => {
    await expect(startLocalAws({ assembly: templateWith({ It: resource }) })).rejects.toThrow(text);
  });
});
