import { gzipSync, zstdCompressSync } from "node:zlib";
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { S3Archive } from "../../adapters/clients/s3-archive.ts";
import { s3Client } from "../../adapters/clients/s3-client.ts";
import { openSides, untarSource } from "../../adapters/open.ts";
import type { Blob } from "../../core/model/descriptor.ts";
import { digestOf } from "../../core/model/digest.ts";
import type { Request } from "../../core/model/request.ts";
import type { Pin, Source } from "../../core/ports.ts";
import { partSize } from "../../core/steps/untar.ts";
import { type LocalAws, startLocalAws } from "../../local/aws.ts";
import type { Fault, FaultEffect } from "../../local/faults.ts";
import { ociFiles } from "../fakes/archive.ts";
import { bytesOf, imageOf } from "../fakes/image.ts";
import { collected } from "../fakes/packed.ts";
import { request } from "../fakes/request.ts";
import { tarOf } from "../fakes/tar.ts";
import { writeAssembly } from "../local/fixture-assembly.ts";

const [bucket, work] = ["my-bucket", "my-work"];
const watch = { timeLeft: () => Number.POSITIVE_INFINITY };
const content = imageOf([10_000, 200_000]);
const archive = tarOf(ociFiles({ content }));
const before = { ...process.env };
let aws: LocalAws;
let made = 0;

beforeAll(async () => {
  aws = await startLocalAws({ assembly: writeAssembly({ Resources: {} }) });
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: aws.endpoint,
    AWS_ACCESS_KEY_ID: "333333333333",
    AWS_SECRET_ACCESS_KEY: "any",
  });
  for (const Bucket of [bucket, work]) await client().send(new CreateBucketCommand({ Bucket }));
});
afterEach(() => aws.faults.clear());
afterAll(async () => {
  process.env = before;
  await aws?.stop();
});

const client = () => s3Client({ side: "source" });
const sourceOf = (from: Request, pin?: Pin): Source => openSides({ workBucket: work }).source(from, pin);
const packedOf = (source: Source) => source.packed?.();

async function put(bytes: Uint8Array, key = `images/${++made}`): Promise<Request> {
  await client().send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes }));
  aws.calls.length = 0;
  return { ...request, source: `s3://${bucket}/${key}` };
}

async function inflated(bytes: Uint8Array = gzipSync(archive)): Promise<{ from: Request; pin: Pin }> {
  const from = await put(bytes);
  const { etag } = await untarSource(from, work, watch);
  aws.calls.length = 0;
  return { from, pin: { etag, inflated: true } };
}

/** What the work bucket has, by key. */
async function workKeys(): Promise<string[]> {
  const { Contents = [] } = await client().send(new ListObjectsV2Command({ Bucket: work }));
  return Contents.flatMap(({ Key = "" }) => Key);
}

function strike(operation: string, effect: FaultEffect, times = 1): void {
  aws.faults.add({ service: "s3", operation, detail: { bucket: work }, times, ...effect } as Fault);
}

const called = () => aws.calls.map(({ operation, detail }) => `${operation} ${detail["bucket"]}`);

describe("an archive that is compressed", () => {
  test.each([
    ["gzip", gzipSync(archive)],
    ["zstd", zstdCompressSync(archive)],
  ] as const)(
    "with %s is inflated, and then read as any other, at the same version",
    async (format, bytes) => {
      const from = await put(bytes);
      const packed = await packedOf(sourceOf(from));
      expect(packed).toEqual({ etag: expect.any(String), format, size: bytes.length });
      const untarred = await untarSource(from, work, watch);
      expect(untarred).toEqual({ etag: packed?.etag, size: bytes.length, inflated: archive.length });
      const source = sourceOf(from);
      expect(await packedOf(source)).toBeUndefined();
      const pin = { etag: packed?.etag, inflated: true };
      expect(await source.resolve("")).toEqual({ ...content.root, pin });
      for (const [digest, { length }] of content.blobs) {
        const blob = { digest, size: length } as Blob;
        expect(digestOf(await collected(source.readBlob(blob, 0)))).toBe(digest);
      }
    },
  );

  test("is recognised by one call, and found inflated by two", async () => {
    const from = await put(gzipSync(archive));
    const looked = [`GetObject ${bucket}`, `GetObject ${work}`];
    await packedOf(sourceOf(from));
    expect(called()).toEqual(looked);
    await untarSource(from, work, watch);
    aws.calls.length = 0;
    await packedOf(sourceOf(from));
    expect(called()).toEqual(looked);
  });

  test("is not inflated again when it was", async () => {
    const { from, pin } = await inflated();
    expect(await untarSource(from, work, watch)).toEqual({ etag: pin.etag, inflated: archive.length });
    expect(called()).toEqual([`GetObject ${bucket}`, `GetObject ${work}`]);
  });

  test("is read by later steps from the work bucket alone, even when the original is gone", async () => {
    const { from, pin } = await inflated();
    const Key = from.source.slice(`s3://${bucket}/`.length);
    await client().send(new DeleteObjectCommand({ Bucket: bucket, Key }));
    aws.calls.length = 0;
    expect((await sourceOf(from, pin).resolve("")).digest).toBe(content.root.digest);
    expect(new Set(called())).toEqual(new Set([`GetObject ${work}`]));
  });

  test("is packed again when another version is put, and the first can be read still", async () => {
    const { from, pin } = await inflated();
    const other = imageOf([5_000], 7);
    await put(gzipSync(tarOf(ociFiles({ content: other }))), from.source.slice(`s3://${bucket}/`.length));
    expect(await packedOf(sourceOf(from))).toMatchObject({ format: "gzip" });
    await untarSource(from, work, watch);
    expect((await sourceOf(from).resolve("")).digest).toBe(other.root.digest);
    expect((await sourceOf(from, pin).resolve("")).digest).toBe(content.root.digest);
  });

  test("of many parts is put together from all of them", async () => {
    const large = tarOf({ "layer.tar": Buffer.alloc(3 * partSize, bytesOf(100_003)) });
    const keys = await workKeys();
    await inflated(gzipSync(large, { level: 1 }));
    const [key = ""] = (await workKeys()).filter((one) => !keys.includes(one));
    expect(key).toMatch(/^inflated\/[0-9a-f]{64}\.tar$/);
    const stored = await S3Archive.open(client(), { bucket: work, key });
    expect(digestOf(await collected(stored.stream({ offset: 0, size: stored.size })))).toBe(digestOf(large));
  });

  test("cannot be read without a work bucket, and the message says what can be done", async () => {
    const from = await put(gzipSync(archive));
    await expect(packedOf(openSides().source(from))).rejects.toMatchObject({
      name: "UnsupportedImage",
      side: "source",
      message:
        "the archive is compressed with gzip, and there is no work bucket to inflate it into; name one with --work-bucket, run the copy on a state machine with --state-machine, or put the archive into its bucket without compression",
    });
  });

  test("is gone when it expired from the work bucket, also in the middle of a read", async () => {
    const { from, pin } = await inflated();
    const source = sourceOf(from, pin);
    await source.resolve("");
    for (const Key of await workKeys()) await client().send(new DeleteObjectCommand({ Bucket: work, Key }));
    const expired = {
      name: "SourceNotFound",
      side: "source",
      message: expect.stringMatching(
        /^s3:\/\/my-work\/inflated\/.* is not in the work bucket any more; start again$/,
      ),
    };
    const [[digest, { length: size }] = ["", []]] = [...content.blobs].slice(-1);
    await expect(collected(source.readBlob({ digest, size } as Blob, 0))).rejects.toMatchObject(expired);
    // Two archives are kept open: these take their places.
    for (const other of [await put(archive), await put(archive)]) await sourceOf(other).resolve("");
    await expect(sourceOf(from, pin).resolve("")).rejects.toMatchObject(expired);
    expect(await packedOf(sourceOf(from))).toMatchObject({ format: "gzip" });
  });
});

describe("an archive that is not compressed", () => {
  test("is left as it is", async () => {
    const from = await put(archive);
    expect(await packedOf(sourceOf(from))).toBeUndefined();
    expect(await untarSource(from, work, watch)).toEqual({ etag: expect.any(String) });
    expect(new Set(called())).toEqual(new Set([`GetObject ${bucket}`]));
  });

  test.each([
    ["xz", Buffer.from("fd377a585a0000", "hex")],
    ["bzip2", Buffer.from("BZh91AY&SY and more")],
  ])("as it could be, but with %s, is refused", async (format, bytes) => {
    const from = await put(bytes);
    expect(await packedOf(sourceOf(from))).toBeUndefined();
    await expect(sourceOf(from).resolve("")).rejects.toMatchObject({
      name: "UnsupportedImage",
      message: expect.stringContaining(`compressed with ${format}; put it into the bucket without`),
    });
  });
});

describe("nothing is in the work bucket", () => {
  let keys: string[];
  beforeEach(async () => {
    keys = await workKeys();
  });
  afterEach(async () => expect(await workKeys()).toEqual(keys));

  test("when the archive is none, and nothing was ever begun there", async () => {
    const from = await put(gzipSync("SELECT 1;"));
    await expect(untarSource(from, work, watch)).rejects.toMatchObject({ name: "UnsupportedImage" });
    expect(called()).not.toContain(`CreateMultipartUpload ${work}`);
  });

  test("when it is damaged after the first parts: the upload is aborted", async () => {
    const bytes = gzipSync(tarOf({ a: Buffer.alloc(2 * partSize, bytesOf(70_001)) }), { level: 1 });
    const from = await put(bytes.subarray(0, -10));
    await expect(untarSource(from, work, watch)).rejects.toMatchObject({
      name: "UnsupportedImage",
      message: `the gzip archive is cut short after ${bytes.length - 10} bytes`,
    });
    expect(called()).toContain(`UploadPart ${work}`);
    expect(called().at(-1)).toBe(`AbortMultipartUpload ${work}`);
  });

  test.each([
    ["CreateMultipartUpload", "accessDenied", "AccessDenied"],
    ["UploadPart", "accessDenied", "AccessDenied"],
    ["UploadPart", "error500", "Unavailable"],
    ["UploadPart", "throttle", "Throttled"],
    ["CompleteMultipartUpload", "accessDenied", "AccessDenied"],
  ] as const)("when %s fails for good with %s, which is said of it", async (operation, fault, name) => {
    const from = await put(gzipSync(archive));
    strike(operation, { fault }, 100);
    await expect(untarSource(from, work, watch)).rejects.toMatchObject({
      name,
      side: "source",
      operation,
      message: expect.stringMatching(/s3:\/\/my-work\/inflated\/\S+ in the work bucket failed with/),
    });
  });

  test("when the original may not be read: the work bucket is not even looked at", async () => {
    const from = await put(gzipSync(archive));
    aws.faults.add({
      service: "s3",
      operation: "GetObject",
      detail: { bucket },
      times: 9,
      fault: "accessDenied",
    });
    await expect(untarSource(from, work, watch)).rejects.toMatchObject({ name: "AccessDenied" });
    expect(new Set(called())).toEqual(new Set([`GetObject ${bucket}`]));
  });
});

test.each([
  ["CreateMultipartUpload", "error500"],
  ["UploadPart", "error500"],
  ["UploadPart", "throttle"],
  ["UploadPart", "lostAnswer"],
  ["CompleteMultipartUpload", "error500"],
] as const)("%s that fails once with %s is sent again", async (operation, fault) => {
  const from = await put(gzipSync(archive));
  strike(operation, { fault });
  expect(await untarSource(from, work, watch)).toMatchObject({ inflated: archive.length });
  expect((await sourceOf(from).resolve("")).digest).toBe(content.root.digest);
});

test("an upload of which the last answer is lost is found by the next attempt", async () => {
  const from = await put(gzipSync(archive));
  strike("CompleteMultipartUpload", { fault: "lostAnswer" });
  await expect(untarSource(from, work, watch)).rejects.toMatchObject({ name: "Unavailable" });
  expect(await untarSource(from, work, watch)).toEqual({
    etag: expect.any(String),
    inflated: archive.length,
  });
});

test("a read of the archive that breaks is continued while it is inflated", async () => {
  const from = await put(gzipSync(archive, { level: 0 }));
  aws.faults.add({
    service: "s3",
    operation: "GetObject",
    detail: { bucket },
    after: 1,
    fault: "brokenRead",
    afterBytes: 100_000,
  });
  await untarSource(from, work, watch);
  expect((await sourceOf(from).resolve("")).digest).toBe(content.root.digest);
});

test("a work bucket that is not there is named", async () => {
  const from = await put(gzipSync(archive));
  await expect(packedOf(openSides({ workBucket: "absent-bucket" }).source(from))).rejects.toMatchObject({
    name: "SourceNotFound",
    message: expect.stringMatching(/s3:\/\/absent-bucket\/inflated\/\S+ in the work bucket failed with/),
  });
});
