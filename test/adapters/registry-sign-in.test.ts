import { setDefaultCACertificates } from "node:tls";
import { RegistrySource } from "../../adapters/sources/registry.ts";
import { exampleTest } from "../fakes/example-test.ts";
import { blobOf, bytesOf, image } from "../fakes/image.ts";
import { RecordingRegistry, says } from "../fakes/recording-registry.ts";
import { copied, expectNoSecret, readBlob, rejection, sourceIn } from "../fakes/registry-source.ts";

const layer = bytesOf(1_000);
const blob = blobOf(layer);
const content = image({ layers: [layer] });
const user = { username: "reader", password: "password-secret" };
const password = `Basic ${Buffer.from("reader:password-secret").toString("base64")}`;
const token = "Bearer token-secret-1";
const blobPath = `/v2/app/blobs/${blob.digest}`;
let registry: RecordingRegistry;

beforeAll(() => setDefaultCACertificates([exampleTest.cert]));
beforeEach(async () => {
  registry = await RecordingRegistry.start();
  registry.add(content, "1.0");
  registry.user = user;
});
afterEach(() => registry.close());

const copy = (source: RegistrySource) => copied(source, layer);

describe("signing in", () => {
  test("asks for credentials of the registry's host, once, and only when it is asked to", async () => {
    const hosts: string[] = [];
    const source = () =>
      sourceIn(registry, async (host) => {
        hosts.push(host);
        return user;
      });
    registry.auth = "none";
    await source().resolve("1.0");
    expect(hosts).toEqual([]);
    registry.auth = "bearer";
    const signed = source();
    await signed.resolve("1.0");
    registry.tokens.clear();
    await signed.resolve("1.0");
    expect(hosts).toEqual([registry.host()]);
  });

  test("brings one token for requests that come at once, and again when it is refused", async () => {
    registry.auth = "bearer";
    const source = sourceIn(registry);
    const tokens = () => registry.requests.filter(({ path }) => path.startsWith("/token")).length;
    await Promise.all([1, 2, 3].map(() => source.resolve("1.0")));
    expect(tokens()).toBe(1);
    registry.tokens.clear();
    await Promise.all([1, 2, 3].map(() => readBlob(source, blob)));
    expect(tokens()).toBe(2);
  });

  test("brings another token before the one that it has ends", async () => {
    registry.auth = "bearer";
    registry.expiresIn = 1e-9;
    const source = sourceIn(registry);
    await source.resolve("1.0");
    await source.resolve("1.0");
    expect(registry.requests.filter(({ method }) => method === "HEAD")).toHaveLength(3);
    expect(registry.tokens.size).toBe(2);
  });

  test.each(["0", 0, -1, null, "soon"])("takes a token's life of %j for a minute", async (life) => {
    registry.auth = "bearer";
    registry.expiresIn = life as number;
    const source = sourceIn(registry);
    await source.resolve("1.0");
    await source.resolve("1.0");
    expect(registry.tokens.size).toBe(1);
  });

  test("chooses Bearer when Basic is offered too, whatever the order and the case", async () => {
    registry.auth = "bearer";
    registry.challenge = `BASIC realm="x, y", bEARER Service="registry.example.test", REALM="${registry.realm}", scope="repository:other:push"`;
    expect(await copy(sourceIn(registry))).toBe("copied");
  });

  test.each<[string, Partial<RecordingRegistry>, RegExp]>([
    [
      "a wrong password",
      { user: { username: "reader", password: "other" } },
      /refuses the credentials for registry/,
    ],
    [
      "no credentials where they are needed",
      {},
      /gives no token for registry.*sourceSecretArn.*docker login/,
    ],
    [
      "a way that is not known",
      { challenge: "Negotiate" },
      /'negotiate'; only Bearer and Basic can be answered/,
    ],
    ["no way at all", { challenge: "" }, /no way that is known; only Bearer and Basic/],
    ["a token server that does not know the service", { challenge: undefined, realm: "" }, /./],
  ])("says AccessDenied, or what else is wrong, of %s", async (what, also, message) => {
    registry.auth = "bearer";
    const given = what === "a wrong password" ? user : undefined;
    Object.assign(registry, also);
    const error = await rejection(sourceIn(registry, async () => given).resolve("1.0"));
    expect(error).toMatchObject({ name: also.realm === "" ? "Unavailable" : "AccessDenied", side: "source" });
    expect(error.message).toMatch(message);
  });

  test("says AccessDenied of a registry that refuses the token that it asked for, after one more", async () => {
    registry.auth = "bearer";
    const source = sourceIn(registry);
    await source.resolve("1.0");
    registry.tokens.clear();
    registry.tokens.add = () => registry.tokens;
    const error = await rejection(source.resolve("1.0"));
    expect(error).toMatchObject({ name: "AccessDenied", operation: "ResolveImage" });
    expect(error.message).toMatch(/check that the credentials for the registry are valid and may pull/);
    expect(registry.requests.filter(({ path }) => path.startsWith("/token"))).toHaveLength(2);
  });

  test("says AccessDenied of a registry that refuses the password, asked once", async () => {
    registry.auth = "basic";
    const error = await rejection(
      sourceIn(registry, async () => ({ ...user, password: "other" })).resolve("1.0"),
    );
    expect(error).toMatchObject({ name: "AccessDenied", operation: "ResolveImage" });
    expect(registry.requests).toHaveLength(2);
  });

  test("says AccessDenied of Basic without credentials", async () => {
    registry.auth = "basic";
    const error = await rejection(sourceIn(registry, async () => undefined).resolve("1.0"));
    expect(error).toMatchObject({ name: "AccessDenied" });
    expect(error.message).toMatch(/gives nothing without credentials; name a secret/);
  });

  test.each<[string, ReturnType<typeof says>, string]>([
    [
      "a web page",
      says(200, "<html>password-secret", { "content-type": "text/html" }),
      "'text/html' that is no JSON object",
    ],
    ["half a token", says(200, '{"token":"token-secret-1'), "that is no JSON object"],
    ["a list", says(200, "[]"), "without a token"],
    ["null", says(200, "null"), "no JSON object"],
    ["no token", says(200, '{"expires_in":300}'), "answers without a token"],
    ["an empty token", says(200, '{"token":""}'), "answers without a token"],
    ["a token that is no text", says(200, '{"token":{"a":1}}'), "answers without a token"],
    [
      "a token that would end the header",
      says(200, JSON.stringify({ token: "a\r\nX-Evil: token-secret" })),
      "without a token",
    ],
    ["a token with a space", says(200, JSON.stringify({ token: "a b" })), "without a token"],
    [
      "more than a token can be",
      says(200, `{"token":"${"a".repeat(1024 * 1024)}"}`),
      "more than 1048576 bytes",
    ],
    ["404", says(404), "gives no token: HTTP status 404"],
  ])("says Unavailable of a token server that answers with %s", async (_, answer, message) => {
    registry.auth = "bearer";
    registry.answers.push({ to: "/token", answer });
    const error = await rejection(sourceIn(registry).resolve("1.0"));
    expect(error).toMatchObject({ name: "Unavailable", side: "source", operation: "GetToken" });
    expect(error.message).toContain(message);
    expect(error.message).toContain(registry.host("auth"));
    expectNoSecret(error);
  });

  test.each([401, 403, 404, 500])("tells no secret of a blob's read that ends with %i", async (status) => {
    registry.auth = "bearer";
    registry.redirects.set(blobPath, registry.stored(blob.digest));
    for (let asked = 0; asked < 30; asked++) {
      registry.answers.push({ to: "/storage/", answer: says(status, "token-secret signed-url-secret") });
    }
    expect(await copy(sourceIn(registry))).toBe(status === 404 ? "SourceNotFound" : "Unavailable");
  });
});

describe("with insecure registries allowed", () => {
  const lax = () => registry.settings({ allowInsecure: true, isPublic: () => false });

  test.each(["localhost", "127.0.0.1"])("%s speaks plain http, and gets its credentials", async (name) => {
    registry.addresses.set("localhost", ["127.0.0.1"]);
    registry.auth = "bearer";
    registry.realm = registry.origin("localhost", "http").concat("/token");
    const repository = { host: registry.host("localhost", "http").replace("localhost", name), name: "app" };
    expect(await copy(new RegistrySource(repository, async () => user, lax()))).toBe("copied");
    const signedIn = registry.signed().map((line) => line.replace(/^(https?):.*? /, "$1 "));
    expect(signedIn).toEqual([`http ${password}`, `http ${token}`, `http ${token}`]);
  });

  test("any other host speaks https", async () => {
    registry.auth = "basic";
    expect(await copy(sourceIn(registry, async () => user, lax()))).toBe("copied");
    expect(registry.requests.every(({ origin }) => origin.startsWith("https:"))).toBe(true);
  });

  test("a redirect to plain http elsewhere is not followed", async () => {
    registry.redirects.set(blobPath, `${registry.origin("storage", "http")}/storage/${blob.digest}`);
    expect(await copy(sourceIn(registry, async () => user, lax()))).toBe("Unavailable");
  });

  test.each([false, undefined])("this machine is no registry when that is %s", async (allowInsecure) => {
    const repository = { host: registry.host("localhost", "http"), name: "app" };
    registry.addresses.set("localhost", ["127.0.0.1"]);
    const settings = registry.settings({ allowInsecure, isPublic: undefined });
    expect(await copy(new RegistrySource(repository, async () => user, settings))).toBe("Unavailable");
    expect(registry.requests).toEqual([]);
  });
});
