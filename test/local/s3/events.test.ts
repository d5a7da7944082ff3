import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetBucketNotificationConfigurationCommand,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { type LocalAws, startLocalAws } from "../../../local/aws.ts";
import type { BusEvent } from "../../../local/events/event.ts";
import { BucketStore } from "../../../local/s3/bucket-store.ts";
import { S3Service } from "../../../local/s3/service.ts";
import {
  eventInvokeConfig,
  INBOX,
  messages,
  queue,
  s3Of,
  startEvents,
  upload,
} from "../events/local-events.ts";
import { ACCOUNT, bucketWithEvents, queueArn, REGION, ruleTo, writeAssembly } from "../fixture-assembly.ts";

let aws: LocalAws;
let s3: S3Client;

beforeAll(async () => {
  // A function that always fails shows what it got in its queue.
  const OnFailure = { Destination: queueArn("Seen") };
  aws = await startEvents({
    Seen: queue("Seen"),
    Config: eventInvokeConfig("Fail", { MaximumRetryAttempts: 0, DestinationConfig: { OnFailure } }),
    Quiet: { Type: "AWS::S3::Bucket", Properties: { BucketName: "quiet-bucket" } },
    ...ruleTo("Fail", { source: ["aws.s3"] }),
  });
  s3 = s3Of(aws);
});
afterAll(() => aws.stop());
beforeEach(() => {
  aws.faults.clear();
});

const seen = (): BusEvent[] => (messages(aws, "Seen") ?? []).map(({ body }) => body.requestPayload);

test("a new object is told as S3 tells it, in the order of S3's fields", async () => {
  const { $metadata, ETag } = await upload(aws, "images/a b+ü%2F.tar");
  const event = seen().at(-1);
  expect(event).toEqual({
    version: "0",
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    "detail-type": "Object Created",
    source: "aws.s3",
    account: ACCOUNT,
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    region: REGION,
    resources: [`arn:aws:s3:::${INBOX}`],
    detail: {
      version: "0",
      bucket: { name: INBOX },
      object: {
        key: "images/a b+ü%2F.tar",
        size: 5,
        etag: ETag?.replaceAll('"', ""),
        sequencer: expect.stringMatching(/^00[0-9A-F]{16}$/),
      },
      "request-id": expect.stringMatching(/^[0-9A-F]{16}$/),
      requester: ACCOUNT,
      "source-ip-address": "127.0.0.1",
      reason: "PutObject",
    },
  });
  expect($metadata.httpStatusCode).toBe(200);
  expect(Object.keys(event ?? {}).join()).toBe(
    "version,id,detail-type,source,account,time,region,resources,detail",
  );
  expect(Object.keys(event?.detail ?? {}).join()).toBe(
    "version,bucket,object,request-id,requester,source-ip-address,reason",
  );
});

test("the event names the request as its answer does", async () => {
  let answered: string | undefined;
  const client = s3Of(aws);
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      answered = (result.response as { headers: Record<string, string> }).headers["x-amz-request-id"];
      return result;
    },
    { step: "deserialize", priority: "low" },
  );
  await upload(aws, "named", { s3: client });
  expect(answered).toMatch(/^[0-9A-F]{16}$/);
  expect(seen().at(-1)?.detail["request-id"]).toBe(answered);
});

test("sequencers of one key grow", async () => {
  for (let n = 0; n < 5; n += 1) await upload(aws, "again");
  const sequencers = seen()
    .map(({ detail }) => detail["object"] as { key: string; sequencer: string })
    .filter(({ key }) => key === "again")
    .map(({ sequencer }) => sequencer);
  expect(new Set(sequencers).size).toBe(5);
  expect([...sequencers].sort()).toEqual(sequencers);
});

test("a multipart upload is told once, when it is complete", async () => {
  const before = seen().length;
  const bytes = randomBytes(5 * 1024 * 1024 + 1);
  const target = { Bucket: INBOX, Key: "multi" };
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand(target));
  const Parts = [];
  for (const [PartNumber, Body] of [
    [1, bytes.subarray(0, -1)],
    [2, bytes.subarray(-1)],
  ] as const) {
    const { ETag } = await s3.send(new UploadPartCommand({ ...target, UploadId, PartNumber, Body }));
    Parts.push({ PartNumber, ETag });
  }
  await aws.settled();
  expect(seen()).toHaveLength(before);
  const { ETag } = await s3.send(
    new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts } }),
  );
  await aws.settled();
  expect(seen()).toHaveLength(before + 1);
  expect(seen().at(-1)?.detail).toMatchObject({
    object: { key: "multi", size: bytes.length, etag: ETag?.replaceAll('"', "") },
    reason: "CompleteMultipartUpload",
  });
});

test("an upload that is refused is not told, and one whose answer is lost is", async () => {
  const before = seen().length;
  const wrong = { Bucket: INBOX, Key: "wrong", Body: "x", ChecksumCRC32: "AAAAAA==" };
  await expect(s3.send(new PutObjectCommand(wrong))).rejects.toMatchObject({ name: "BadDigest" });
  aws.faults.add({ service: "s3", operation: "PutObject", fault: "error500" });
  await expect(upload(aws, "failed")).rejects.toThrow();
  await aws.settled();
  expect(seen()).toHaveLength(before);
  aws.faults.add({ service: "s3", operation: "PutObject", fault: "lostAnswer" });
  await expect(upload(aws, "lost")).rejects.toThrow();
  await aws.settled();
  expect(seen().at(-1)?.detail).toMatchObject({ object: { key: "lost" } });
});

test("an event comes only when its object can be read", async () => {
  const directory = mkdtempSync(join(tmpdir(), "buckets-"));
  const buckets = new BucketStore(directory);
  const bucket = buckets.create({ name: "readable", owner: ACCOUNT, region: REGION });
  bucket.eventBridge = true;
  const sizes: (number | undefined)[] = [];
  const service = new S3Service({
    buckets,
    authorize: () => {},
    emit: () => sizes.push(bucket.find("key")?.size),
  });
  const caller = { account: ACCOUNT, region: REGION, arn: `arn:aws:iam::${ACCOUNT}:root` };
  const body = (async function* () {
    yield Buffer.from("bytes");
  })();
  const call = {
    method: "PUT",
    path: "/readable/key",
    query: new URLSearchParams(),
    headers: {},
    body,
    caller,
    endpoint: "",
  };
  await service.handle(call, () => {});
  expect(sizes).toEqual([5]);
  rmSync(directory, { recursive: true });
});

describe("a bucket made by hand", () => {
  const Bucket = "made-by-hand";
  const configure = (NotificationConfiguration: object) =>
    s3.send(new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration }));
  const configured = async () => {
    const { EventBridgeConfiguration } = await s3.send(
      new GetBucketNotificationConfigurationCommand({ Bucket }),
    );
    return EventBridgeConfiguration !== undefined;
  };
  beforeAll(async () => {
    await s3.send(new CreateBucketCommand({ Bucket }));
  });

  test("tells of its objects from when that is turned on until it is turned off", async () => {
    const before = seen().length;
    await upload(aws, "before", { Bucket });
    expect(await configured()).toBe(false);
    await configure({ EventBridgeConfiguration: {} });
    expect(await configured()).toBe(true);
    await upload(aws, "between", { Bucket });
    await configure({});
    expect(await configured()).toBe(false);
    await upload(aws, "after", { Bucket });
    expect(seen().slice(before)).toMatchObject([{ detail: { object: { key: "between" } } }]);
  });

  test.each([
    [
      "TopicConfiguration",
      { TopicConfigurations: [{ TopicArn: "arn:aws:sns:a:1:t", Events: ["s3:ObjectCreated:*"] }] },
    ],
    [
      "QueueConfiguration",
      { QueueConfigurations: [{ QueueArn: "arn:aws:sqs:a:1:q", Events: ["s3:ObjectCreated:*"] }] },
    ],
    [
      "CloudFunctionConfiguration",
      {
        EventBridgeConfiguration: {},
        LambdaFunctionConfigurations: [
          { LambdaFunctionArn: "arn:aws:lambda:a:1:f", Events: ["s3:ObjectCreated:*"] },
        ],
      },
    ],
  ] as const)("refuses a %s by name, and leaves what it has", async (name, configuration) => {
    await configure({});
    await expect(configure(configuration)).rejects.toMatchObject({
      name: "NotImplemented",
      message: expect.stringContaining(name),
    });
    expect(await configured()).toBe(false);
  });

  test("refuses what is no configuration", async () => {
    const signed = { authorization: signature(), "content-type": "application/xml" };
    const put = (body: string) =>
      fetch(`${aws.endpoint}/${Bucket}?notification`, { method: "PUT", headers: signed, body });
    expect((await put("<Other/>")).status).toBe(400);
    expect(await (await put("nothing")).text()).toContain("<Code>MalformedXML</Code>");
    expect((await put("<NotificationConfiguration/>")).status).toBe(200);
  });

  test("is of its account alone", async () => {
    const stranger = s3Of(aws, { account: "444444444444" });
    await expect(
      stranger.send(new GetBucketNotificationConfigurationCommand({ Bucket })),
    ).rejects.toMatchObject({ name: "AccessDenied" });
  });
});

test("a bucket of the template without the setting tells nothing", async () => {
  const before = seen().length;
  await upload(aws, "x", { Bucket: "quiet-bucket" });
  expect(seen()).toHaveLength(before);
});

test("the setting is kept with the data, and the template's buckets get their template's again", async () => {
  const data = mkdtempSync(join(tmpdir(), "kept-"));
  const Off = { Type: "AWS::S3::Bucket", Properties: { BucketName: "off-bucket" } };
  const assembly = writeAssembly({ Resources: { On: bucketWithEvents("on-bucket"), Off } });
  const states = async (change: boolean) => {
    const local = await startLocalAws({ assembly, data });
    const client = s3Of(local);
    if (change) await client.send(new CreateBucketCommand({ Bucket: "by-hand" }));
    const buckets = ["on-bucket", "off-bucket", "by-hand"];
    const on: boolean[] = [];
    for (const Bucket of buckets) {
      const answer = await client.send(new GetBucketNotificationConfigurationCommand({ Bucket }));
      on.push(answer.EventBridgeConfiguration !== undefined);
      const NotificationConfiguration = on.at(-1) ? {} : { EventBridgeConfiguration: {} };
      await client.send(new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration }));
    }
    await local.stop();
    return on;
  };
  expect(await states(true)).toEqual([true, false, false]);
  expect(await states(false)).toEqual([true, false, true]);
  rmSync(data, { recursive: true });
});

function signature(): string {
  const scope = `${ACCOUNT}/20260101/${REGION}/s3/aws4_request`;
  return `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=${"0".repeat(64)}`;
}
