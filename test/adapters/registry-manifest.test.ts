import { setDefaultCACertificates } from "node:tls";
import { RegistrySource } from "../../adapters/sources/registry.ts";
import { digestOf } from "../../core/model/digest.ts";
import { maxManifestLength } from "../../core/model/limits.ts";
import { parseManifest } from "../../core/model/manifest.ts";
import { exampleTest } from "../fakes/example-test.ts";
import { imageOf } from "../fakes/image.ts";
import { RecordingRegistry, says } from "../fakes/recording-registry.ts";
import { sourceIn } from "../fakes/registry-source.ts";

const content = imageOf([30, 7]);
const { root } = content;
const bytes = content.manifests.get(root.digest) ?? new Uint8Array();
const described = { "content-type": root.mediaType, "docker-content-digest": root.digest };
const other = `sha256:${"ab".repeat(32)}`;
let registry: RecordingRegistry;
let source: RegistrySource;

beforeAll(() => setDefaultCACertificates([exampleTest.cert]));
beforeEach(async () => {
  registry = await RecordingRegistry.start();
  registry.add(content, "1.0");
  source = sourceIn(registry);
});
afterEach(() => registry.close());

const asked = () => registry.requests.map(({ method, path }) => `${method} ${path}`);
const answers = (...prepared: ReturnType<typeof says>[]) => {
  for (const answer of prepared) registry.answers.push({ to: "/manifests/", answer });
};

describe("an image is resolved", () => {
  test("by one HEAD and no GET", async () => {
    expect(await source.resolve("1.0")).toEqual(root);
    expect(asked()).toEqual(["HEAD /v2/app/manifests/1.0"]);
  });

  test("by a HEAD, a token and a HEAD, where a token is asked for", async () => {
    registry.auth = "bearer";
    expect(await source.resolve("1.0")).toEqual(root);
    expect(asked()).toEqual([
      "HEAD /v2/app/manifests/1.0",
      "GET /token?service=registry.example.test&scope=repository%3Aapp%3Apull",
      "HEAD /v2/app/manifests/1.0",
    ]);
  });

  const { "content-type": type, "docker-content-digest": digest } = described;
  test.each([
    ["knows no HEAD", 405, {}],
    ["has not made HEAD", 501, {}],
    ["says no digest", 200, { "content-type": type, "content-length": String(root.size) }],
    ["says a digest that is none", 200, { ...described, "docker-content-digest": "sha256:xyz" }],
    [
      "says a digest of another kind",
      200,
      { ...described, "docker-content-digest": `sha512:${"ab".repeat(64)}` },
    ],
    ["says no length", 200, { ...described, "content-length": "0" }],
    ["says no media type", 200, { "docker-content-digest": digest, "content-length": String(root.size) }],
    ["says that it is a web page", 200, { ...described, "content-type": "text/html" }],
  ])("by a GET besides, from a registry that %s", async (_, status, headers) => {
    answers(says(status, "", headers));
    expect(await source.resolve("1.0")).toEqual(root);
    expect(asked()).toEqual(["HEAD /v2/app/manifests/1.0", "GET /v2/app/manifests/1.0"]);
  });

  test("when the media type has parameters", async () => {
    answers(says(200, bytes, { ...described, "content-type": `${root.mediaType}; charset=utf-8` }));
    expect(await source.resolve("1.0")).toEqual(root);
  });

  test("where the registry redirects to another, as registry.k8s.io does", async () => {
    registry.redirects.set(
      "/v2/app/manifests/1.0",
      `${registry.origin("mirror")}/v2/app/manifests/${root.digest}`,
    );
    expect(await source.resolve("1.0")).toEqual(root);
  });
});

test("sources of one process share a connection, but none that was made when private addresses are allowed", async () => {
  const ports: (number | undefined)[] = [];
  const resolve = async (allowInsecure = false) => {
    answers((request, response) => {
      ports.push(request.socket.remotePort);
      return says(200, "", { ...described, "content-length": String(root.size) })(request, response);
    });
    await sourceIn(registry, undefined, { allowInsecure }).resolve("1.0");
    // A connection is given back after the answer's end.
    await new Promise((done) => setImmediate(done));
  };
  await resolve(true);
  for (let sources = 0; sources < 20; sources++) await resolve();
  expect(new Set(ports).size).toBe(2);
  expect(new Set(ports.slice(1)).size).toBe(1);
});

describe("an image is not resolved", () => {
  test.each([
    [
      "that is not there",
      "2.0",
      says(404),
      "SourceNotFound",
      "there is no tag '2.0' in registry.example.test:",
    ],
    ["that was there", "1.0", says(410), "SourceNotFound", "there is no tag '1.0'"],
    [
      "that is refused",
      "1.0",
      says(403),
      "AccessDenied",
      "name a secret with credentials as sourceSecretArn",
    ],
    [
      "of another digest",
      root.digest,
      says(200, bytes, { ...described, "docker-content-digest": other }),
      "DigestMismatch",
      `manifest ${root.digest} in registry`,
    ],
    [
      "that is too large",
      "1.0",
      says(200, "", { ...described, "content-length": "4194305" }),
      "UnsupportedImage",
      "has 4194305 bytes, and Amazon ECR takes at most 4194304",
    ],
    ["that a registry does not want to give", "1.0", says(400), "Unavailable", "HTTP status 400"],
    ["that leads nowhere", "1.0", says(307), "Unavailable", "HTTP status 307"],
  ])("%s", async (_, reference, answer, name, message) => {
    answers(answer);
    await expect(source.resolve(reference)).rejects.toMatchObject({
      name,
      side: "source",
      operation: "ResolveImage",
      message: expect.stringContaining(message),
    });
  });

  test("from what says 200 to everything", async () => {
    const page = says(200, "<html>Welcome</html>", { "content-type": "text/html; charset=utf-8" });
    answers(page, page);
    const message = expect.stringMatching(
      /registry\.example\.test:\d+ answers with 'text\/html' in place of tag '1.0'/,
    );
    await expect(source.resolve("1.0")).rejects.toMatchObject({ name: "Unavailable", message });
  });

  test("from what says 200 to everything, with JSON", async () => {
    const json = says(200, "{}", { "content-type": "application/json" });
    answers(json, json, json);
    const resolved = await source.resolve("1.0");
    expect(() => parseManifest(Buffer.from("{}"), resolved)).toThrow(
      expect.objectContaining({ name: "UnsupportedImage" }),
    );
    answers(json, json);
    await expect(source.resolve(root.digest)).rejects.toMatchObject({ name: "DigestMismatch" });
  });

  test("of Docker's first format but to be refused by name, since its digest is not that of its bytes", async () => {
    const old = { ...described, "content-type": "application/vnd.docker.distribution.manifest.v1+prettyjws" };
    answers(
      says(200, "", { ...old, "docker-content-digest": "" }),
      says(200, bytes, { ...old, "docker-content-digest": other }),
    );
    const resolved = await source.resolve("1.0");
    expect(() => parseManifest(bytes, resolved)).toThrow(
      expect.objectContaining({ name: "UnsupportedImage" }),
    );
  });

  test("from a host that DNS does not know", async () => {
    const unknown = new RegistrySource(
      { host: "nowhere.test", name: "app" },
      async () => undefined,
      registry.settings(),
    );
    await expect(unknown.resolve("1.0")).rejects.toMatchObject({
      name: "Unavailable",
      side: "source",
      message: "nowhere.test is not known to DNS; check its name",
    });
    expect(registry.waits).toEqual([]);
  });

  test("from a host whose certificate is for another", async () => {
    registry.addresses.set("other.test", ["127.0.0.1"]);
    const host = registry.host().replace("registry.example.test", "other.test");
    const wrong = new RegistrySource({ host, name: "app" }, async () => undefined, registry.settings());
    await expect(wrong.resolve("1.0")).rejects.toMatchObject({
      name: "Unavailable",
      message: expect.stringMatching(/^the certificate of other\.test:\d+ is not trusted: .*altnames/),
    });
    expect([registry.requests, registry.waits]).toEqual([[], []]);
  });

  test("from a host that speaks plain http", async () => {
    const host = registry.host("registry", "http");
    const plain = new RegistrySource({ host, name: "app" }, async () => undefined, registry.settings());
    await expect(plain.resolve("1.0")).rejects.toMatchObject({
      name: "Unavailable",
      message: `${host} does not speak https; plain http is spoken only to this machine, with --allow-insecure`,
    });
    expect(registry.waits).toEqual([]);
  });

  test("from a host that never answers", async () => {
    const silent = sourceIn(registry, undefined, { patience: 50 });
    for (let tries = 0; tries < 4; tries++) answers(() => {});
    await expect(silent.resolve("1.0")).rejects.toMatchObject({
      name: "Unavailable",
      message: expect.stringContaining("no answer came in 0.05 s"),
    });
    // Four attempts: not all of them come so far as to be recorded, where connecting takes longer than that.
    expect(registry.waits).toHaveLength(3);
  });

  test("from a host that breaks every connection", async () => {
    for (let tries = 0; tries < 4; tries++) answers((request) => request.socket.destroy());
    await expect(source.resolve("1.0")).rejects.toMatchObject({ name: "Unavailable" });
    expect(asked()).toHaveLength(4);
  });
});

describe("a certificate that nobody vouches for", () => {
  beforeAll(() => setDefaultCACertificates([]));
  afterAll(() => setDefaultCACertificates([exampleTest.cert]));

  test("is not trusted, and nothing is asked", async () => {
    await expect(source.resolve("1.0")).rejects.toMatchObject({
      name: "Unavailable",
      side: "source",
      message: expect.stringMatching(
        /^the certificate of registry\.example\.test:\d+ is not trusted: self-signed/,
      ),
    });
    expect(registry.requests).toEqual([]);
  });
});

describe("a manifest", () => {
  test("is read by its digest, byte for byte", async () => {
    expect(digestOf(await source.readManifest(root))).toBe(root.digest);
    expect(asked()).toEqual([`GET /v2/app/manifests/${root.digest}`]);
  });

  const padded = (size: number) => Buffer.alloc(size, " ");

  test("may be as long as Amazon ECR takes", async () => {
    answers(says(200, padded(maxManifestLength), { "content-type": root.mediaType }));
    expect(await source.readManifest(root)).toHaveLength(maxManifestLength);
  });

  test("is refused when it is longer, however long it says it is", async () => {
    answers((_, response) => response.writeHead(200).end(padded(maxManifestLength + 1)));
    await expect(source.readManifest(root)).rejects.toMatchObject({
      name: "UnsupportedImage",
      side: "source",
      operation: "ReadManifest",
      message: expect.stringContaining("has more than 4194304 bytes"),
    });
  });

  test("without end is read no further than it may be", async () => {
    answers((_, response) => {
      const more = () => response.write(padded(100_000)) || response.once("drain", more);
      response.on("drain", more);
      more();
    });
    await expect(source.readManifest(root)).rejects.toMatchObject({ name: "UnsupportedImage" });
  });

  test.each([
    [
      "that the registry gives another digest than it has",
      says(200, bytes, { ...described, "docker-content-digest": other }),
      "DigestMismatch",
      other,
    ],
    [
      "that is a web page",
      says(200, "<html>", { "content-type": "application/xhtml+xml" }),
      "Unavailable",
      "is it a registry?",
    ],
    [
      "that is compressed",
      says(200, bytes, { ...described, "content-encoding": "gzip" }),
      "Unavailable",
      "'gzip', which was not asked for",
    ],
    ["that is not there", says(404), "SourceNotFound", `there is no manifest ${root.digest}`],
  ])("is refused %s", async (_, answer, name, message) => {
    answers(answer);
    await expect(source.readManifest(root)).rejects.toMatchObject({
      name,
      side: "source",
      operation: "ReadManifest",
      message: expect.stringContaining(message),
    });
  });

  test("that breaks in the middle is read again", async () => {
    answers((_, response) => {
      response.writeHead(200, { ...described, "content-length": String(bytes.length) });
      response.write(bytes.subarray(0, 20), () => response.destroy());
    });
    expect(digestOf(await source.readManifest(root))).toBe(root.digest);
    expect(asked()).toHaveLength(2);
  });
});
