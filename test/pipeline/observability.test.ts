import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { LocalAws } from "../../local/aws.ts";
import { imageOf } from "../fakes/image.ts";
import { execute, requestOf } from "./execution.ts";
import { configOf, loseBlob, pushSmall, tags } from "./many-images.ts";
import { accounts, startPipeline } from "./pipeline.ts";
import { createRepository, push } from "./repository.ts";
import { copiesRule, run } from "./rule.ts";

let aws: LocalAws;
beforeAll(async () => {
  aws = await startPipeline();
});
afterAll(() => aws.stop());

/** The details of the events of an execution, with their kind. */
async function eventsOf(execution: string): Promise<Record<string, unknown>[]> {
  await aws.settled();
  const own = aws.events().filter(({ source }) => source === "ecr-replicator");
  return own
    .filter(({ detail }) => detail["execution"] === execution)
    .map(({ "detail-type": kind, detail }) => ({ kind, ...detail }));
}

/** The metrics in the logs of all functions, with their rule and failure. */
function metrics(): Record<string, unknown>[] {
  const folder = join(aws.data, "logs");
  const lines = readdirSync(folder).flatMap((file) => readFileSync(join(folder, file), "utf8").split("\n"));
  return lines
    .filter((line) => line.startsWith('{"_aws":'))
    .map((line) => {
      const { _aws, ...values } = JSON.parse(line);
      return values;
    });
}

function messages(): string[] {
  return aws.topics().flatMap((topic) => topic.messages.map(({ message }) => message));
}

test("an image that is replicated is told of by an event and metrics, and to nobody by mail", async () => {
  const from = await createRepository(aws, accounts.source);
  const to = await createRepository(aws, accounts.destination);
  await push(from, imageOf([4, 60], 7), "1");
  const { arn, report } = await execute(aws, { ...requestOf({ from, to }), rule: "single" });
  const { referrers: _, ...told } = report ?? {};
  expect(await eventsOf(arn)).toEqual([
    expect.objectContaining({ ...told, kind: "Image Replication", inRun: false, rule: "single" }),
  ]);
  expect(metrics()).toContainEqual(
    expect.objectContaining({ Rule: "single", ImagesReplicated: 1, BytesCopied: report?.layers.bytesCopied }),
  );
  expect(messages()).toEqual([]);
});

test("an image that fails by itself is told of by mail, in a sentence with the execution", async () => {
  const from = await createRepository(aws, accounts.source);
  const to = await createRepository(aws, accounts.destination);
  const request = requestOf({ from, to }, { source: ":none" });
  const before = messages().length;
  const { arn, error } = await execute(aws, { ...request, rule: "single" });
  const [event] = await eventsOf(arn);
  expect(event).toMatchObject({ status: "Failed", error: "SourceNotFound", inRun: false, rule: "single" });
  expect(metrics()).toContainEqual(
    expect.objectContaining({ Rule: "single", Failure: error, ImagesFailed: 1 }),
  );
  expect(messages().slice(before)).toEqual([`"ecr-replicator: ${event?.["message"]} (execution ${arn})"`]);
});

test("a plan that fails is told of to nobody", async () => {
  const from = await createRepository(aws, accounts.source);
  const to = await createRepository(aws, accounts.destination);
  const before = [messages().length, metrics().length];
  const { arn, status } = await execute(aws, {
    ...requestOf({ from, to }, { source: ":none" }),
    mode: "plan",
  });
  expect(status).toBe("FAILED");
  expect(await eventsOf(arn)).toEqual([]);
  expect([messages().length, metrics().length]).toEqual(before);
});

test("a run of which an image fails is told of once by mail, and each image by an event of its own", async () => {
  const from = await createRepository(aws, accounts.pipeline, { name: "watched/app" });
  await pushSmall(from, tags(3));
  loseBlob(from, configOf("v1"));
  const before = messages().length;
  const { arn, status, cause } = await run(aws, copiesRule("watched"));
  expect(status).toBe("FAILED");
  const [event, ...others] = await eventsOf(arn);
  expect(others).toEqual([]);
  expect(event).toMatchObject({
    kind: "Rule Run",
    status: "Failed",
    rule: "team",
    images: { selected: 3, copied: 2, failed: 1 },
    failures: { SourceNotFound: 1 },
  });
  expect(event?.["message"]).toContain(cause?.message.slice(0, 80));
  const images = aws.events().filter(({ detail }) => detail["inRun"] === true);
  expect(images.map(({ detail }) => detail["status"]).sort()).toEqual(["Failed", "Replicated", "Replicated"]);
  expect(messages().slice(before)).toEqual([`"ecr-replicator: ${event?.["message"]} (execution ${arn})"`]);
  expect(metrics()).toContainEqual(
    expect.objectContaining({ Rule: "team", Failure: "ImagesFailed", RunsSucceeded: 0, ImagesInStep: 2 }),
  );
});

test("a run that leaves all images in step succeeds by its metrics", async () => {
  const from = await createRepository(aws, accounts.pipeline, { name: "calm/app" });
  await pushSmall(from, tags(2));
  const { arn } = await run(aws, copiesRule("calm", { name: "calm" }));
  expect(await eventsOf(arn)).toMatchObject([{ kind: "Rule Run", status: "Replicated", rule: "calm" }]);
  expect(metrics()).toContainEqual(
    expect.objectContaining({ Rule: "calm", RunsSucceeded: 1, RunsFailed: 0, ImagesInStep: 2 }),
  );
});
