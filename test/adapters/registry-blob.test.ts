import { setDefaultCACertificates } from "node:tls";
import type { RegistrySource } from "../../adapters/sources/registry.ts";
import { exampleTest } from "../fakes/example-test.ts";
import { blobOf, bytesOf, image } from "../fakes/image.ts";
import { RecordingRegistry, says } from "../fakes/recording-registry.ts";
import { readBlob, sourceIn } from "../fakes/registry-source.ts";

const mebibyte = 1024 * 1024;
const layer = bytesOf(9 * mebibyte + 5);
const blob = blobOf(layer);
const path = `/v2/app/blobs/${blob.digest}`;
let registry: RecordingRegistry;
let source: RegistrySource;

beforeAll(() => setDefaultCACertificates([exampleTest.cert]));
beforeEach(async () => {
  registry = await RecordingRegistry.start();
  registry.add(image({ layers: [layer] }), "1.0");
  source = sourceIn(registry);
});
afterEach(() => registry.close());

const isRest = async (from: number) =>
  expect((await readBlob(source, blob, from)).equals(Buffer.from(layer.subarray(from)))).toBe(true);
const ranges = () => registry.requests.flatMap(({ range }) => range ?? []);
const answers = (...prepared: ReturnType<typeof says>[]) => {
  for (const answer of prepared) registry.answers.push({ to: path, answer });
};

describe("a blob in a registry", () => {
  test.each([0, 1, 8 * mebibyte, layer.length - 1])(
    "is read from byte %i to its end by one range",
    async (from) => {
      await isRest(from);
      expect(ranges()).toEqual([`bytes=${from}-${layer.length - 1}`]);
    },
  );

  test("is read from where the registry redirects to, through five hosts", async () => {
    const hops = ["a", "b", "c", "d"].map((name) => `${registry.origin(name)}/${name}`);
    const urls = [...hops, registry.stored(blob.digest)];
    for (const [index, from] of [path, "/a", "/b", "/c", "/d"].entries()) {
      registry.redirects.set(from, urls[index] ?? "");
    }
    await isRest(0);
    expect(registry.requests.map(({ origin }) => new URL(origin).hostname.split(".")[0])).toEqual([
      "registry",
      "a",
      "b",
      "c",
      "d",
      "storage",
    ]);
  });

  test("is asked for once where its answer has no length", async () => {
    answers((_, response) => response.writeHead(200, { "transfer-encoding": "chunked" }).end("abc"));
    await expect(readBlob(source, blob)).rejects.toMatchObject({
      name: "Unavailable",
      message: expect.stringContaining(`${registry.host()} cannot be read: no answer of a known length`),
    });
    expect([registry.requests.length, registry.waits]).toEqual([1, []]);
  });

  test("is read from a path that a redirect names on the same host", async () => {
    registry.redirects.set(path, `/storage/${blob.digest}`);
    await isRest(0);
  });

  test("is not looked for through more than five redirects", async () => {
    registry.redirects.set(path, "/round");
    registry.redirects.set("/round", "/round");
    await expect(readBlob(source, blob)).rejects.toMatchObject({
      name: "Unavailable",
      side: "source",
      operation: "ReadBlob",
      message: expect.stringContaining("redirects more than 5 times"),
    });
    expect(registry.requests).toHaveLength(6);
  });

  test.each([
    ["an address of this machine", "https://[::1]/x"],
    ["the service of an instance's credentials", "https://169.254.169.254/latest/meta-data"],
    ["a name of a private address", "https://inside.example.test/x"],
    ["plain http", "http://storage.example.test/x"],
    ["a URL with credentials", "https://user:pass@storage.example.test/x"],
    ["what is no URL", "https://"],
  ])("is not looked for at %s", async (_, location) => {
    registry.addresses.set("inside.example.test", ["10.1.2.3", "fd00::1"]);
    registry.redirects.set(path, location);
    await expect(readBlob(source, blob)).rejects.toMatchObject({ name: "Unavailable", side: "source" });
    expect(registry.requests).toHaveLength(1);
    expect(registry.waits).toEqual([]);
  });

  test.each(["the registry", "its storage"])(
    "killed at every 1 MiB by %s has the right bytes, none asked for twice",
    async (where) => {
      if (where === "its storage") registry.redirects.set(path, registry.stored(blob.digest));
      registry.breakAfter = mebibyte;
      await isRest(0);
      const part = 5 * mebibyte;
      expect(registry.bytesSent).toBeGreaterThanOrEqual(layer.length);
      expect(registry.bytesSent).toBeLessThanOrEqual(layer.length + part);
      const firsts = ranges().map((range) => Number(/=(\d+)-/.exec(range)?.[1]));
      const asked = where === "its storage" ? firsts.filter((_, index) => index % 2 === 1) : firsts;
      expect(asked.length).toBeGreaterThanOrEqual(10);
      expect(asked.slice(1).every((first, index) => first > (asked[index] ?? 0))).toBe(true);
    },
  );

  test("is read on from a new URL when the one it had has expired", async () => {
    registry.redirects.set(path, registry.stored(blob.digest));
    registry.breakAfter = 3 * mebibyte;
    for (const status of [403, 401, 400]) registry.answers.push({ to: "/storage/", answer: says(status) });
    await isRest(0);
    const located = registry.requests.filter(({ path: asked }) => asked === path).length;
    expect(located).toBe(registry.requests.length / 2);
  });

  test("is read on with a new token when the one it had is refused in the midst", async () => {
    registry.auth = "bearer";
    registry.user = { username: "reader", password: "password-secret" };
    registry.breakAfter = 4 * mebibyte;
    for await (const chunk of source.readBlob(blob, 0)) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    registry.tokens.clear();
    await isRest(0);
    expect(registry.requests.filter(({ path: asked }) => asked.startsWith("/token"))).toHaveLength(2);
  });

  describe("that knows no ranges", () => {
    beforeEach(() => {
      registry.ranges = false;
    });

    test("is read as a whole", () => isRest(0));

    test.each([1, 300_000, 8 * mebibyte])("is read from byte %i by leaving out what comes before", isRest);

    test("is read no further once it broke after more than 8 MiB", async () => {
      await expect(readBlob(source, blob, 8 * mebibyte + 1)).rejects.toMatchObject({
        name: "Unavailable",
        side: "source",
        message: expect.stringMatching(
          /at byte 8388609: registry\.example\.test:\d+\/app sends all of it again/,
        ),
      });
    });
  });

  test.each([
    [
      "is longer than its manifest says",
      says(206, "123", {
        "content-range": `bytes 0-${layer.length - 1}/${layer.length + 1}`,
        "content-length": String(layer.length),
      }),
      "DigestMismatch",
    ],
    ["is shorter than its manifest says", says(200, "123"), "DigestMismatch"],
    ["ends before the range", says(416), "DigestMismatch"],
    ["is gone", says(404), "SourceNotFound"],
    ["is refused", says(403), "AccessDenied"],
  ])("that %s ends at once", async (_, answer, name) => {
    answers(answer);
    await expect(readBlob(source, blob)).rejects.toMatchObject({
      name,
      side: "source",
      operation: "ReadBlob",
    });
    expect(registry.requests).toHaveLength(1);
  });

  test.each([
    ["a web page", "text/html", "Unavailable", "answers with 'text/html' in place of layer"],
    ["something else", "application/json", "DigestMismatch", "has 20"],
  ])("that is %s is not taken for a blob", async (_, type, name, message) => {
    answers(says(200, "<html>Welcome</html>", { "content-type": type }));
    await expect(readBlob(source, blob)).rejects.toMatchObject({
      name,
      side: "source",
      message: expect.stringContaining(message),
    });
  });

  test("with a longer body than its range ends where the range ends", async () => {
    const range = `bytes 0-${layer.length - 1}/${layer.length}`;
    answers(says(206, Buffer.concat([layer, Buffer.from("more")]), { "content-range": range }));
    await isRest(0);
    expect(registry.requests).toHaveLength(2);
  });

  test("stored with a Content-Encoding is taken as it is stored", async () => {
    const range = `bytes 0-${layer.length - 1}/${layer.length}`;
    answers(says(206, layer, { "content-range": range, "content-encoding": "gzip" }));
    await isRest(0);
  });
});
