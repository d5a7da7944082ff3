import {
  DescribeExecutionCommand,
  DescribeMapRunCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListMapRunsCommand,
  RedriveExecutionCommand,
  StopExecutionCommand,
} from "@aws-sdk/client-sfn";
import { MACHINE_ARN } from "../fixture-assembly.ts";
import {
  begin,
  deploy,
  echo,
  eventsOf,
  hold,
  jsonl,
  map,
  put,
  reader,
  until,
  work,
  writer,
} from "./local-map.ts";

describe("through the API", () => {
  test("a Map Run and its children are listed, described and have their own histories", async () => {
    const deployed = await deploy({
      Map: map(work, { ItemsPath: "$.items", ToleratedFailurePercentage: 50 }),
    });
    const { sfn } = deployed;
    const execution = begin(deployed, { items: [{ n: 1 }, { fail: true }] });
    await execution.ended;
    const listed = await sfn.send(new ListMapRunsCommand({ executionArn: execution.arn }));
    const mapRunArn = listed.mapRuns?.[0]?.mapRunArn ?? "";
    expect(listed.mapRuns).toEqual([
      {
        executionArn: execution.arn,
        mapRunArn,
        stateMachineArn: `${MACHINE_ARN}/Each`,
        startDate: expect.any(Date),
        stopDate: expect.any(Date),
      },
    ]);
    expect(await sfn.send(new DescribeMapRunCommand({ mapRunArn }))).toMatchObject({
      mapRunArn,
      executionArn: execution.arn,
      status: "SUCCEEDED",
      maxConcurrency: 0,
      toleratedFailureCount: 0,
      toleratedFailurePercentage: 50,
      redriveCount: 0,
      itemCounts: {
        pending: 0,
        running: 0,
        succeeded: 1,
        failed: 1,
        timedOut: 0,
        aborted: 0,
        total: 2,
        resultsWritten: 0,
        failuresNotRedrivable: 0,
        pendingRedrive: 0,
      },
    });
    const children = await sfn.send(new ListExecutionsCommand({ mapRunArn }));
    expect(children.executions).toHaveLength(2);
    const failed = await sfn.send(new ListExecutionsCommand({ mapRunArn, statusFilter: "FAILED" }));
    const executionArn = failed.executions?.[0]?.executionArn;
    expect(failed.executions).toMatchObject([{ mapRunArn, stateMachineArn: `${MACHINE_ARN}/Each` }]);
    expect(await sfn.send(new DescribeExecutionCommand({ executionArn }))).toMatchObject({
      mapRunArn,
      input: '{"fail":true}',
      status: "FAILED",
      error: "Unlucky",
      redriveStatus: "REDRIVABLE",
    });
    const { events = [] } = await sfn.send(new GetExecutionHistoryCommand({ executionArn }));
    expect(events.map(({ type }) => type)).toEqual([
      "ExecutionStarted",
      "TaskStateEntered",
      "LambdaFunctionScheduled",
      "LambdaFunctionStarted",
      "LambdaFunctionFailed",
      "ExecutionFailed",
    ]);
    const own = await sfn.send(new ListExecutionsCommand({ stateMachineArn: MACHINE_ARN }));
    expect(own.executions).toMatchObject([{ executionArn: execution.arn }]);
    await expect(sfn.send(new RedriveExecutionCommand({ executionArn }))).rejects.toMatchObject({
      name: "ExecutionNotRedrivable",
    });
  });

  test("what is asked wrongly is refused by name", async () => {
    const { sfn } = await deploy({ Map: map(echo) });
    const mapRunArn = `${MACHINE_ARN.replace("stateMachine", "mapRun")}/Each:x`;
    await expect(sfn.send(new DescribeMapRunCommand({ mapRunArn }))).rejects.toMatchObject({
      name: "ResourceNotFound",
    });
    await expect(sfn.send(new DescribeMapRunCommand({ mapRunArn: "x" }))).rejects.toMatchObject({
      name: "InvalidArn",
    });
    const executionArn = `${MACHINE_ARN.replace("stateMachine", "execution")}:x`;
    await expect(sfn.send(new ListMapRunsCommand({ executionArn }))).rejects.toMatchObject({
      name: "ExecutionDoesNotExist",
    });
    for (const request of [
      { stateMachineArn: MACHINE_ARN, mapRunArn },
      { stateMachineArn: MACHINE_ARN, statusFilter: "PENDING_REDRIVE" as const },
    ])
      await expect(sfn.send(new ListExecutionsCommand(request))).rejects.toMatchObject({
        name: "ValidationException",
      });
  });

  test("stopping the execution stops its Map Run and the children at work", async () => {
    const deployed = await deploy({ Map: map(hold, { ItemsPath: "$.items", MaxConcurrency: 2 }) });
    const { sfn } = deployed;
    const execution = begin(deployed, { items: [1, 2, 3] });
    const [mapRun] = await until(
      () => deployed.local.states.mapRunsOf(execution.arn),
      (runs) => runs[0]?.children.length === 2,
    );
    const running = await sfn.send(new DescribeMapRunCommand({ mapRunArn: mapRun?.arn }));
    expect(running).toMatchObject({ status: "RUNNING", itemCounts: { running: 2, pending: 1 } });
    await sfn.send(new StopExecutionCommand({ executionArn: execution.arn, error: "Enough" }));
    expect(await execution.ended).toMatchObject({ status: "ABORTED", error: "Enough" });
    expect(await sfn.send(new DescribeMapRunCommand({ mapRunArn: mapRun?.arn }))).toMatchObject({
      status: "ABORTED",
      itemCounts: { aborted: 2, pending: 1, running: 0 },
    });
    expect(eventsOf(deployed, execution.arn).slice(-3)).toEqual([
      "MapRunAborted",
      "MapStateAborted",
      "ExecutionAborted",
    ]);
  });
});

test("of more than 5,000 children only the first keep their histories, and all are listed", async () => {
  const deployed = await deploy({ Map: map(echo, { ...reader(), ...writer() }) });
  const { sfn, local } = deployed;
  await put(deployed, "items", jsonl(Array.from({ length: 5_300 }, (_, index) => index)));
  const execution = begin(deployed, { key: "items", prefix: "" });
  expect((await execution.ended).status).toBe("SUCCEEDED");
  const [mapRun] = local.states.mapRunsOf(execution.arn);
  expect(mapRun?.children).toHaveLength(5_300);
  const history = (index: number) =>
    sfn.send(new GetExecutionHistoryCommand({ executionArn: mapRun?.children[index]?.arn }));
  expect((await history(0)).events).toHaveLength(4);
  await expect(history(5_299)).rejects.toMatchObject({ name: "ExecutionDoesNotExist" });
  const executionArn = mapRun?.children[5_299]?.arn;
  expect(await sfn.send(new DescribeExecutionCommand({ executionArn }))).toMatchObject({ output: "5299" });
});
