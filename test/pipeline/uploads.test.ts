import { gzipSync, zstdCompressSync } from "node:zlib";
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import type { LocalAws } from "../../local/aws.ts";
import type { Fault, FaultEffect } from "../../local/faults.ts";
import { ociFiles } from "../fakes/archive.ts";
import { type Content, imageOf } from "../fakes/image.ts";
import { tarOf } from "../fakes/tar.ts";
import { createBucket, putArchive, s3Of } from "./bucket.ts";
import { type Execution, endOf } from "./execution.ts";
import { imageOfLayers, MiB } from "./layer.ts";
import { accounts, externalId, region, roleArns, startPipeline } from "./pipeline.ts";
import { createRepository, digestOfTag, expectCopy, type Repository } from "./repository.ts";
import { invocations } from "./traffic.ts";

/** The bucket that a rule of `replication.yaml` watches, below `images/`. */
const inbox = "replication-inbox";
const registry = `${accounts.destination}.dkr.ecr.${region}.amazonaws.com`;
const machine = `arn:aws:states:${region}:${accounts.pipeline}:stateMachine:ReplicateImage`;
const content = imageOf([4, 60], 111);
const archive = tarOf(ociFiles({ content }));
let aws: LocalAws;
let made = 0;
let before: readonly unknown[] = [];

beforeAll(async () => {
  aws = await startPipeline();
});
beforeEach(() => {
  before = aws.states.of(machine);
});
afterEach(() => aws.faults.clear());
afterAll(() => aws.stop());

const newName = () => `app-${++made}`;

async function repositoryOf(name: string): Promise<Repository> {
  return createRepository(aws, accounts.destination, { name });
}

async function upload(Key: string, Body: Uint8Array = archive): Promise<void> {
  await s3Of(aws, accounts.pipeline).send(new PutObjectCommand({ Bucket: inbox, Key, Body }));
}

/** What was started in this test, oldest first, when all of it has ended and no event is on its way. */
async function started(): Promise<{ name: string; input: unknown; execution: Execution }[]> {
  await aws.settled();
  const fresh = aws.states.of(machine).filter((one) => !before.includes(one));
  const ended = fresh.toReversed().map(async ({ arn, name, input }) => {
    return { name, input: JSON.parse(input), execution: await endOf(aws, arn) };
  });
  return Promise.all(ended);
}

/** What the rule makes of an upload. */
function requestFor(source: string) {
  return {
    rule: "inbox",
    source,
    destination: `${registry}/{basename}:latest`,
    destinationRoleArn: roleArns.destination,
    destinationExternalId: externalId,
  };
}

/** Checks that one execution was started, for this key, and has copied the image. */
async function expectOne(key: string, to: Repository, image: Content = content): Promise<Execution> {
  const all = await started();
  expect(all).toHaveLength(1);
  const [{ execution, input } = { execution: undefined, input: undefined }] = all;
  const source = `s3://${inbox}/${key}${key.includes("#") ? "#" : ""}`;
  expect(input).toEqual(requestFor(source));
  expect({ cause: execution?.cause, ...execution?.report }).toMatchObject({
    cause: undefined,
    status: "Replicated",
    source,
    destination: `${registry}/${to.name}:latest`,
    digest: image.root.digest,
  });
  expect(await digestOfTag(to, "latest")).toBe(image.root.digest);
  await expectCopy(to, image);
  return execution as Execution;
}

/** The messages of the queue for what could not be started. */
function failures(): { body: string; attributes: Readonly<Record<string, string>> }[] {
  const queue = aws.queues().find(({ name }) => name.includes("StartFailures"));
  return [...(queue?.messages ?? [])];
}

describe("an upload to the inbox", () => {
  test.each<[string, Uint8Array]>([
    [".tar", archive],
    [".tar.gz", gzipSync(archive)],
    [".tgz", gzipSync(archive)],
    [".tar.zst", zstdCompressSync(archive)],
  ])("of a %s starts one execution, which copies the image to where the rule says", async (suffix, bytes) => {
    const name = newName();
    const to = await repositoryOf(name);
    await upload(`images/${name}${suffix}`, bytes);
    await expectOne(`images/${name}${suffix}`, to);
    expect((await started())[0]?.name).toMatch(/^inbox-[0-9a-f]{32}$/);
  });

  test("in parts starts one execution, when it is complete", async () => {
    const image = imageOfLayers([6 * MiB], 112);
    const [name, whole] = [newName(), tarOf(ociFiles({ content: image }))];
    const to = await repositoryOf(name);
    const [client, target] = [s3Of(aws, accounts.pipeline), { Bucket: inbox, Key: `images/${name}.tar` }];
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(target));
    const bodies = [whole.subarray(0, 5 * MiB), whole.subarray(5 * MiB)];
    const Parts = [];
    for (const [at, Body] of bodies.entries()) {
      const part = { ...target, UploadId, PartNumber: at + 1, Body };
      Parts.push({ PartNumber: at + 1, ETag: (await client.send(new UploadPartCommand(part))).ETag });
    }
    expect(await started()).toEqual([]);
    const completed = { ...target, UploadId, MultipartUpload: { Parts } };
    await client.send(new CompleteMultipartUploadCommand(completed));
    await expectOne(target.Key, to, image);
  });

  test.each([
    "a b",
    "Ünï-cödé 漢字 🐳",
    "a#b",
    "a+b",
    "'a' \"b\"",
    "100%25",
    "a&b=<c>?d",
    "$.detail {key}",
    "\\a\\",
  ])("below a folder that is called %j is read by that very name", async (folder) => {
    const name = newName();
    const to = await repositoryOf(name);
    await upload(`images/${folder}/${name}.tar`);
    await expectOne(`images/${folder}/${name}.tar`, to);
  });

  test.each([
    "other/app.tar",
    "images.tar",
    "Images/app.tar",
    "images/app.zip",
    "images/app.tar.xz",
    "images/app.TAR",
    "images/app.tar/",
    "images/app.tar.gz.sha256",
  ])("as %j is none of the rule's, and starts nothing", async (key) => {
    await upload(key);
    expect(await started()).toEqual([]);
    expect(failures()).toEqual([]);
  });

  test("again, with another image, starts another execution, and moves the tag", async () => {
    const [name, next] = [newName(), imageOf([4, 61], 113)];
    const to = await repositoryOf(name);
    await upload(`images/${name}.tar`);
    await started();
    await upload(`images/${name}.tar`, tarOf(ociFiles({ content: next })));
    const [first, second, ...more] = await started();
    expect(more).toEqual([]);
    expect(second?.input).toEqual(first?.input);
    expect(second?.name).not.toBe(first?.name);
    expect(second?.execution.report).toMatchObject({ status: "Replicated", digest: next.root.digest });
    expect(await digestOfTag(to, "latest")).toBe(next.root.digest);
  });

  test("again, as it was, is found in sync", async () => {
    const name = newName();
    await repositoryOf(name);
    for (let times = 0; times < 2; times++) {
      await upload(`images/${name}.tar.gz`, gzipSync(archive));
      await started();
    }
    const statuses = (await started()).map(({ execution }) => execution.report?.status);
    expect(statuses).toEqual(["Replicated", "InSync"]);
  });

  test.each(["Not A Name", "a--_b", "-", "ü", "x".repeat(257)])(
    "as %j.tar, which makes no name of a repository, fails and says so",
    async (basename) => {
      await upload(`images/${basename}.tar`);
      const [{ execution } = { execution: undefined }, ...more] = await started();
      expect(more).toEqual([]);
      expect(execution).toMatchObject({ status: "FAILED", error: "RequestInvalid" });
      expect(execution?.cause?.message).toContain(`'${basename}' is no ECR repository name`);
    },
  );

  test("to a repository that is not there fails, and names it", async () => {
    const name = newName();
    await upload(`images/${name}.tar`);
    const [{ execution } = { execution: undefined }] = await started();
    expect(execution).toMatchObject({ status: "FAILED", error: "RepositoryNotFound" });
    expect(execution?.cause?.message).toContain(name);
  });
});

test("an upload to another bucket, of which EventBridge is told nothing, starts nothing", async () => {
  await createBucket(aws);
  await putArchive(aws, archive, "images/app.tar");
  expect(await started()).toEqual([]);
});

describe("one upload starts one execution", () => {
  const delivery = { service: "events", operation: "Deliver" };
  const start = { service: "states", operation: "StartExecution", account: accounts.pipeline };

  test.each<[string, Omit<Fault, "fault"> & FaultEffect, number]>([
    ["its event comes twice", { ...delivery, fault: "duplicate" }, 2],
    ["its event is first refused", { ...delivery, fault: "error500", times: 3 }, 1],
    ["the start is throttled", { ...start, fault: "throttle", times: 2 }, 1],
    [
      "the start is throttled for longer than a client asks again",
      { ...start, fault: "throttle", times: 5 },
      2,
    ],
    ["the answer to the start is lost", { ...start, fault: "lostAnswer" }, 1],
    ["the function is killed before the start", { ...start, fault: "kill", before: true }, 2],
    ["the function is killed after the start", { ...start, fault: "kill", before: false }, 2],
  ])("when %s", async (_, fault, runs) => {
    const name = newName();
    const to = await repositoryOf(name);
    aws.calls.length = 0;
    aws.faults.add(fault as Fault);
    await upload(`images/${name}.tar`);
    await expectOne(`images/${name}.tar`, to);
    expect(aws.faults.list()).toMatchObject([{ struck: fault.times ?? 1 }]);
    expect(invocations(aws, "UploadsStart")).toBe(runs);
    expect(failures()).toEqual([]);
  });
});

describe("an upload that cannot be started", () => {
  test.each<[string, FaultEffect]>([
    ["is refused", { fault: "accessDenied" }],
    ["fails", { fault: "error500" }],
  ])(
    "since the start %s each time ends in the queue, with all that it takes to start it",
    async (_, effect) => {
      const [name, kept] = [newName(), failures().length];
      aws.faults.add({ service: "states", operation: "StartExecution", times: 1_000, ...effect });
      await upload(`images/${name}.tar`);
      expect(await started()).toEqual([]);
      const [message, ...more] = failures().slice(kept);
      expect(more).toEqual([]);
      const body = JSON.parse(message?.body ?? "{}");
      expect(body).toMatchObject({
        requestContext: { condition: "RetriesExhausted", approximateInvokeCount: 3 },
        requestPayload: {
          rule: "inbox",
          detail: { bucket: { name: inbox }, object: { key: `images/${name}.tar` } },
        },
      });
      expect(JSON.parse(body.responsePayload.errorMessage)).toMatchObject({ operation: "StartExecution" });

      aws.faults.clear();
      const to = await repositoryOf(name);
      const start = aws.functions().find((each) => each.name.includes("UploadsStart"));
      await aws.invoke(start?.arn ?? "", JSON.stringify(body.requestPayload));
      await expectOne(`images/${name}.tar`, to);
    },
  );

  test("since its event is not delivered ends in the queue, too", async () => {
    const [name, kept] = [newName(), failures().length];
    aws.faults.add({ service: "events", operation: "Deliver", times: 1_000, fault: "error500" });
    await upload(`images/${name}.tar`);
    expect(await started()).toEqual([]);
    const [message, ...more] = failures().slice(kept);
    expect(more).toEqual([]);
    expect(message?.attributes).toMatchObject({ ERROR_CODE: "INTERNAL_ERROR" });
    expect(JSON.parse(message?.body ?? "{}")).toMatchObject({
      detail: { object: { key: `images/${name}.tar` } },
    });
  });
});
