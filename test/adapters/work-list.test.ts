import { CreateBucketCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import { s3Client } from "../../adapters/clients/s3-client.ts";
import { readLines, readObject, WorkList, writeObject } from "../../adapters/clients/work-list.ts";
import { type LocalAws, startLocalAws } from "../../local/aws.ts";
import type { Fault, FaultEffect } from "../../local/faults.ts";
import { writeAssembly } from "../local/fixture-assembly.ts";

const bucket = "work-bucket";
const before = { ...process.env };
const MiB = 1024 * 1024;
let aws: LocalAws;
let made = 0;
let key: string;

beforeAll(async () => {
  aws = await startLocalAws({ assembly: writeAssembly({ Resources: {} }) });
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: aws.endpoint,
    AWS_ACCESS_KEY_ID: "333333333333",
    AWS_SECRET_ACCESS_KEY: "any",
  });
  await s3Client({ side: "source" }).send(new CreateBucketCommand({ Bucket: bucket }));
});
beforeEach(() => {
  key = `runs/${++made}.jsonl`;
  aws.calls.length = 0;
});
afterEach(() => aws.faults.clear());
afterAll(async () => {
  process.env = before;
  await aws.stop();
});

async function lines(): Promise<string[]> {
  const found: string[] = [];
  for await (const line of readLines(bucket, key)) found.push(line);
  return found;
}

async function keys(): Promise<string[]> {
  const { Contents = [] } = await s3Client({ side: "source" }).send(
    new ListObjectsV2Command({ Bucket: bucket }),
  );
  return Contents.flatMap(({ Key = "" }) => Key);
}

function strike(operation: string, effect: FaultEffect, times = 1): void {
  aws.faults.add({ service: "s3", operation, times, ...effect } as Fault);
}

const called = () => aws.calls.map(({ operation }) => operation);

describe("a list in the work bucket", () => {
  test("has a line for each value, and says where it is and how many there are", async () => {
    const list = new WorkList(bucket, key);
    await list.add({ tag: "1.0\n", name: "müll 😀" });
    await list.add({ tag: "2" });
    expect(await list.close()).toEqual({ bucket, key, count: 2 });
    expect(await readObject(bucket, key, 100)).toBe('{"tag":"1.0\\n","name":"müll 😀"}\n{"tag":"2"}\n');
  });

  test("to which nothing was added makes no object, and no call", async () => {
    expect(await new WorkList(bucket, key).close()).toBeUndefined();
    expect(called()).toEqual([]);
    expect(await keys()).not.toContain(key);
  });

  test("keeps lines whole and in order that are added at once, over the ends of parts", async () => {
    const list = new WorkList(bucket, key);
    const values = Array.from({ length: 60 }, (_, at) => ({ at, text: `${"é😀".repeat(50_000)}${at}` }));
    await Promise.all(values.map((value) => list.add(value)));
    expect(await list.close()).toMatchObject({ count: 60 });
    expect(called().filter((operation) => operation === "UploadPart").length).toBeGreaterThan(2);
    expect((await lines()).map((line) => JSON.parse(line))).toEqual(values);
  });

  test("that is given up leaves nothing, and makes no object", async () => {
    const list = new WorkList(bucket, key);
    const wide = { text: "x".repeat(9 * MiB) };
    await list.add(wide);
    await list.abort();
    expect(called()).toEqual(["CreateMultipartUpload", "UploadPart", "AbortMultipartUpload"]);
    expect(await keys()).not.toContain(key);
    await new WorkList(bucket, "never").abort();
  });

  test.each([
    ["CreateMultipartUpload", "accessDenied", "AccessDenied"],
    ["UploadPart", "accessDenied", "AccessDenied"],
    ["CompleteMultipartUpload", "accessDenied", "AccessDenied"],
  ] as const)(
    "that cannot be written at %s fails of no side, and can be given up",
    async (operation, fault, name) => {
      strike(operation, { fault }, 10);
      const list = new WorkList(bucket, key);
      await list.add({ any: 1 });
      await expect(list.close()).rejects.toMatchObject({
        name,
        side: undefined,
        operation,
        message: expect.stringContaining(`s3://${bucket}/${key} in the work bucket failed`),
      });
      await list.abort();
      expect(await keys()).not.toContain(key);
    },
  );

  test("that could not be written tells whoever adds to it next", async () => {
    strike("UploadPart", { fault: "accessDenied" }, 100);
    const list = new WorkList(bucket, key);
    const wide = { text: "x".repeat(9 * MiB) };
    const adding = async () => {
      for (let times = 0; times < 10; times++) await list.add(wide);
    };
    await expect(adding()).rejects.toMatchObject({ name: "AccessDenied", side: undefined });
    await expect(list.close()).rejects.toMatchObject({ name: "AccessDenied" });
    await list.abort();
  });

  test("is written in spite of a throttled call", async () => {
    strike("UploadPart", { fault: "throttle" });
    const list = new WorkList(bucket, key);
    await list.add({ any: 1 });
    expect(await list.close()).toMatchObject({ count: 1 });
    expect(await lines()).toEqual(['{"any":1}']);
  });
});

describe("the lines of an object", () => {
  test.each([
    ["with an end after the last", "a\nb\n", ["a", "b"]],
    ["without an end after the last", "a\nb", ["a", "b"]],
    ["of which some are empty", "\n\na\n\n", ["a"]],
    ["that are none", "\n", []],
    ["with characters of several bytes", "é😀\n漢字", ["é😀", "漢字"]],
    ["that end as on other systems", "a\r\nb\r\n", ["a\r", "b\r"]],
  ])("%s are read", async (_, text, expected) => {
    await writeObject(bucket, key, text);
    expect(await lines()).toEqual(expected);
  });

  test("of an empty object are none", async () => {
    await writeObject(bucket, key, "");
    expect(await lines()).toEqual([]);
    expect(await readObject(bucket, key, 0)).toBe("");
  });

  test("may have 1 MiB each, and no byte more", async () => {
    const longest = "é".repeat(MiB / 2);
    await writeObject(bucket, key, `a\n${longest}\n${longest}`);
    expect(await lines()).toEqual(["a", longest, longest]);
    const message = `s3://${bucket}/${key} in the work bucket is not read: a line has more than 1048576 bytes`;
    for (const end of ["", "\n", "\nb"]) {
      await writeObject(bucket, key, `${longest}x${end}`);
      await expect(lines()).rejects.toMatchObject({ name: "Unavailable", side: undefined, message });
    }
  });

  test("are read on where the connection broke, in the middle of a character", async () => {
    const text = `${"😀".repeat(100_000)}\nlast\n`;
    await writeObject(bucket, key, text);
    strike("GetObject", { fault: "brokenRead", afterBytes: 65_537 }, 3);
    expect((await lines()).join("\n")).toBe(text.trimEnd());
    expect(called().filter((operation) => operation === "GetObject")).toHaveLength(4);
  });

  test("are not read on in another version", async () => {
    await writeObject(bucket, key, `first\n${"x".repeat(100_000)}\n`);
    strike("GetObject", { fault: "brokenRead", afterBytes: 1_000 });
    const reading = readLines(bucket, key)[Symbol.asyncIterator]();
    expect(await reading.next()).toEqual({ done: false, value: "first" });
    await writeObject(bucket, key, "a\n".repeat(100_000));
    await expect(reading.next()).rejects.toMatchObject({
      name: "Unavailable",
      side: undefined,
      message: expect.stringContaining("PreconditionFailed"),
    });
  });

  test("need not be read to their end", async () => {
    await writeObject(bucket, key, "line\n".repeat(MiB));
    for await (const line of readLines(bucket, key)) {
      expect(line).toBe("line");
      break;
    }
  });

  test("of no object are a failure", async () => {
    await expect(lines()).rejects.toMatchObject({
      name: "SourceNotFound",
      side: undefined,
      operation: "GetObject",
      message: expect.stringContaining("in the work bucket"),
    });
  });
});

describe("an object of the work bucket", () => {
  test("is read up to the most bytes", async () => {
    await writeObject(bucket, key, "é😀");
    expect(await readObject(bucket, key, 6)).toBe("é😀");
    await expect(readObject(bucket, key, 5)).rejects.toMatchObject({
      name: "Unavailable",
      side: undefined,
      message: `s3://${bucket}/${key} in the work bucket is not read: it has more than 5 bytes`,
    });
  });

  test.each(["PutObject", "GetObject"])("says that %s is not allowed", async (operation) => {
    strike(operation, { fault: "accessDenied" }, 10);
    const called = operation === "PutObject" ? writeObject(bucket, key, "a") : readObject(bucket, key, 1);
    await expect(called).rejects.toMatchObject({ name: "AccessDenied", side: undefined, operation });
  });
});
