import { definitionOf, tasksOf } from "./definition.ts";
import { type Answer, named, run } from "./run.ts";
import { synthesizeReplicator } from "./synthesized.ts";

const definition = definitionOf(synthesizeReplicator());
const request = { source: "from:1", destination: "to:1" };
const root = { mediaType: "application/vnd.oci.image.index.v1+json", digest: "sha256:1", size: 1 };
const tasks = [{ blobs: ["a"] }, { blobs: ["b"] }];
const report = { status: "Replicated" };

/** Answers one after the other; the last one stays. */
function inTurn(...answers: (object | Error)[]): Answer {
  let turn = 0;
  return () => {
    const answer = answers[Math.min(turn++, answers.length - 1)];
    if (answer instanceof Error) throw answer;
    return answer;
  };
}

/** Plans one after the other, each for the image of the request. */
function planned(...plans: object[]): Answer {
  return inTurn(...plans.map((plan) => ({ root, request, ...plan })));
}

const answers: Record<string, Answer> = {
  Plan: planned({ next: "PutManifests" }),
  CopyLayer: () => ({ paused: [] }),
  PutManifests: () => ({ copied: 1, present: 0 }),
  PutManifestsThenPlan: () => ({ copied: 1, present: 0 }),
  Untar: () => ({ etag: "e", size: 2, inflated: 3 }),
  Report: () => report,
  ReportFailure: ({ failure }) => ({ error: failure.Error, cause: "in a sentence" }),
};

function states(calls: { state: string }[]): string[] {
  return calls.map((call) => call.state);
}

describe("the path of an image", () => {
  test("that is in sync is a plan and a report", async () => {
    const { calls, output } = await run(definition, request, {
      ...answers,
      Plan: planned({ next: "Report", status: "InSync" }),
    });
    expect(states(calls)).toEqual(["Plan", "Report"]);
    expect(output).toEqual(report);
  });

  test("copies layers, plans again, puts the manifests and reports", async () => {
    const { calls, output } = await run(definition, request, {
      ...answers,
      Plan: planned({ next: "CopyLayers", tasks }, { next: "PutManifests", tasks: [] }),
    });
    expect(states(calls)).toEqual(["Plan", "CopyLayer", "CopyLayer", "Plan", "PutManifests", "Report"]);
    expect(output).toEqual(report);
  });

  test("comes back to the plan with what a task has paused", async () => {
    const { calls } = await run(definition, request, {
      ...answers,
      Plan: planned(
        { next: "CopyLayers", tasks },
        { next: "CopyLayers", tasks: [{ blobs: ["b"] }] },
        { next: "PutManifests", tasks: [] },
      ),
      CopyLayer: ({ task }) => ({ paused: task.blobs.filter((blob: string) => blob === "b") }),
    });
    expect(states(calls).filter((state) => state === "CopyLayer")).toHaveLength(3);
    const secondPlan = calls.filter((call) => call.state === "Plan")[1];
    expect(secondPlan?.input).toMatchObject({ copied: [{ paused: [] }, { paused: ["b"] }] });
  });

  test("gives every step the request, the start and the execution, and a task the pinned root, its layers and no other's", async () => {
    const { calls } = await run(definition, request, {
      ...answers,
      Plan: planned({ next: "CopyLayers", tasks }, { next: "PutManifests", tasks: [] }),
    });
    const whole = {
      request,
      startedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      execution: "arn:execution",
    };
    const inputs = (state: string) => calls.filter((call) => call.state === state).map((call) => call.input);
    expect(inputs("Plan")[0]).toEqual(whole);
    expect(inputs("CopyLayer")).toEqual(
      tasks.map((task) => ({ request, execution: "arn:execution", root, task })),
    );
    expect(inputs("PutManifests")[0]).toMatchObject({ ...whole, plan: { next: "PutManifests" } });
    expect(inputs("Report")[0]).toMatchObject({ ...whole, put: { copied: 1, present: 0 } });
  });

  test("plans again when the destination says that something is missing after all, and says so", async () => {
    const { calls, output } = await run(definition, request, {
      ...answers,
      PutManifests: inTurn(named("Incomplete"), { copied: 1, present: 0 }),
    });
    expect(states(calls)).toEqual(["Plan", "PutManifests", "Plan", "PutManifests", "Report"]);
    expect(calls[2]?.input).toMatchObject({ incomplete: { Error: "Incomplete" } });
    expect(calls[3]?.input).toMatchObject({ incomplete: { Error: "Incomplete" } });
    expect(output).toEqual(report);
  });

  test("whose archive is compressed begins again when that is inflated", async () => {
    const { calls } = await run(definition, request, {
      ...answers,
      Plan: inTurn({ next: "Untar", packed: { format: "gzip" } }, { root, request, next: "PutManifests" }),
    });
    expect(states(calls)).toEqual(["Plan", "Untar", "Plan", "PutManifests", "Report"]);
    expect(calls[1]?.input).toMatchObject({ request, execution: "arn:execution", plan: { next: "Untar" } });
    expect(calls[2]?.input).toMatchObject({ request, untarred: { etag: "e", size: 2, inflated: 3 } });
  });

  test("of several is planned when the one before is there, and its layers are copied by its own request", async () => {
    const second = { source: "from:1#b", destination: "to:b" };
    const { calls, output } = await run(definition, request, {
      ...answers,
      Plan: planned(
        { next: "PutManifestsThenPlan", tasks: [] },
        { next: "CopyLayers", tasks, request: second },
        { next: "PutManifests", tasks: [], request: second },
      ),
    });
    expect(states(calls)).toEqual([
      "Plan",
      "PutManifestsThenPlan",
      "Plan",
      "CopyLayer",
      "CopyLayer",
      "Plan",
      "PutManifests",
      "Report",
    ]);
    expect(calls[2]?.input).toMatchObject({ request, put: { copied: 1 }, plan: { request } });
    expect(calls[3]?.input).toMatchObject({ request: second });
    expect(calls[6]?.input).toMatchObject({ request, plan: { request: second } });
    expect(output).toEqual(report);
  });

  test("of several is planned again when the destination says that something is missing of it", async () => {
    const { calls } = await run(definition, request, {
      ...answers,
      Plan: planned(
        { next: "PutManifestsThenPlan" },
        { next: "PutManifestsThenPlan" },
        { next: "PutManifests" },
      ),
      PutManifestsThenPlan: inTurn(named("Incomplete"), { copied: 1, present: 0 }),
    });
    expect(states(calls)).toEqual([
      "Plan",
      "PutManifestsThenPlan",
      "Plan",
      "PutManifestsThenPlan",
      "Plan",
      "PutManifests",
      "Report",
    ]);
    expect(calls[2]?.input).toMatchObject({ incomplete: { Error: "Incomplete" } });
  });

  test("ends when a plan names a step that is not there", async () => {
    const { calls, error } = await run(definition, request, {
      ...answers,
      Plan: planned({ next: "Fly" }),
    });
    expect(states(calls)).toEqual(["Plan"]);
    expect(error).toMatchObject({ name: "Unavailable", message: expect.stringContaining("next step") });
  });
});

describe("a failure", () => {
  const failing: [string, Record<string, Answer>][] = [
    ["Plan", { Plan: inTurn(named("AccessDenied")) }],
    ["CopyLayer", { Plan: planned({ next: "CopyLayers", tasks }), CopyLayer: inTurn(named("AccessDenied")) }],
    ["Untar", { Plan: planned({ next: "Untar" }), Untar: inTurn(named("AccessDenied")) }],
    ["PutManifests", { PutManifests: inTurn(named("AccessDenied")) }],
    [
      "PutManifestsThenPlan",
      {
        Plan: planned({ next: "PutManifestsThenPlan" }),
        PutManifestsThenPlan: inTurn(named("AccessDenied")),
      },
    ],
  ];
  test.each(failing)("of %s is reported with the whole state and fails the execution", async (_, broken) => {
    const { calls, error } = await run(definition, request, { ...answers, ...broken });
    expect(calls.at(-1)).toMatchObject({
      state: "ReportFailure",
      input: { request, failure: { Error: "AccessDenied" } },
    });
    expect(error).toEqual({ name: "AccessDenied", message: "in a sentence" });
  });

  test("of the report itself is reported like any other", async () => {
    const { calls } = await run(definition, request, { ...answers, Report: inTurn(named("RequestInvalid")) });
    expect(states(calls)).toEqual(["Plan", "PutManifests", "Report", "ReportFailure"]);
  });

  test("that cannot be reported ends the execution under the name of what failed first", async () => {
    const { error } = await run(definition, request, {
      ...answers,
      Plan: inTurn(named("AccessDenied", "the first")),
      ReportFailure: inTurn(named("RequestInvalid", "the second")),
    });
    expect(error?.name).toBe("AccessDenied");
    expect(error?.message).toContain("the first");
  });

  test("that passes is retried, and the step counts once", async () => {
    const { calls, output } = await run(definition, request, {
      ...answers,
      Plan: inTurn(named("Throttled"), named("Sandbox.Timedout"), { root, request, next: "PutManifests" }),
    });
    expect(states(calls)).toEqual(["Plan", "Plan", "Plan", "PutManifests", "Report"]);
    expect(output).toEqual(report);
  });

  test("that does not pass is tried seven times", async () => {
    const { calls, error } = await run(definition, request, {
      ...answers,
      PutManifests: inTurn(named("Unavailable")),
    });
    expect(states(calls).filter((state) => state === "PutManifests")).toHaveLength(7);
    expect(error?.name).toBe("Unavailable");
  });

  test.each([
    ["Lambda.TooManyRequestsException", 40],
    ["Throttled", 10],
  ])("for want of a free function, or of quota, is tried many times more: %s, %i", async (error, tries) => {
    const { calls } = await run(definition, request, { ...answers, PutManifests: inTurn(named(error)) });
    expect(states(calls).filter((state) => state === "PutManifests")).toHaveLength(1 + tries);
  });

  test("that no retry can cure is not retried", async () => {
    for (const name of ["RequestInvalid", "DigestMismatch", "TagImmutable", "Runtime.OutOfMemory"]) {
      const { calls } = await run(definition, request, { ...answers, Plan: inTurn(named(name)) });
      expect(states(calls)).toEqual(["Plan", "ReportFailure"]);
    }
  });
});

describe("every Task state", () => {
  const transient = {
    ErrorEquals: [
      "Unavailable",
      "Lambda.ServiceException",
      "Lambda.AWSLambdaException",
      "Lambda.SdkClientException",
      "Lambda.ClientExecutionTimeoutException",
      "Lambda.Unknown",
      "Sandbox.Timedout",
      "Runtime.ExitError",
    ],
    IntervalSeconds: 2,
    MaxAttempts: 6,
    BackoffRate: 2,
    MaxDelaySeconds: 60,
    JitterStrategy: "FULL",
  };
  const throttled = {
    ErrorEquals: ["Throttled"],
    IntervalSeconds: 5,
    MaxAttempts: 10,
    BackoffRate: 2,
    MaxDelaySeconds: 60,
    JitterStrategy: "FULL",
  };
  const busy = { ...throttled, ErrorEquals: ["Lambda.TooManyRequestsException"], MaxAttempts: 40 };

  test("retries what passes, with backoff and full jitter", () => {
    const retries = Object.fromEntries(tasksOf(definition).map(([name, { Retry }]) => [name, Retry]));
    expect(retries).toEqual({
      Plan: [transient, throttled, busy],
      CopyLayer: [transient, throttled, busy],
      Untar: [transient, throttled, busy],
      PutManifests: [transient, throttled, busy],
      PutManifestsThenPlan: [transient, throttled, busy],
      Report: [transient, throttled, busy],
      ReportFailure: [transient, throttled, busy],
    });
  });

  test("calls its function directly and takes its answer as it is", () => {
    for (const [, { Resource, Parameters }] of tasksOf(definition)) {
      expect(Resource).toMatch(/^arn:aws:lambda:/);
      expect(Parameters).toBeUndefined();
    }
  });
});
