import { Logger } from "@aws-lambda-powertools/logger";
import { maxImages } from "../../core/model/image-requests.ts";
import { maxReferrers } from "../../core/model/referrer.ts";
import type { FailureReport, ReferrerReport, Report } from "../../core/model/report.ts";
import { tellOfFailure, tellOfSuccess } from "../../lambdas/tell-image.ts";
import { FakeEventBus } from "../fakes/event-bus.ts";
import { request } from "../fakes/request.ts";
import { stdoutOf } from "./stdout.ts";

const maxEvent = 262_144;
const machine = "arn:aws:states:eu-central-1:333333333333:execution:ReplicateImage:1";
const child = "arn:aws:states:eu-central-1:333333333333:execution:ReplicateImages/CopyImages:1";
const digest = `sha256:${"a".repeat(64)}`;
const report: Report = {
  status: "Replicated",
  source: `${request.source}@${digest}`,
  destination: `${request.destination}:1.0`,
  digest,
  mediaType: "application/vnd.oci.image.index.v1+json",
  manifests: { copied: 3, present: 0 },
  layers: { copied: 5, present: 1, bytesCopied: 4_000, bytesPresent: 70 },
  referrers: { copied: 1, present: 0, refused: 0, artifacts: [{ digest, outcome: "copied" }] },
  warnings: [],
  startedAt: "2026-11-23T03:00:00Z",
  seconds: 12.5,
};
const failure: FailureReport = {
  error: "AccessDenied",
  cause: JSON.stringify({ side: "source", operation: "BatchGetImage", message: "the role may not" }),
};

let bus: FakeEventBus;
const environment = { ...process.env };
beforeAll(async () => {
  bus = await FakeEventBus.start();
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: bus.endpoint,
    AWS_REGION: "eu-central-1",
    AWS_ACCESS_KEY_ID: "333333333333",
    AWS_SECRET_ACCESS_KEY: "local",
    AWS_MAX_ATTEMPTS: "1",
  });
});
afterEach(() => {
  bus.refusal = undefined;
  bus.taken();
});
afterAll(() => {
  process.env = environment;
  bus.stop();
});

const logged: string[] = [];
const logger = new Logger({ serviceName: "test" });
jest.spyOn(logger, "error").mockImplementation((...said) => {
  logged.push(JSON.stringify(said));
});

/** What was told: the values of the metrics, and the event. */
async function told(work: () => Promise<void>) {
  const lines = await stdoutOf(work);
  const metrics = lines.map((line) => {
    const { _aws, ...values } = JSON.parse(line);
    return values;
  });
  return { metrics, events: bus.taken() };
}

const success = (given: Partial<Report> = {}, state: object = {}) =>
  told(() => tellOfSuccess({ request, execution: machine, ...state }, { ...report, ...given }, logger));
const failed = (given: unknown = request, execution = machine, how = failure) =>
  told(() => tellOfFailure({ request: given as never, execution }, how, logger));

describe("of an image that was replicated", () => {
  test("one line of metrics and one event tell, with the rule", async () => {
    const { metrics, events } = await success({}, { request: { ...request, rule: "team" } });
    expect(metrics).toEqual([
      {
        Rule: "team",
        ImagesReplicated: 1,
        ImagesInSync: 0,
        ImagesFailed: 0,
        LayersCopied: 5,
        BytesCopied: 4_000,
        ImageSeconds: 12.5,
      },
    ]);
    const { referrers, ...same } = report;
    expect(events).toEqual([
      {
        kind: "Image Replication",
        bytes: expect.any(Number),
        detail: {
          execution: machine,
          inRun: false,
          rule: "team",
          ...same,
          referrers: { copied: 1, present: 0, refused: 0 },
          message: `${report.destination} was replicated from ${report.source}: 4000 bytes in 12.5 s`,
        },
      },
    ]);
  });

  test("one of a run is told apart from one that was started by itself", async () => {
    const { events } = await success({}, { execution: child });
    expect(events[0]?.detail).toMatchObject({ execution: child, inRun: true });
  });

  test("it is in sync when nothing was to be done", async () => {
    const { metrics, events } = await success({ status: "InSync" });
    expect(metrics).toMatchObject([{ Rule: "none", ImagesReplicated: 0, ImagesInSync: 1 }]);
    expect(events[0]?.detail["message"]).toBe(`${report.destination} is in sync with ${report.source}`);
  });

  test.each([
    [{ status: "Planned" as const }, {}],
    [{ status: "InSync" as const }, { request: { ...request, mode: "plan" } }],
  ])("nothing tells when it was only planned: %j", async (ended, state) => {
    expect(await success(ended, state)).toEqual({ metrics: [], events: [] });
  });

  test("an event has room for the largest report", async () => {
    const artifact: ReferrerReport = {
      digest,
      artifactType: "a".repeat(255),
      outcome: "refused",
      reason: "r".repeat(200),
    };
    const name = `222222222222.dkr.ecr.eu-central-1.amazonaws.com/${"n".repeat(256)}:${"t".repeat(128)}`;
    const image = {
      status: "Replicated" as const,
      source: `s3://bucket/${"k".repeat(1024)}#${name}`,
      destination: name,
      digest,
      mediaType: report.mediaType,
    };
    const { events } = await success({
      images: Array(maxImages).fill(image),
      warnings: Array(100).fill("ö".repeat(100)),
      referrers: { copied: 0, present: 0, refused: 100, artifacts: Array(maxReferrers).fill(artifact) },
    });
    expect(events[0]?.bytes).toBeLessThan(maxEvent * 0.75);
    expect(events[0]?.detail["images"]).toHaveLength(maxImages);
  });
});

describe("of an image that failed", () => {
  test("one line of metrics, with the failure's name, and one event tell", async () => {
    const { metrics, events } = await failed({ ...request, rule: "team" }, child);
    expect(metrics).toEqual([
      { Rule: "team", Failure: "AccessDenied", ImagesReplicated: 0, ImagesInSync: 0, ImagesFailed: 1 },
    ]);
    expect(events).toEqual([
      {
        kind: "Image Replication",
        bytes: expect.any(Number),
        detail: {
          execution: child,
          inRun: true,
          rule: "team",
          status: "Failed",
          source: request.source,
          destination: request.destination,
          error: "AccessDenied",
          side: "source",
          operation: "BatchGetImage",
          message: `${request.source} was not replicated to ${request.destination}: AccessDenied: the role may not`,
        },
      },
    ]);
  });

  test("nothing tells when it was only planned", async () => {
    expect(await failed({ ...request, mode: "plan" })).toEqual({ metrics: [], events: [] });
  });

  test.each([null, "nginx", 7, [], { source: { a: 1 }, destination: 7, rule: ["team"] }])(
    "the event has nothing of a request such as %j",
    async (given) => {
      const { metrics, events } = await failed(given);
      expect(metrics).toMatchObject([{ Rule: "none", ImagesFailed: 1 }]);
      expect(events[0]?.detail).toEqual({
        execution: machine,
        inRun: false,
        status: "Failed",
        error: "AccessDenied",
        side: "source",
        operation: "BatchGetImage",
        message: "an image was not replicated: AccessDenied: the role may not",
      });
    },
  );

  test("the event has room for a request and a message of any length", async () => {
    const long = "\u0000漢".repeat(60_000);
    const how = { error: "RequestInvalid", cause: JSON.stringify({ operation: "Read", message: long }) };
    const { events } = await failed({ source: long, destination: long, rule: long }, machine, how);
    expect(events[0]?.bytes).toBeLessThan(maxEvent * 0.25);
  });

  test("the message can be spliced into a text: it is one line without quotes and backslashes", async () => {
    const message = 'tag "1"\nis \\ not\r\n\tthere\u0007';
    const { events } = await failed(request, machine, {
      error: "SourceNotFound",
      cause: JSON.stringify({ operation: "Read", message }),
    });
    expect(events[0]?.detail["message"]).toMatch(/: SourceNotFound: tag '1' is \/ not there$/);
  });
});

test.each([
  [{ status: 400, body: { __type: "AccessDeniedException", message: "not authorized" } }, "not authorized"],
  [
    {
      status: 200,
      body: { FailedEntryCount: 1, Entries: [{ ErrorCode: "InternalFailure", ErrorMessage: "oh" }] },
    },
    "oh",
  ],
])("an event that is refused is logged, and fails nothing: %j", async (refusal, text) => {
  bus.refusal = refusal;
  logged.length = 0;
  const { metrics } = await failed();
  expect(metrics).toHaveLength(1);
  expect(logged).toHaveLength(1);
  expect(logged[0]).toContain("event not put");
  expect(logged[0]).toContain(text);
});
