import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { DescribeMapRunCommand } from "@aws-sdk/client-sfn";
import { ACCOUNT, functionArn, MACHINE_ARN } from "../fixture-assembly.ts";
import {
  ALLOWED,
  BUCKET,
  begin,
  deploy,
  echo,
  eventsOf,
  type Fields,
  jsonl,
  map,
  outputOf,
  put,
  reader,
  run,
  textOf,
  work,
  writer,
} from "./local-map.ts";

test("each line of a file is a child with an input of its own, and the results are written beside a manifest", async () => {
  const selector = {
    ItemSelector: {
      "item.$": "$$.Map.Item.Value",
      "index.$": "$$.Map.Item.Index",
      "kept.$": "$.kept",
      "parent.$": "$$.Execution.Name",
    },
  };
  const own = { "input.$": "$", "id.$": "$$.Execution.Id", "text.$": "States.Format('{}', $.index)" };
  const child = { Type: "Pass", Parameters: own, End: true };
  const deployed = await deploy({
    Map: map(child, { ...reader("JSONL", { MaxItems: 2 }), ...writer(), ...selector }),
  });
  await put(deployed, "in/items.jsonl", jsonl([{ a: "é\u2028" }, 0, "not read"]));
  const execution = begin(deployed, { key: "in/items.jsonl", prefix: "out", kept: [1] });
  const output = outputOf(await execution.ended);

  const [mapRun] = deployed.local.states.mapRunsOf(execution.arn);
  const uuid = mapRun?.arn.split(":").at(-1);
  expect(mapRun?.arn).toBe(`${MACHINE_ARN.replace("stateMachine", "mapRun")}/Each:${uuid}`);
  expect(output).toEqual({
    MapRunArn: mapRun?.arn,
    ResultWriterDetails: { Bucket: BUCKET, Key: `out/${uuid}/manifest.json` },
  });
  const manifest = JSON.parse(await textOf(deployed, output.ResultWriterDetails.Key));
  const file = await textOf(deployed, `out/${uuid}/SUCCEEDED_0.json`);
  expect(manifest).toEqual({
    DestinationBucket: BUCKET,
    MapRunArn: mapRun?.arn,
    ResultFiles: {
      FAILED: [],
      PENDING: [],
      SUCCEEDED: [{ Key: `out/${uuid}/SUCCEEDED_0.json`, Size: Buffer.byteLength(file) }],
    },
  });
  const records = JSON.parse(file);
  expect(records).toHaveLength(2);
  const [first] = records;
  expect(first).toEqual({
    ExecutionArn: `${MACHINE_ARN.replace("stateMachine", "execution")}/Each:${first.Name}`,
    Input: JSON.stringify({ item: { a: "é\u2028" }, index: 0, kept: [1], parent: execution.name }),
    InputDetails: { Included: true },
    Name: expect.stringMatching(/^[0-9a-f-]{36}$/),
    Output: JSON.stringify({ input: JSON.parse(first.Input), id: first.ExecutionArn, text: "0" }),
    OutputDetails: { Included: true },
    RedriveCount: 0,
    RedriveStatus: "NOT_REDRIVABLE",
    RedriveStatusReason: "Execution is SUCCEEDED and cannot be redriven",
    StartDate: expect.stringMatching(/^\d{4}-.*Z$/),
    StateMachineArn: `${MACHINE_ARN}/Each`,
    Status: "SUCCEEDED",
    StopDate: expect.stringMatching(/^\d{4}-.*Z$/),
  });
  expect(JSON.parse(records[1].Input)).toMatchObject({ item: 0, index: 1 });
  expect(eventsOf(deployed, execution.arn)).toEqual([
    "ExecutionStarted",
    "MapStateEntered",
    "MapStateStarted",
    "MapRunStarted",
    "MapRunSucceeded",
    "MapStateSucceeded",
    "MapStateExited",
    "ExecutionSucceeded",
  ]);
});

describe("without a ResultWriter", () => {
  test.each([[[]], [[{ n: 1 }]], [[1, null, "x", [2]]]])(
    "the items %j come back as they are",
    async (items) => {
      const deployed = await deploy({ Map: map(echo, { ItemsPath: "$.items", MaxConcurrency: 1 }) });
      expect(outputOf(await run(deployed, { items }))).toEqual(items);
    },
  );

  test("an array in a file is read whole, and an empty file has no items", async () => {
    const deployed = await deploy({
      Array: { ...map(echo, { ...reader("JSON"), ResultPath: "$.array" }), End: undefined, Next: "Lines" },
      Lines: {
        ...map(echo, { ...reader(), Label: "Lines" }),
        InputPath: "$.lines",
        ItemProcessor: {
          ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" },
          StartAt: "Other",
          States: { Other: echo },
        },
        ResultPath: "$.none",
      },
    });
    await put(deployed, "array.json", "[1, {}]");
    await put(deployed, "empty.jsonl", "");
    const output = outputOf(await run(deployed, { key: "array.json", lines: { key: "empty.jsonl" } }));
    expect(output).toMatchObject({ array: [1, {}], none: [] });
  });

  test("more than 256 KiB of results is States.DataLimitExceeded", async () => {
    const deployed = await deploy({ Map: map(echo, reader()) });
    await put(deployed, "big.jsonl", jsonl(["x".repeat(150_000), "y".repeat(150_000)]));
    expect(await run(deployed, { key: "big.jsonl" })).toMatchObject({ error: "States.DataLimitExceeded" });
  });
});

test("JSONL and COMPACT results are one output a line, and failures stay whole", async () => {
  const config = { OutputType: "JSONL", Transformation: "COMPACT" };
  const deployed = await deploy({
    Map: map(work, { ...reader(), ...writer(config), ToleratedFailureCount: 1, MaxConcurrency: 1 }),
  });
  await put(deployed, "items", jsonl([{ n: 1 }, { fail: true }, { n: 2 }]));
  const { MapRunArn } = outputOf(await run(deployed, { key: "items", prefix: "out/" }));
  const folder = `out/${MapRunArn.split(":").at(-1)}`;
  expect(await textOf(deployed, `${folder}/SUCCEEDED_0.json`)).toBe('{"done":{"n":1}}\n{"done":{"n":2}}\n');
  const failed = JSON.parse(await textOf(deployed, `${folder}/FAILED_0.json`));
  expect(failed).toMatchObject({
    Status: "FAILED",
    Error: "Unlucky",
    Cause: expect.stringContaining("no luck"),
    RedriveStatus: "REDRIVABLE",
  });
  expect(failed).not.toHaveProperty("Output");
});

describe("failed children", () => {
  const items = [{ n: 1 }, { fail: true }, { n: 2 }, { n: 3 }];

  test.each([
    [{ ToleratedFailureCount: 1 }, "SUCCEEDED"],
    [{ ToleratedFailureCount: 0 }, "FAILED"],
    [{ ToleratedFailurePercentage: 25 }, "SUCCEEDED"],
    [{ ToleratedFailurePercentage: 24 }, "FAILED"],
    [{ ToleratedFailurePercentage: 100, ToleratedFailureCount: 0 }, "FAILED"],
    [{ ToleratedFailurePercentagePath: "$.most" }, "SUCCEEDED"],
    [{ ToleratedFailureCountPath: "$.most", MaxConcurrencyPath: "$.most" }, "SUCCEEDED"],
    [{}, "FAILED"],
  ])("with %j the Map has %s when one of four failed", async (fields, status) => {
    const deployed = await deploy({ Map: map(work, { ItemsPath: "$.items", ...fields }) });
    const ending = await run(deployed, { items, most: 30 });
    expect(ending.status).toBe(status);
    if (ending.status === "SUCCEEDED") expect(JSON.parse(ending.output)).toHaveLength(3);
    else expect(ending.error).toBe("States.ExceedToleratedFailureThreshold");
  });

  test("over the threshold no child starts any more, those not started are listed, and a Catch goes on", async () => {
    const deployed = await deploy({
      Map: map(work, {
        ...reader(),
        ...writer(),
        MaxConcurrency: 1,
        Catch: [{ ErrorEquals: ["States.ExceedToleratedFailureThreshold"], Next: "Caught" }],
      }),
      Caught: { Type: "Succeed" },
    });
    await put(deployed, "items", jsonl(items));
    const execution = begin(deployed, { key: "items", prefix: "p" });
    expect((await execution.ended).status).toBe("SUCCEEDED");
    const [mapRun] = deployed.local.states.mapRunsOf(execution.arn);
    const described = await deployed.sfn.send(new DescribeMapRunCommand({ mapRunArn: mapRun?.arn }));
    const counts = { pending: 2, succeeded: 1, failed: 1, total: 4, running: 0, resultsWritten: 2 };
    expect(described).toMatchObject({ status: "FAILED", itemCounts: counts, executionCounts: counts });
    const pending = await textOf(deployed, `p/${mapRun?.arn.split(":").at(-1)}/PENDING_0.json`);
    expect(JSON.parse(pending)).toEqual(
      items.slice(2).map((item) => ({
        Input: JSON.stringify(item),
        InputDetails: { Included: true },
        Status: "PENDING",
      })),
    );
    expect(eventsOf(deployed, execution.arn).slice(3, 7)).toEqual([
      "MapRunStarted",
      "MapRunFailed",
      "MapStateFailed",
      "MapStateExited",
    ]);
  });
});

describe("what cannot be read, started or written fails the Map by its own name", () => {
  test.each<[string, string, string[], Fields]>([
    ["States.ItemReaderFailed", "s3:GetObject", ["states:*", "s3:PutObject"], { key: "items" }],
    ["States.ItemReaderFailed", "NoSuchKey", ALLOWED, { key: "absent" }],
    ["States.ItemReaderFailed", "Line 2", ALLOWED, { key: "broken" }],
    ["States.ResultWriterFailed", "s3:PutObject", ["states:*", "s3:GetObject"], { key: "items" }],
    ["States.Permissions", "states:StartExecution", ["s3:GetObject", "s3:PutObject"], { key: "items" }],
    ["States.DataLimitExceeded", "262145 bytes", ALLOWED, { key: "large" }],
  ])("%s: %s", async (error, text, actions, input) => {
    const deployed = await deploy({ Map: map(echo, { ...reader(), ...writer() }) }, actions);
    await put(deployed, "items", jsonl([1]));
    await put(deployed, "broken", '{}\n{"a":');
    await put(deployed, "large", jsonl([1, "x".repeat(256 * 1024 - 1)]));
    expect(await run(deployed, { prefix: "", ...input })).toMatchObject({
      status: "FAILED",
      error,
      cause: expect.stringContaining(text),
    });
  });

  test("a bucket of another region", async () => {
    const deployed = await deploy({ Map: map(echo, { ItemsPath: "$.items", ...writer(undefined, "far") }) });
    const far = new S3Client({
      endpoint: deployed.local.endpoint,
      region: "us-west-2",
      credentials: { accessKeyId: ACCOUNT, secretAccessKey: "any" },
      forcePathStyle: true,
    });
    await far.send(new CreateBucketCommand({ Bucket: "far" }));
    expect(await run(deployed, { items: [1], prefix: "p" })).toMatchObject({
      error: "States.ResultWriterFailed",
      cause: expect.stringContaining("us-west-2"),
    });
  });
});

describe("is refused at deployment:", () => {
  const inline = (state: Fields) => ({
    Type: "Map",
    ItemProcessor: { StartAt: "Inner", States: { Inner: state } },
    End: true,
  });
  const express = {
    ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "EXPRESS" },
    StartAt: "One",
    States: { One: echo },
  };

  test.each<[string, Fields, string]>([
    ["EXPRESS children", map(echo, { ItemProcessor: express }), "ExecutionType STANDARD"],
    ["a Distributed Map in an inline Map", inline(map(echo)), "top level"],
    ["an ItemBatcher", map(echo, { ItemBatcher: { MaxItemsPerBatch: 2 } }), "ItemBatcher"],
    ["an ItemReader of an inline Map", { ...inline(echo), ...reader() }, "ItemReader"],
    ["CSV", map(echo, reader("CSV")), "InputType CSV"],
    [
      "listing objects",
      map(echo, { ItemReader: { Resource: "arn:aws:states:::s3:listObjectsV2" } }),
      "listObjectsV2",
    ],
    ["FLATTEN", map(echo, writer({ Transformation: "FLATTEN" })), "Transformation FLATTEN"],
    ["a Label with a space", map(echo, { Label: "a b" }), "Label a b"],
    ["$$.Map.Item.Source", map(echo, { ItemSelector: { "x.$": "$$.Map.Item.Source" } }), "Value and Index"],
    ["a function of a child that is not there", map({ ...work, Resource: functionArn("Absent") }), "Absent"],
    [
      "a state's name that a child has too",
      map(
        { ...echo },
        {
          ItemProcessor: {
            ...express,
            ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" },
            StartAt: "Map",
            States: { Map: echo },
          },
        },
      ),
      "Map",
    ],
  ])("%s", async (_, state, text) => {
    await expect(deploy({ Map: state })).rejects.toThrow(text);
  });
});
