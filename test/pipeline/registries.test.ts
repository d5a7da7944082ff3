import type { LocalAws } from "../../local/aws.ts";
import { imageOf } from "../fakes/image.ts";
import { type RecordingRegistry, says } from "../fakes/recording-registry.ts";
import { execute } from "./execution.ts";
import { imageOfLayers, MiB, partSize } from "./layer.ts";
import { accounts, startPipeline } from "./pipeline.ts";
import { createSecret, requestFromRegistry, served, startRegistry, user } from "./registry.ts";
import { createRepository, digestOfTag, expectCopy, tagsOf } from "./repository.ts";
import { everythingTold } from "./told.ts";
import { expectSentOnce } from "./traffic.ts";

let aws: LocalAws;
let registry: RecordingRegistry;
let sourceSecretArn: string;
beforeAll(async () => {
  aws = await startPipeline();
  sourceSecretArn = await createSecret(aws);
});
beforeEach(async () => {
  registry = await startRegistry();
});
afterEach(() => {
  registry.close();
  aws.faults.clear();
});
afterAll(() => aws.stop());

async function copyTo(also: object = { sourceSecretArn }) {
  const to = await createRepository(aws, accounts.destination);
  aws.calls.length = 0;
  return { to, request: requestFromRegistry(registry, to, also) };
}

test("an image of a registry that demands a token arrives, and each of its bytes is fetched and sent once", async () => {
  const content = imageOfLayers([3 * MiB, 40]);
  registry.add(content, "1");
  const { to, request } = await copyTo();
  const { report } = await execute(aws, request);
  expect(report).toMatchObject({ status: "Replicated", digest: content.root.digest, warnings: [] });
  expect(report?.source).toBe(`${request.source}@${content.root.digest}`);
  await expectCopy(to, content);
  const sizes = [...content.blobs.values()].map(({ length }) => ({ size: length }));
  expectSentOnce(to, sizes);
  expect(registry.bytesSent).toBe(sizes.reduce((sum, { size }) => sum + size, 0));
});

test.each(["none", "basic", "bearer"] as const)(
  "an image in sync costs one HEAD, and nothing else, with %s authentication",
  async (auth) => {
    registry.auth = auth;
    registry.add(imageOf([3, 40]), "1");
    const { to, request } = await copyTo(auth === "none" ? {} : { sourceSecretArn });
    expect((await execute(aws, request)).report?.status).toBe("Replicated");
    registry.requests.length = 0;
    expect((await execute(aws, request)).report?.status).toBe("InSync");
    if (auth !== "none") expect(served(registry)).toEqual(["HEAD manifests/1"]);
    // Without a token the same HEAD is refused before, and then a token is asked for.
    const asked = registry.requests.map(({ method, path }) => `${method} ${path.split("?")[0]}`);
    const head = "HEAD /v2/app/manifests/1";
    const expected = { none: [head], basic: [head, head], bearer: [head, "GET /token", head] };
    expect(asked).toEqual(expected[auth]);
    expect(await tagsOf(to)).toEqual(["1"]);
  },
);

test("that few pulls are left at the registry is a warning", async () => {
  registry.add(imageOf([3, 40]), "1");
  registry.headers = { "ratelimit-limit": "100;w=21600", "ratelimit-remaining": "3;w=21600" };
  const { request } = await copyTo();
  const { report } = await execute(aws, request);
  expect(report?.status).toBe("Replicated");
  expect(report?.warnings).toEqual([expect.stringMatching(/3 .*100/)]);
});

test("a registry that breaks off after every MiB of a blob, under functions that are killed, still gives the right bytes", async () => {
  const content = imageOfLayers([25 * MiB + 5]);
  registry.add(content, "1");
  registry.breakAfter = MiB;
  const { to, request } = await copyTo();
  aws.faults.add({ service: "ecr", operation: "UploadLayerPart", fault: "kill", before: false });
  const { report, retries } = await execute(aws, request);
  expect({ status: report?.status, retries }).toEqual({ status: "Replicated", retries: 1 });
  await expectCopy(to, content);
  const size = [...content.blobs.values()].reduce((sum, { length }) => sum + length, 0);
  expect(registry.bytesSent).toBeLessThanOrEqual(size + partSize);
});

test("a token that ends in mid-copy is renewed", async () => {
  const content = imageOfLayers([4 * MiB]);
  registry.add(content, "1");
  registry.breakAfter = MiB;
  const challenge = `Bearer realm="${registry.realm}",service="registry.example.test"`;
  registry.answers.push({
    to: "/blobs/",
    answer: (_, response) => {
      registry.tokens.clear();
      return response.writeHead(401, { "www-authenticate": challenge }).end();
    },
  });
  const { to, request } = await copyTo();
  expect((await execute(aws, request)).report?.status).toBe("Replicated");
  await expectCopy(to, content);
});

test.each<[string, string, RegExp, (request: { source: string }) => Promise<object> | object]>([
  ["SourceNotFound", "that is not there", /tag '2'/, ({ source }) => ({ source: source.replace(/1$/, "2") })],
  ["AccessDenied", "without credentials", /sourceSecretArn/, () => ({ sourceSecretArn: undefined })],
  [
    "AccessDenied",
    "with a secret that the functions may not read",
    /GetSecretValue/,
    async () => ({ sourceSecretArn: await createSecret(aws, user, "another") }),
  ],
])("%s: an image %s is refused with its reason, and nothing is tagged", async (error, _, message, wrong) => {
  registry.add(imageOf([3, 40]), "1");
  const { to, request } = await copyTo();
  const execution = await execute(aws, { ...request, ...(await wrong(request)) });
  expect(execution).toMatchObject({
    error,
    cause: { side: "source", message: expect.stringMatching(message) },
  });
  expect(await tagsOf(to)).toEqual([]);
});

test("a web page in the place of a manifest is refused as no registry's, with the host", async () => {
  registry.auth = "none";
  const page = { to: "/manifests/", answer: says(200, "<html>", { "content-type": "text/html" }) };
  registry.answers.push(...Array.from({ length: 20 }, () => page));
  const { request } = await copyTo({});
  const { error, cause } = await execute(aws, request);
  expect({ error, side: cause?.side }).toEqual({ error: "Unavailable", side: "source" });
  expect(cause?.message).toContain(registry.host("127.0.0.1", "http"));
});

test("no password, token or signed URL is in a state, a history or a log, however an execution ends", async () => {
  const content = imageOf([3, 40]);
  registry.add(content, "1");
  const storage = registry.origin("localhost", "http");
  for (const digest of content.blobs.keys()) {
    registry.redirects.set(`/v2/app/blobs/${digest}`, registry.stored(digest, storage));
  }
  const { to, request } = await copyTo();
  const ended = [await execute(aws, request)];
  registry.answers.push({ to: "/token", answer: says(401, `{"told": "${user.password}"}`) });
  ended.push(await execute(aws, request));
  const other = await copyTo();
  registry.answers.push(...Array.from({ length: 40 }, () => ({ to: "/storage/", answer: says(404) })));
  ended.push(await execute(aws, other.request));
  expect(ended.map(({ status, error }) => error ?? status)).toEqual([
    "SUCCEEDED",
    "AccessDenied",
    "SourceNotFound",
  ]);
  expect(await digestOfTag(to, "1")).toBe(content.root.digest);
  expect(registry.requests.some(({ path }) => path.includes("signed-url-secret"))).toBe(true);

  const basic = Buffer.from(`${user.username}:${user.password}`).toString("base64");
  const secrets = [user.password, basic, "signed-url-secret", "token-secret"];
  expect(registry.tokens.size).toBeGreaterThan(0);
  const text = await everythingTold(aws);
  expect(text).toContain(sourceSecretArn);
  expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
});
