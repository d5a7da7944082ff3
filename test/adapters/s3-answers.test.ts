import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { S3Archive } from "../../adapters/clients/s3-archive.ts";
import { s3Client } from "../../adapters/clients/s3-client.ts";
import { openArchive } from "../../adapters/sources/s3-archive.ts";
import { type Answer, sends } from "./layer-server.ts";

const object = { bucket: "my-bucket", key: "app.tar" };
const before = { ...process.env };
let server: Server;
let answers: Answer[];
/** Of each request, its path and the region that it was signed for. */
let asked: string[];

beforeEach(async () => {
  [answers, asked] = [[], []];
  server = createServer((request, response) => {
    const [, region = ""] = /\/\d{8}\/([^/]+)\/s3\//.exec(request.headers.authorization ?? "") ?? [];
    asked.push(`${request.url} ${region}`);
    (answers.shift() ?? byte())(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_ACCESS_KEY_ID: "111111111111",
    AWS_SECRET_ACCESS_KEY: "any",
    AWS_REGION: "eu-central-1",
  });
});
afterEach(() => {
  process.env = before;
  server.closeAllConnections();
  server.close();
});

// Clients are kept, each with the endpoint that it began with.
let clients = 0;
const open = () => S3Archive.open(s3Client({ side: "source", externalId: `unused ${++clients}` }), object);

function byte(headers: Record<string, string> = {}, body: string | Uint8Array = "a"): Answer {
  return sends(206, { "content-range": "bytes 0-0/700", etag: '"v1"', ...headers }, body);
}

function refusal(status: number, code: string, headers: Record<string, string> = {}): Answer {
  return sends(status, headers, `<Error><Code>${code}</Code><Message>${code} it is.</Message></Error>`);
}

test("a bucket of another Region is found there", async () => {
  answers.push(refusal(301, "PermanentRedirect", { "x-amz-bucket-region": "us-west-2" }));
  expect((await open()).size).toBe(700);
  expect(asked.map((one) => one.split(" ")[1])).toEqual(["eu-central-1", "us-west-2"]);
});

test.each([
  [403, "InvalidObjectState", "SourceNotFound", /^s3:\/\/my-bucket\/app.tar is archived .* restore it/],
  [403, "AccessDenied", "AccessDenied", /check that the role in use allows/],
  [404, "NoSuchKey", "SourceNotFound", /NoSuchKey it is/],
  [404, "NoSuchBucket", "SourceNotFound", /NoSuchBucket it is/],
  [400, "InvalidBucketName", "RequestInvalid", /InvalidBucketName it is/],
  [400, "ExpiredToken", "AccessDenied", /sign in/],
])("%i %s is %s, and is not asked again", async (status, code, name, message) => {
  answers.push(refusal(status, code));
  await expect(open()).rejects.toMatchObject({
    name,
    side: "source",
    operation: "GetObject",
    message: expect.stringMatching(message),
  });
  expect(asked).toHaveLength(1);
});

test.each([
  ["without a range", sends(200, { etag: '"v1"' }, "a")],
  ["with a range of unknown size", byte({ "content-range": "bytes 0-0/*" })],
])("an answer %s is no object's", async (_, answer) => {
  answers.push(answer);
  await expect(open()).rejects.toMatchObject({ name: "Unavailable", side: "source" });
});

test.each([
  ["of the whole object", sends(200, { etag: '"v1"' }, "a".repeat(700))],
  ["of a longer range", sends(206, { "content-range": "bytes 10-699/700" }, "a".repeat(690))],
  ["of another range", sends(206, { "content-range": "bytes 0-4/700" }, "aaaaa")],
  ["of an object of another size", sends(206, { "content-range": "bytes 10-14/900" }, "aaaaa")],
])("an answer %s is not used, and the range is asked for again", async (_, answer) => {
  const archive = await open();
  answers.push(answer, sends(206, { "content-range": "bytes 10-14/700" }, "right"));
  expect(Buffer.from(await archive.read(10, 5)).toString()).toBe("right");
  expect(asked).toHaveLength(3);
});

test("an inflated archive is read for a day, and then made again before it expires", async () => {
  for (const [hours, again] of [
    [23, false],
    [25, true],
  ] as const) {
    const modified = new Date(Date.now() - hours * 3_600_000).toUTCString();
    answers.push(byte({ "content-range": "bytes 0-2/3" }, Buffer.from("1f8b08", "hex")));
    answers.push(byte({ "last-modified": modified }));
    const access = { side: "source", externalId: `unused ${++clients}` } as const;
    const archive = await openArchive({ object, access, workBucket: "my-work" });
    expect("format" in archive).toBe(again);
    expect(asked.at(-1)).toMatch(/^\/my-work\/inflated\/[0-9a-f]{64}.tar/);
  }
});
