import {
  DescribeExecutionCommand,
  DescribeMapRunCommand,
  ListExecutionsCommand,
  RedriveExecutionCommand,
} from "@aws-sdk/client-sfn";
import {
  ALLOWED,
  begin,
  type Deployed,
  deploy,
  echo,
  eventsOf,
  hold,
  jsonl,
  map,
  outputOf,
  put,
  reader,
  until,
  work,
  writer,
} from "./local-map.ts";

const once = { service: "lambda", operation: "Invoke", fault: "error500" } as const;
const items = [{ n: 1 }, { n: 2 }, { n: 3 }, { n: 4 }];

/** Redrives an execution to its end. */
async function redrive({ sfn, local }: Deployed, executionArn: string) {
  await sfn.send(new RedriveExecutionCommand({ executionArn }));
  return local.states.get(executionArn).ended;
}

/** Runs a machine to a first end. */
async function ended(deployed: Deployed, input: unknown) {
  const execution = begin(deployed, input);
  return { arn: execution.arn, ending: await execution.ended };
}

test("a redriven execution goes on at the state that failed, with that state's input", async () => {
  const deployed = await deploy({
    Before: {
      Type: "Pass",
      Parameters: { "n.$": "$.n", "times.$": "$$.Execution.RedriveCount" },
      Next: "Work",
    },
    Work: { ...work, ResultPath: "$.work", End: undefined, Next: "After" },
    After: {
      Type: "Pass",
      Parameters: { "work.$": "$.work", "before.$": "$.times", "after.$": "$$.Execution.RedriveCount" },
      End: true,
    },
  });
  deployed.local.faults.add(once);
  const { arn: executionArn, ending } = await ended(deployed, { n: 1 });
  expect(ending).toMatchObject({ status: "FAILED", error: "Lambda.ServiceException" });
  expect(await deployed.sfn.send(new DescribeExecutionCommand({ executionArn }))).toMatchObject({
    redriveCount: 0,
    redriveStatus: "REDRIVABLE",
  });
  const output = outputOf(await redrive(deployed, executionArn));
  expect(output).toEqual({ work: { done: { n: 1, times: 0 } }, before: 0, after: 1 });
  const described = await deployed.sfn.send(new DescribeExecutionCommand({ executionArn }));
  expect(described).toMatchObject({
    status: "SUCCEEDED",
    redriveCount: 1,
    redriveDate: expect.any(Date),
    redriveStatus: "NOT_REDRIVABLE",
    redriveStatusReason: "Execution is SUCCEEDED and cannot be redriven",
  });
  expect(described).not.toHaveProperty("error");
  const { events } = deployed.local.states.get(executionArn).run.history;
  expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index + 1));
  expect(eventsOf(deployed, executionArn).filter((type) => /^Execution|Entered$/.test(type))).toEqual([
    "ExecutionStarted",
    "PassStateEntered",
    "TaskStateEntered",
    "ExecutionFailed",
    "ExecutionRedriven",
    "TaskStateEntered",
    "PassStateEntered",
    "ExecutionSucceeded",
  ]);
});

test("a Fail state fails again, and an aborted Wait waits again", async () => {
  const deployed = await deploy({
    Choose: {
      Type: "Choice",
      Choices: [{ Variable: "$.wait", IsPresent: true, Next: "Hold" }],
      Default: "Fail",
    },
    Fail: { Type: "Fail", Error: "Always" },
    Hold: hold,
  });
  const failed = await ended(deployed, {});
  expect(await redrive(deployed, failed.arn)).toMatchObject({ status: "FAILED", error: "Always" });

  const waiting = begin(deployed, { wait: true });
  const stopped = async () => {
    await until(
      () => eventsOf(deployed, waiting.arn),
      (types) => types.at(-1) === "WaitStateEntered",
    );
    waiting.run.stop({});
    expect((await waiting.ended).status).toBe("ABORTED");
  };
  await stopped();
  await deployed.sfn.send(new RedriveExecutionCommand({ executionArn: waiting.arn }));
  await stopped();
  expect(waiting.redriveCount).toBe(1);
});

test("what runs or succeeded is not redrivable, and one client token redrives once", async () => {
  const deployed = await deploy({ Fail: { Type: "Fail" } });
  const { sfn } = deployed;
  const { arn: executionArn } = await ended(deployed, {});
  const send = (clientToken: string) => sfn.send(new RedriveExecutionCommand({ executionArn, clientToken }));
  const first = await send("a");
  await deployed.local.states.get(executionArn).ended;
  expect((await send("a")).redriveDate).toEqual(first.redriveDate);
  expect(deployed.local.states.get(executionArn).redriveCount).toBe(1);
  await expect(send("x".repeat(65))).rejects.toMatchObject({ name: "ValidationException" });
  await expect(
    sfn.send(new RedriveExecutionCommand({ executionArn: `${executionArn}x` })),
  ).rejects.toMatchObject({ name: "ExecutionDoesNotExist" });
});

test("an execution that succeeded is refused by name", async () => {
  const deployed = await deploy({ Echo: echo });
  const { arn: executionArn } = await ended(deployed, {});
  await expect(deployed.sfn.send(new RedriveExecutionCommand({ executionArn }))).rejects.toMatchObject({
    name: "ExecutionNotRedrivable",
    message: "Execution is SUCCEEDED and cannot be redriven",
  });
});

describe("a redriven Map Run", () => {
  const states = { Map: map(work, { ...reader(), ...writer(), MaxConcurrency: 1 }) };

  test("runs the children that failed on, and those that were not started, and no other", async () => {
    const deployed = await deploy(states);
    await put(deployed, "items", jsonl(items));
    deployed.local.faults.add({ ...once, after: 1 });
    const { arn, ending } = await ended(deployed, { key: "items", prefix: "p" });
    expect(ending).toMatchObject({ error: "States.ExceedToleratedFailureThreshold" });
    const output = outputOf(await redrive(deployed, arn));

    const mapRunArn: string = output.MapRunArn;
    expect(deployed.local.states.mapRunsOf(arn)).toHaveLength(1);
    expect(await deployed.sfn.send(new DescribeMapRunCommand({ mapRunArn }))).toMatchObject({
      status: "SUCCEEDED",
      redriveCount: 1,
      redriveDate: expect.any(Date),
      itemCounts: { succeeded: 4, failed: 0, pending: 0, pendingRedrive: 0, total: 4, resultsWritten: 4 },
    });
    const { executions = [] } = await deployed.sfn.send(new ListExecutionsCommand({ mapRunArn }));
    expect(executions.map(({ redriveCount }) => redriveCount)).toEqual([0, 0, 1, 0]);
    expect(eventsOf(deployed, executions[2]?.executionArn ?? "")).toContain("ExecutionRedriven");
    expect(deployed.local.functions()).toMatchObject([{ invocations: 4 }]);
    expect(eventsOf(deployed, arn)).toEqual(
      expect.arrayContaining(["MapRunStarted", "MapRunFailed", "MapRunRedriven", "MapRunSucceeded"]),
    );
  });

  test("can fail and be redriven again", async () => {
    const deployed = await deploy(states);
    await put(deployed, "items", jsonl(items));
    deployed.local.faults.add({ ...once, times: 2 });
    const { arn } = await ended(deployed, { key: "items", prefix: "p" });
    expect(await redrive(deployed, arn)).toMatchObject({ error: "States.ExceedToleratedFailureThreshold" });
    expect((await redrive(deployed, arn)).status).toBe("SUCCEEDED");
    const [mapRun] = deployed.local.states.mapRunsOf(arn);
    expect(mapRun).toMatchObject({ redriveCount: 2, status: "SUCCEEDED" });
    expect(mapRun?.children.map(({ redriveCount }) => redriveCount)).toEqual([2, 0, 0, 0]);
  });

  test("is left alone when its failure was caught and a later state failed", async () => {
    const Catch = [{ ErrorEquals: ["States.ALL"], Next: "Work" }];
    const deployed = await deploy({ Map: map(work, { ItemsPath: "$.items", Catch }), Work: work });
    deployed.local.faults.add({ ...once, times: 2 });
    const { arn, ending } = await ended(deployed, { items: [{ n: 1 }] });
    expect(ending).toMatchObject({ error: "Lambda.ServiceException" });
    expect((await redrive(deployed, arn)).status).toBe("SUCCEEDED");
    expect(deployed.local.states.mapRunsOf(arn)).toMatchObject([{ status: "FAILED", redriveCount: 0 }]);
  });

  test("that was aborted goes on with the aborted children", async () => {
    const deployed = await deploy({ Map: map(hold, { ItemsPath: "$.items", MaxConcurrency: 2 }) });
    const execution = begin(deployed, { items });
    const atWork = () =>
      until(
        () => deployed.local.states.mapRunsOf(execution.arn)[0]?.children ?? [],
        (children) => children.length === 2 && children.every(({ ending }) => !ending),
      );
    const children = await atWork();
    execution.run.stop({});
    await execution.ended;
    await deployed.sfn.send(new RedriveExecutionCommand({ executionArn: execution.arn }));
    await atWork();
    expect(children.map(({ redriveCount }) => redriveCount)).toEqual([1, 1]);
    execution.run.stop({});
    expect(await execution.ended).toMatchObject({ status: "ABORTED" });
  });

  test("starts anew when it failed on a limit", async () => {
    const deployed = await deploy({ Map: map(echo, reader()) });
    await put(deployed, "items", jsonl(["x".repeat(300_000)]));
    const { arn } = await ended(deployed, { key: "items" });
    await put(deployed, "items", jsonl(["x"]));
    expect(outputOf(await redrive(deployed, arn))).toEqual(["x"]);
    expect(deployed.local.states.mapRunsOf(arn)).toHaveLength(2);
  });

  test("reads again when its items could not be read", async () => {
    const deployed = await deploy({ Map: map(echo, reader()) });
    const { arn, ending } = await ended(deployed, { key: "items" });
    expect(ending).toMatchObject({ error: "States.ItemReaderFailed" });
    await put(deployed, "items", jsonl(["x"]));
    expect(outputOf(await redrive(deployed, arn))).toEqual(["x"]);
  });

  test("needs states:RedriveExecution on its children", async () => {
    const actions = ALLOWED.map((action) => (action === "states:*" ? "states:StartExecution" : action));
    const deployed = await deploy(states, actions);
    await put(deployed, "items", jsonl(items));
    deployed.local.faults.add(once);
    const { arn } = await ended(deployed, { key: "items", prefix: "p" });
    expect(await redrive(deployed, arn)).toMatchObject({
      error: "States.Permissions",
      cause: expect.stringContaining("states:RedriveExecution"),
    });
  });
});
