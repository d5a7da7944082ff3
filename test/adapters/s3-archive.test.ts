import { CreateBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { S3Archive } from "../../adapters/clients/s3-archive.ts";
import { s3Client } from "../../adapters/clients/s3-client.ts";
import type { S3Object } from "../../core/model/s3-object.ts";
import { type LocalAws, startLocalAws } from "../../local/aws.ts";
import type { Fault, FaultEffect } from "../../local/faults.ts";
import { bytesOf } from "../fakes/image.ts";
import { writeAssembly } from "../local/fixture-assembly.ts";

const bytes = bytesOf(300_000);
const bucket = "my-bucket";
const before = { ...process.env };
let aws: LocalAws;
let made = 0;

beforeAll(async () => {
  aws = await startLocalAws({ assembly: writeAssembly({ Resources: {} }) });
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: aws.endpoint,
    AWS_ACCESS_KEY_ID: "111111111111",
    AWS_SECRET_ACCESS_KEY: "any",
  });
  await client().send(new CreateBucketCommand({ Bucket: bucket }));
});
afterEach(() => aws.faults.clear());
afterAll(async () => {
  process.env = before;
  await aws?.stop();
});

const client = () => s3Client({ side: "source" });

async function put(content: Uint8Array = bytes, key = `images/${++made}.tar`): Promise<S3Object> {
  await client().send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: content }));
  aws.calls.length = 0;
  return { bucket, key };
}

async function opened(content?: Uint8Array): Promise<S3Archive> {
  const archive = await S3Archive.open(client(), await put(content));
  aws.calls.length = 0;
  return archive;
}

/** Reads a place to its end; a chunk is copied, since it is valid until the next is asked for. */
async function readStream(archive: S3Archive, offset: number, size: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of archive.stream({ offset, size })) chunks.push(Uint8Array.from(chunk));
  return Buffer.concat(chunks);
}

function strike(effect: FaultEffect, { key }: { key?: string } = {}, times = 1): void {
  const detail = key === undefined ? {} : { key };
  aws.faults.add({ service: "s3", operation: "GetObject", detail, times, ...effect } as Fault);
}

const same = (actual: Uint8Array, expected: Uint8Array) => Buffer.compare(actual, expected) === 0;

describe("open", () => {
  test("knows the object's size and pins its version, with one call", async () => {
    const object = await put();
    const archive = await S3Archive.open(client(), object);
    expect([archive.size, archive.pin.etag]).toEqual([300_000, expect.stringMatching(/^"[0-9a-f]{32}"$/)]);
    expect(aws.calls.map(({ operation }) => operation)).toEqual(["GetObject"]);
  });

  test("opens an object of one byte", async () => {
    const archive = await opened(Uint8Array.of(7));
    expect([archive.size, ...(await archive.read(0, 512))]).toEqual([1, 7]);
  });

  test.each(["a b+c&d=ü%20?#.tar", "/leading//slashes/", "per%cent", "日本.tar", "..dots/…", "a'(b)*!~"])(
    "finds the key %s",
    async (key) => {
      expect((await S3Archive.open(client(), await put(bytes, key))).size).toBe(300_000);
    },
  );

  test("takes the version that it is given, and again after the same bytes were put again", async () => {
    const object = await put();
    const { pin } = await S3Archive.open(client(), object);
    await put(bytes, object.key);
    expect((await S3Archive.open(client(), object, pin)).pin).toEqual(pin);
  });

  test.each([
    ["other bytes", bytesOf(300_000, 2)],
    ["no byte", new Uint8Array()],
  ])("says SourceNotFound when the object was replaced by %s since", async (_, replacement) => {
    const object = await put();
    const { pin } = await S3Archive.open(client(), object);
    await put(replacement, object.key);
    await expect(S3Archive.open(client(), object, pin)).rejects.toMatchObject({
      name: "SourceNotFound",
      side: "source",
      message: `s3://my-bucket/${object.key} was replaced while it was copied; start again to copy what is there now`,
    });
  });

  test("says UnsupportedImage of an object without a byte", async () => {
    const object = await put(new Uint8Array());
    await expect(S3Archive.open(client(), object)).rejects.toMatchObject({
      name: "UnsupportedImage",
      side: "source",
      operation: "GetObject",
      message: `s3://my-bucket/${object.key} is empty`,
    });
  });

  test.each([
    ["the key", { bucket, key: "absent.tar" }, "SourceNotFound", "s3://my-bucket/absent.tar"],
    ["the bucket", { bucket: "absent-bucket", key: "a.tar" }, "SourceNotFound", "s3://absent-bucket/a.tar"],
  ])("says which object it is when %s is not there", async (_, object, name, message) => {
    await expect(S3Archive.open(client(), object)).rejects.toMatchObject({
      name,
      side: "source",
      operation: "GetObject",
      message: expect.stringContaining(message),
    });
  });

  test("says AccessDenied, at once", async () => {
    const object = await put();
    strike({ fault: "accessDenied" }, object);
    await expect(S3Archive.open(client(), object)).rejects.toMatchObject({
      name: "AccessDenied",
      side: "source",
      message: expect.stringContaining(`s3://my-bucket/${object.key}`),
    });
    expect(aws.calls).toHaveLength(1);
  });
});

describe("an archive in S3", () => {
  test.each([
    ["a byte behind the beginning", 4_096, 1],
    ["a part of it", 10_000, 512],
    ["a part that begins in the beginning", 4_095, 2],
    ["its last byte", 299_999, 1],
    ["all of it", 0, 300_000],
    ["more than there is", 299_000, 4_096],
  ])("is read exactly: %s", async (_, offset, length) => {
    const archive = await opened();
    expect(same(await archive.read(offset, length), bytes.subarray(offset, offset + length))).toBe(true);
    expect(aws.calls).toHaveLength(1);
  });

  test.each([
    [0, 1],
    [0, 4_096],
    [4_095, 1],
  ])("was read when it was opened, at its beginning: %i and %i bytes", async (offset, length) => {
    const archive = await opened();
    expect(same(await archive.read(offset, length), bytes.subarray(offset, offset + length))).toBe(true);
    expect(aws.calls).toEqual([]);
  });

  test.each([0, 1_000])("is read all the same when opening it broke after %i bytes", async (afterBytes) => {
    const object = await put();
    strike({ fault: "brokenRead", afterBytes }, object);
    const archive = await S3Archive.open(client(), object);
    expect(same(await archive.read(0, 4_096), bytes.subarray(0, 4_096))).toBe(true);
    expect(aws.faults.list()).toMatchObject([{ struck: 1 }]);
  });

  test.each([
    [300_000, 1],
    [300_001, 512],
    [10, 0],
  ])("is not asked for %i and the %i bytes behind it", async (offset, length) => {
    const archive = await opened();
    expect(await archive.read(offset, length)).toHaveLength(0);
    expect(await readStream(archive, offset, 0)).toHaveLength(0);
    expect(aws.calls).toEqual([]);
  });

  test.each([0, 1, 65_536, 150_000, 199_999])(
    "is read on when a read breaks after %i bytes",
    async (afterBytes) => {
      const archive = await opened();
      strike({ fault: "brokenRead", afterBytes });
      expect(same(await readStream(archive, 50_000, 200_000), bytes.subarray(50_000, 250_000))).toBe(true);
      strike({ fault: "brokenRead", afterBytes });
      expect(same(await archive.read(50_000, 200_000), bytes.subarray(50_000, 250_000))).toBe(true);
      expect(aws.faults.list().map(({ struck }) => struck)).toEqual([1, 1]);
    },
  );

  test("is read on after more breaks than are borne at one place", async () => {
    const archive = await opened();
    strike({ fault: "brokenRead", afterBytes: 40_000 }, {}, 7);
    expect(same(await readStream(archive, 0, 300_000), bytes)).toBe(true);
    expect(aws.calls).toHaveLength(8);
  });

  test("is given up when five reads in a row bring nothing, and says where", async () => {
    const archive = await opened();
    strike({ fault: "brokenRead", afterBytes: 0 }, {}, 5);
    await expect(readStream(archive, 1_000, 512)).rejects.toMatchObject({
      name: "Unavailable",
      side: "source",
      message: expect.stringMatching(/^s3:\/\/my-bucket\/.* cannot be read at byte 1000: 5 attempts/),
    });
  });

  test.each<FaultEffect>([{ fault: "throttle" }, { fault: "error500" }, { fault: "lostAnswer" }])(
    "is asked again after $fault",
    async (effect) => {
      const archive = await opened();
      strike(effect);
      expect(same(await archive.read(5_000, 512), bytes.subarray(5_000, 5_512))).toBe(true);
      expect(aws.faults.list()).toMatchObject([{ struck: 1 }]);
    },
  );

  test.each<[FaultEffect, string]>([
    [{ fault: "throttle" }, "Throttled"],
    [{ fault: "error500" }, "Unavailable"],
  ])("ends when there is no end of %j: %s", async (effect, name) => {
    const archive = await opened();
    strike(effect, {}, 100);
    await expect(archive.read(5_000, 512)).rejects.toMatchObject({
      name,
      side: "source",
      operation: "GetObject",
    });
    expect(aws.calls.length).toBeLessThan(10);
  });

  test("is held to its version: a replaced one ends a read, also one that broke in the middle", async () => {
    const object = await put();
    const archive = await S3Archive.open(client(), object);
    strike({ fault: "brokenRead", afterBytes: 100_000 }, object);
    const reading = archive.stream({ offset: 0, size: 300_000 });
    await reading.next();
    await put(bytesOf(300_000, 2), object.key);
    const rest = async () => {
      for await (const _ of reading);
    };
    await expect(rest()).rejects.toMatchObject({
      name: "SourceNotFound",
      message: expect.stringMatching("was replaced"),
    });
    await expect(archive.read(5_000, 512)).rejects.toMatchObject({ name: "SourceNotFound" });
  });

  test("can be left in the middle of a read, and read again", async () => {
    const archive = await opened();
    for await (const chunk of archive.stream({ offset: 0, size: 300_000 })) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    expect(same(await archive.read(0, 300_000), bytes)).toBe(true);
  });
});
