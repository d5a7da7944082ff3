import { prepare } from "../../../local/states/definition.ts";
import { type Ending, Run } from "../../../local/states/run.ts";
import { functionArn } from "../fixture-assembly.ts";

type Fields = Record<string, unknown>;
type Invoke = (event: unknown, functionArn: string) => unknown;

const WORK = functionArn("Work");
const task = (fields: Fields = {}) => ({ Type: "Task", Resource: WORK, End: true, ...fields });

/** An error as a function throws it. */
class FunctionError extends Error {
  constructor(name: string, message = "it failed") {
    super(message);
    this.name = name;
  }
}

function runOf(
  states: Fields,
  input: unknown,
  invoke: Invoke = (event) => event,
  { realIntervals = false, top = {} } = {},
): Run {
  const definition = { StartAt: Object.keys(states)[0], States: states, ...top };
  const role = {
    arn: "arn:aws:iam::333333333333:role/M",
    name: "M",
    account: "333333333333",
    maxSessionSeconds: 3600,
    trust: [],
    statements: [],
  };
  return new Run({
    machine: {
      arn: "arn:aws:states:eu-central-1:333333333333:stateMachine:M",
      name: "M",
      account: "333333333333",
      region: "eu-central-1",
      role,
      definition: JSON.stringify(definition),
      prepared: prepare(definition),
      createdAt: new Date(),
    },
    input: JSON.stringify(input),
    execution: { Id: "the-execution", StartTime: "2026-01-02T03:04:05.000Z", Input: input },
    intervalMillis: realIntervals ? undefined : 0,
    distribute: () => {
      throw new Error("there is no Distributed Map");
    },
    invoke: async (arn, event) => {
      try {
        return { result: JSON.stringify((await invoke(JSON.parse(event), arn)) ?? null) };
      } catch (error) {
        const { name, message } = error as Error;
        return { error: { errorType: name, errorMessage: message, trace: [] } };
      }
    },
  });
}

async function outputOf(...args: Parameters<typeof runOf>): Promise<unknown> {
  const ending = await runOf(...args).complete();
  if (ending.status !== "SUCCEEDED") throw new Error(`${ending.error}: ${ending.cause}`);
  return JSON.parse(ending.output);
}

function endingOf(...args: Parameters<typeof runOf>): Promise<Ending> {
  return runOf(...args).complete();
}

describe("paths", () => {
  test("ResultPath keeps the input beside the result, null drops the result and $ replaces the input", async () => {
    const states = (ResultPath: string | null) => ({ Work: task({ ResultPath }) });
    const answer = () => ({ found: 1 });
    expect(await outputOf(states("$.work"), { kept: 0 }, answer)).toEqual({ kept: 0, work: { found: 1 } });
    expect(await outputOf(states(null), { kept: 0 }, answer)).toEqual({ kept: 0 });
    expect(await outputOf(states("$"), { kept: 0 }, answer)).toEqual({ found: 1 });
  });

  test("a Pass state makes an object of the input and the context object", async () => {
    const Parameters = {
      "request.$": "$",
      "startedAt.$": "$$.Execution.StartTime",
      "execution.$": "$$.Execution.Id",
      "machine.$": "$$.StateMachine.Name",
      "state.$": "$$.State.Name",
    };
    expect(await outputOf({ Start: { Type: "Pass", Parameters, End: true } }, { a: 1 })).toEqual({
      request: { a: 1 },
      startedAt: "2026-01-02T03:04:05.000Z",
      execution: "the-execution",
      machine: "M",
      state: "Start",
    });
  });

  test("$$.State.EnteredTime is the time at which the state was entered", async () => {
    const states = { Start: { Type: "Pass", Parameters: { "at.$": "$$.State.EnteredTime" }, End: true } };
    const before = Date.now();
    const { at } = (await outputOf(states, {})) as { at: string };
    expect(Date.parse(at)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(at)).toBeLessThanOrEqual(Date.now());
  });

  test.each([null, false, 0, ""])("$ as InputPath and OutputPath lets %j through", async (value) => {
    expect(await outputOf({ Work: task({ InputPath: "$", OutputPath: "$" }) }, value)).toBe(value);
  });

  test("a path that points to nothing fails the execution with States.Runtime, which is not caught", async () => {
    const states = {
      Work: task({
        Parameters: { "x.$": "$.absent" },
        Catch: [{ ErrorEquals: ["States.ALL"], Next: "Caught" }],
      }),
      Caught: { Type: "Succeed" },
    };
    expect(await endingOf(states, {})).toMatchObject({ status: "FAILED", error: "States.Runtime" });
  });
});

describe("Catch", () => {
  const caught = (ErrorEquals: string[]) => ({
    Work: task({ Catch: [{ ErrorEquals, Next: "After", ResultPath: "$.failure" }] }),
    After: { Type: "Pass", End: true },
  });

  test("puts the error's type and its JSON cause under ResultPath, beside the input", async () => {
    const output = await outputOf(caught(["NotFound"]), { kept: 1 }, () => {
      throw new FunctionError("NotFound", "no such thing");
    });
    expect(output).toEqual({
      kept: 1,
      failure: {
        Error: "NotFound",
        Cause: '{"errorType":"NotFound","errorMessage":"no such thing","trace":[]}',
      },
    });
  });

  test("States.TaskFailed and States.ALL match what a function throws; another name does not", async () => {
    const fail = () => {
      throw new FunctionError("NotFound");
    };
    expect(await outputOf(caught(["States.TaskFailed"]), {}, fail)).toHaveProperty(
      "failure.Error",
      "NotFound",
    );
    expect(await outputOf(caught(["States.ALL"]), {}, fail)).toHaveProperty("failure.Error", "NotFound");
    expect(await endingOf(caught(["Other"]), {}, fail)).toMatchObject({
      status: "FAILED",
      error: "NotFound",
    });
  });

  test("States.ALL does not catch that a result is too large", async () => {
    const states = caught(["States.ALL"]);
    expect(await endingOf(states, {}, () => "x".repeat(256 * 1024))).toMatchObject({
      status: "FAILED",
      error: "States.DataLimitExceeded",
    });
  });
});

describe("Retry", () => {
  const retried = (retrier: Fields) => ({ Work: task({ Retry: [{ ErrorEquals: ["Busy"], ...retrier }] }) });

  function failing(times: number): { attempts: number; invoke: Invoke } {
    const counter = {
      attempts: 0,
      invoke: () => {
        counter.attempts += 1;
        if (counter.attempts <= times) throw new FunctionError("Busy");
        return "done";
      },
    };
    return counter;
  }

  test("runs the task again until it succeeds, with full jitter and a longest delay", async () => {
    const counter = failing(2);
    const retrier = {
      IntervalSeconds: 1,
      MaxAttempts: 6,
      BackoffRate: 2,
      MaxDelaySeconds: 60,
      JitterStrategy: "FULL",
    };
    expect(await outputOf(retried(retrier), {}, counter.invoke)).toBe("done");
    expect(counter.attempts).toBe(3);
  });

  test("gives up after MaxAttempts and fails with the last error", async () => {
    const counter = failing(9);
    expect(await endingOf(retried({ MaxAttempts: 2 }), {}, counter.invoke)).toMatchObject({
      status: "FAILED",
      error: "Busy",
    });
    expect(counter.attempts).toBe(3);
  });

  test("MaxDelaySeconds bounds the wait that the definition asks for", async () => {
    const counter = failing(1);
    const before = Date.now();
    const retrier = { IntervalSeconds: 60, MaxDelaySeconds: 1 };
    expect(await outputOf(retried(retrier), {}, counter.invoke, { realIntervals: true })).toBe("done");
    expect(Date.now() - before).toBeLessThan(30_000);
  });
});

describe("Fail", () => {
  test("takes Error and Cause from the input", async () => {
    const states = { Failed: { Type: "Fail", ErrorPath: "$.error", CausePath: "$.cause" } };
    expect(await endingOf(states, { error: "TagImmutable", cause: "{}" })).toEqual({
      status: "FAILED",
      error: "TagImmutable",
      cause: "{}",
    });
  });

  test("without an Error fails with none", async () => {
    expect(await endingOf({ Failed: { Type: "Fail" } }, {})).toEqual({ status: "FAILED" });
  });
});

describe("Choice", () => {
  const choose = (rule: Fields) => ({
    Choose: { Type: "Choice", Choices: [{ ...rule, Next: "Yes" }], Default: "No" },
    Yes: { Type: "Pass", Parameters: { chosen: true }, End: true },
    No: { Type: "Pass", Parameters: { chosen: false }, End: true },
  });

  test.each([
    [{ Variable: "$.a", IsPresent: true }, { a: 1 }, true],
    [{ Variable: "$.a", IsPresent: true }, {}, false],
    [{ Variable: "$.a", IsPresent: false }, {}, true],
    [{ Variable: "$.a", IsPresent: false }, { a: 1 }, false],
    [
      {
        And: [
          { Variable: "$.a", IsPresent: true },
          { Variable: "$.a", IsString: false },
        ],
      },
      { a: 1 },
      true,
    ],
    [{ Not: { Variable: "$.a", IsPresent: false } }, { a: null }, true],
    [{ Variable: "$.a", StringEquals: "x" }, { a: "x" }, true],
  ])("%j of %j is %s", async (rule, input, chosen) => {
    expect(await outputOf(choose(rule), input)).toEqual({ chosen });
  });

  test("without a rule that holds and a default fails with States.NoChoiceMatched", async () => {
    const states = {
      Choose: { Type: "Choice", Choices: [{ Variable: "$.a", StringEquals: "x", Next: "End" }] },
      End: { Type: "Succeed" },
    };
    expect(await endingOf(states, { a: "y" })).toMatchObject({ error: "States.NoChoiceMatched" });
  });
});

describe("Map", () => {
  const each = (fields: Fields = {}, inner: Fields = {}) => ({
    Each: {
      Type: "Map",
      ItemsPath: "$.items",
      ItemSelector: {
        "all.$": "$.shared",
        "item.$": "$$.Map.Item.Value",
        "index.$": "$$.Map.Item.Index",
        "execution.$": "$$.Execution.Id",
      },
      ItemProcessor: { StartAt: "One", States: { One: task(inner) } },
      MaxConcurrency: 40,
      End: true,
      ...fields,
    },
  });

  test("gives each iteration what ItemSelector says, and the results in order under ResultPath", async () => {
    const output = await outputOf(each({ ResultPath: "$.results" }), { shared: "s", items: ["a", "b"] });
    expect(output).toMatchObject({
      shared: "s",
      results: [
        { all: "s", item: "a", index: 0, execution: "the-execution" },
        { all: "s", item: "b", index: 1, execution: "the-execution" },
      ],
    });
  });

  test("with ResultPath null drops the results", async () => {
    expect(await outputOf(each({ ResultPath: null }), { shared: 1, items: [1] })).toEqual({
      shared: 1,
      items: [1],
    });
  });

  test("the context object inside an iteration is the execution's, not the item's", async () => {
    const inner = {
      Parameters: { "input.$": "$$.Execution.Input.shared", "started.$": "$$.Execution.StartTime" },
    };
    expect(await outputOf(each({}, inner), { shared: 7, items: [1] })).toEqual([
      { input: 7, started: "2026-01-02T03:04:05.000Z" },
    ]);
  });

  test("runs at most MaxConcurrency iterations at once", async () => {
    let running = 0;
    let most = 0;
    const invoke = async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 2));
      running -= 1;
    };
    await outputOf(each(), { shared: 0, items: Array.from({ length: 100 }, (_, index) => index) }, invoke);
    expect(most).toBe(40);
  });

  test("fails with its iteration's error, and starts none of those still queued", async () => {
    let started = 0;
    const states = {
      ...each({
        MaxConcurrency: 2,
        End: undefined,
        Next: "After",
        Catch: [{ ErrorEquals: ["Broken"], Next: "After", ResultPath: "$.failure" }],
      }),
      After: { Type: "Wait", Seconds: 0, End: true },
    };
    const output = await outputOf(
      states,
      { shared: 0, items: Array.from({ length: 50 }, (_, index) => index) },
      () => {
        started += 1;
        throw new FunctionError("Broken");
      },
    );
    expect(output).toHaveProperty("failure.Error", "Broken");
    expect(started).toBeLessThanOrEqual(2);
  });

  test("an empty list gives an empty result", async () => {
    expect(await outputOf(each(), { shared: 0, items: [] })).toEqual([]);
  });
});

describe("limits", () => {
  const KIB_256 = 256 * 1024;

  test("an output of exactly 256 KiB passes and one byte more does not, counted in UTF-8", async () => {
    // Two bytes each and two quotes around them.
    const text = "é".repeat(KIB_256 / 2 - 1);
    expect(await outputOf({ Work: task() }, {}, () => text)).toBe(text);
    expect(await endingOf({ Work: task() }, {}, () => `${text}x`)).toMatchObject({
      error: "States.DataLimitExceeded",
    });
  });

  test("results that are small each but too large together end the execution before the next state runs", async () => {
    const states = {
      Each: { Type: "Map", ItemProcessor: { StartAt: "One", States: { One: task() } }, Next: "Work" },
      Work: task({ Resource: functionArn("Next") }),
    };
    const called: string[] = [];
    const ending = await endingOf(states, ["a", "b", "c"], (event, arn) => {
      called.push(arn);
      return String(event).repeat(100_000);
    });
    expect(ending).toMatchObject({ status: "FAILED", error: "States.DataLimitExceeded" });
    expect(called).toEqual([WORK, WORK, WORK]);
  });

  test("25,000 history events end the execution", async () => {
    const states = { Work: task({ End: undefined, Next: "Again" }), Again: { Type: "Pass", Next: "Work" } };
    const run = runOf(states, {});
    expect(await run.complete()).toMatchObject({ status: "FAILED", cause: expect.stringContaining("25000") });
    expect(run.history.events.length).toBeLessThan(25_010);
  });

  test("a task without TimeoutSeconds may take longer than the interpreter's own default", () => {
    const { definition } = prepare({ StartAt: "Work", States: { Work: task() } });
    expect(definition).toHaveProperty("States.Work.TimeoutSeconds", 2_147_483);
  });

  test("a task that takes longer than TimeoutSeconds fails with States.Timeout", async () => {
    let release = () => {};
    const slow = () =>
      new Promise<void>((resolve) => {
        release = resolve;
      });
    expect(await endingOf({ Work: task({ TimeoutSeconds: 1 }) }, {}, slow)).toMatchObject({
      error: "States.Timeout",
    });
    release();
  });
});

describe("ending", () => {
  test("a stopped execution is ABORTED with the reason given, and runs no further task", async () => {
    const run = runOf({ Work: task({ Next: "Second", End: undefined }), Second: task() }, {}, () => {
      run.stop({ error: "Changed", cause: "no longer wanted" });
    });
    expect(await run.complete()).toEqual({ status: "ABORTED", error: "Changed", cause: "no longer wanted" });
    expect(run.history.events.at(-1)).toMatchObject({ type: "ExecutionAborted" });
  });

  test("an execution that takes longer than the machine's TimeoutSeconds is TIMED_OUT", async () => {
    const states = { Rest: { Type: "Wait", Seconds: 30, End: true } };
    expect(
      await endingOf(states, {}, undefined, { realIntervals: true, top: { TimeoutSeconds: 1 } }),
    ).toMatchObject({ status: "TIMED_OUT" });
  });
});

test("the lambda:invoke integration wraps the result and takes Payload as the event", async () => {
  const Parameters = { FunctionName: WORK, "Payload.$": "$.event" };
  const states = {
    Work: { Type: "Task", Resource: "arn:aws:states:::lambda:invoke", Parameters, End: true },
  };
  expect(await outputOf(states, { event: { a: 1 } })).toEqual({
    ExecutedVersion: "$LATEST",
    Payload: { a: 1 },
    StatusCode: 200,
  });
});

test("the history tells the states, tasks and iterations in AWS's event types, each linked to the one before it", async () => {
  const states = {
    Each: {
      Type: "Map",
      ItemsPath: "$.items",
      ItemProcessor: { StartAt: "One", States: { One: task() } },
      ResultPath: null,
      Next: "Bad",
    },
    Bad: task({
      Parameters: { fail: true },
      Catch: [{ ErrorEquals: ["States.ALL"], Next: "Done" }],
      Next: "Done",
      End: undefined,
    }),
    Done: { Type: "Succeed" },
  };
  const run = runOf(states, { items: ["a"] }, (event) => {
    if ((event as { fail?: boolean }).fail) throw new FunctionError("Broken");
  });
  await run.complete();
  expect(run.history.events.map(({ type }) => type)).toEqual([
    "ExecutionStarted",
    "MapStateEntered",
    "MapStateStarted",
    "MapIterationStarted",
    "TaskStateEntered",
    "LambdaFunctionScheduled",
    "LambdaFunctionStarted",
    "LambdaFunctionSucceeded",
    "TaskStateExited",
    "MapIterationSucceeded",
    "MapStateSucceeded",
    "MapStateExited",
    "TaskStateEntered",
    "LambdaFunctionScheduled",
    "LambdaFunctionStarted",
    "LambdaFunctionFailed",
    "TaskStateExited",
    "SucceedStateEntered",
    "SucceedStateExited",
    "ExecutionSucceeded",
  ]);
  expect(
    run.history.events.every(({ id, previousEventId }, index) => id === index + 1 && previousEventId < id),
  ).toBe(true);
  expect(run.history.events[3]).toMatchObject({
    mapIterationStartedEventDetails: { name: "Each", index: 0 },
  });
});

test.each([
  [
    "a service integration",
    { Type: "Task", Resource: "arn:aws:states:::sqs:sendMessage", End: true },
    "sqs:sendMessage",
  ],
  [
    "a mode of a Map that there is not",
    {
      Type: "Map",
      ItemProcessor: { ProcessorConfig: { Mode: "REMOTE" }, StartAt: "X", States: {} },
      End: true,
    },
    "INLINE",
  ],
  ["JSONata", { Type: "Pass", QueryLanguage: "JSONata", End: true }, "JSONPath"],
  ["a field that would be ignored", task({ HeartbeatSeconds: 3 }), "HeartbeatSeconds"],
  ["$$.Map outside an ItemSelector", task({ Parameters: { "x.$": "$$.Map.Item.Value" } }), "ItemSelector"],
  ["an intrinsic function as CausePath", { Type: "Fail", CausePath: "States.Format('x')" }, "CausePath"],
])("refuses %s", (_, state, text) => {
  expect(() => prepare({ StartAt: "A", States: { A: state } })).toThrow(text);
});
