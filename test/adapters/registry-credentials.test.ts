import { setDefaultCACertificates } from "node:tls";
import type { RegistryCredentials } from "../../adapters/clients/registry/credentials.ts";
import { RegistrySource } from "../../adapters/sources/registry.ts";
import { exampleTest } from "../fakes/example-test.ts";
import { blobOf, bytesOf, image } from "../fakes/image.ts";
import { type Door, RecordingRegistry, says } from "../fakes/recording-registry.ts";
import { readBlob, rejection, sourceIn } from "../fakes/registry-source.ts";

const layer = bytesOf(1_000);
const blob = blobOf(layer);
const content = image({ layers: [layer] });
const user = { username: "reader", password: "password-secret" };
const password = `Basic ${Buffer.from("reader:password-secret").toString("base64")}`;
const token = "Bearer token-secret-1";
const [manifestPath, blobPath] = ["/v2/app/manifests/1.0", `/v2/app/blobs/${blob.digest}`];
let registry: RecordingRegistry;

beforeAll(() => setDefaultCACertificates([exampleTest.cert]));
beforeEach(async () => {
  registry = await RecordingRegistry.start();
  registry.add(content, "1.0");
  registry.user = user;
});
afterEach(() => registry.close());

/** All that a person may come to see of an error. */
function shown(error: unknown): string {
  if (!(error instanceof Error)) return "";
  const { message, stack, cause } = error;
  return `${message}\n${stack}\n${JSON.stringify(error)}\n${shown(cause)}`;
}

const secrets = [
  /password-secret/,
  /token-secret/,
  /identity-secret/,
  /signed-url-secret/,
  /Basic [A-Za-z0-9+/]{8}/,
];

/** Resolves and reads; what fails must tell nothing of any secret. */
async function copy(source: RegistrySource): Promise<string> {
  try {
    await source.resolve("1.0");
    expect((await readBlob(source, blob)).equals(Buffer.from(layer))).toBe(true);
    return "copied";
  } catch (error) {
    for (const secret of secrets) expect(shown(error)).not.toMatch(secret);
    return (error as Error).name;
  }
}

/** Who saw which credentials, each once: `host:door path header`. */
function seen(): string[] {
  const doors: Door[] = ["https", "other", "http"];
  const named = (origin: string) => {
    const door = doors.find((each) => origin.endsWith(registry.host("x", each).replace(/^.*:/, ":")));
    return `${new URL(origin).hostname.replace(".example.test", "")}/${door}`;
  };
  const lines = registry.signed().map((line) => {
    const { origin, pathname } = new URL(line.split(" ")[0] ?? "");
    return `${named(origin)} ${pathname} ${line.slice(line.indexOf(" ") + 1)}`;
  });
  return [...new Set(lines)].map((line) => line.replace(/sha256:[0-9a-f]{64}/, "<digest>"));
}

const places: Record<string, () => string> = {
  "the same host": () => "/storage",
  "another host": () => `${registry.origin("storage")}/storage`,
  "another port": () => `${registry.origin("registry", "other")}/storage`,
  "plain http": () => `${registry.origin("registry", "http")}/storage`,
  "this machine by plain http": () => `http://localhost:1/storage`,
  "a private address": () => "https://10.0.0.1/storage",
  "a name of a private address": () => "https://inside.example.test/storage",
  "a host with a prefix": () => `${registry.origin("registry.example.test.storage.example.test")}/storage`,
};
const reached = ["the same host", "another host", "another port"];

describe.each(["basic", "bearer"] as const)(
  "a blob whose registry wants %s credentials and redirects to",
  (auth) => {
    const authorization = auth === "basic" ? password : token;
    const own = [
      ...(auth === "bearer" ? [`auth/https /token ${password}`] : []),
      `registry/https ${manifestPath} ${authorization}`,
      `registry/https /v2/app/blobs/<digest> ${authorization}`,
    ];

    test.each(Object.keys(places))("%s", async (place) => {
      registry.auth = auth;
      registry.addresses.set("inside.example.test", ["10.1.2.3"]);
      registry.redirects.set(blobPath, `${places[place]?.()}/${blob.digest}?X-Signature=signed-url-secret`);
      // Storage refuses credentials: on the registry's own host they are still its own, and are sent.
      if (place === "the same host") registry.answers.push({ to: "/storage/", answer: says(200, layer) });
      expect(await copy(sourceIn(registry))).toBe(reached.includes(place) ? "copied" : "Unavailable");
      const same = place === "the same host" ? [`registry/https /storage/<digest> ${authorization}`] : [];
      expect(seen()).toEqual([...own, ...same]);
    });

    test("another host, and from there back to the first", async () => {
      registry.auth = auth;
      registry.redirects.set(blobPath, `${registry.origin("storage")}/back`);
      registry.redirects.set("/back", registry.stored(blob.digest, registry.origin()));
      expect(await copy(sourceIn(registry))).toBe("copied");
      expect(seen()).toEqual(own);
    });

    test("another registry, which asks to be signed in to as well", async () => {
      registry.auth = auth;
      registry.redirects.set(blobPath, `${registry.origin("evil")}/v2/app/blobs/sha256:x`);
      expect(await copy(sourceIn(registry))).toBe("Unavailable");
      expect(seen()).toEqual(own);
    });
  },
);

test.each(["another host", "another port"])(
  "a manifest is read from %s without credentials",
  async (place) => {
    registry.auth = "bearer";
    const source = sourceIn(registry);
    await source.resolve("1.0");
    registry.redirects.set(manifestPath, places[place]?.().replace("/storage", "/mirror") ?? "");
    const bytes = content.manifests.get(content.root.digest);
    const answer = says(200, bytes, { "content-type": content.root.mediaType });
    for (let asked = 0; asked < 2; asked++) registry.answers.push({ to: "/mirror", answer });
    expect(await source.resolve("1.0")).toEqual(content.root);
    expect(seen()).toEqual([`auth/https /token ${password}`, `registry/https ${manifestPath} ${token}`]);
  },
);

describe("the password for a registry is sent to the token server that it names", () => {
  const own = `registry/https ${manifestPath} ${token}`;
  const blobs = `registry/https /v2/app/blobs/<digest> ${token}`;

  test.each<[string, () => string, string]>([
    ["on the same host", () => `${registry.origin()}/token`, "registry/https"],
    ["on another host", () => `${registry.origin("auth")}/token`, "auth/https"],
    ["on another port", () => `${registry.origin("registry", "other")}/token`, "registry/other"],
    [
      "with a query",
      () => `${registry.origin("auth")}/token?scope=repository:other:push&account=x`,
      "auth/https",
    ],
  ])("%s", async (_, realm, host) => {
    registry.auth = "bearer";
    registry.realm = realm();
    expect(await copy(sourceIn(registry))).toBe("copied");
    expect(seen()).toEqual([`${host} /token ${password}`, own, blobs]);
    const asked = registry.requests.find(({ path }) => path.startsWith("/token"));
    expect(new URLSearchParams(asked?.path.split("?")[1]).getAll("scope")).toEqual(["repository:app:pull"]);
  });

  test.each<[string, () => string]>([
    ["by plain http", () => `${registry.origin("auth", "http")}/token`],
    ["by plain http on this machine", () => `http://127.0.0.1:1/token`],
    ["at a private address", () => "https://192.168.0.1/token"],
    ["at the service of an instance's credentials", () => "https://169.254.169.254/token"],
    ["at a name of a private address", () => "https://inside.example.test/token"],
    ["with credentials in its URL", () => registry.origin("auth").replace("https://", "https://a:b@")],
    ["as no URL", () => "token"],
    ["as nothing", () => ""],
  ])("but not %s", async (_, realm) => {
    registry.auth = "bearer";
    registry.addresses.set("inside.example.test", ["10.1.2.3"]);
    registry.realm = realm();
    expect(await copy(sourceIn(registry))).toBe("Unavailable");
    expect(seen()).toEqual([]);
  });

  test.each<[string, () => string]>([
    ["another host", () => `${registry.origin("evil")}/token?`],
    ["another port", () => `${registry.origin("auth", "other")}/token?`],
    ["the registry", () => `${registry.origin()}/token?`],
    ["plain http", () => `${registry.origin("auth", "http")}/token?`],
    ["a private address", () => "https://10.0.0.1/token"],
  ])("and not to where that redirects: %s", async (_, location) => {
    registry.auth = "bearer";
    registry.redirects.set("/token", location());
    expect(await copy(sourceIn(registry))).toBe("Unavailable");
    expect(seen()).toEqual([`auth/https /token ${password}`]);
  });

  test("but on to another path of its own", async () => {
    registry.auth = "bearer";
    registry.realm = `${registry.origin("auth")}/login`;
    const query = "service=registry.example.test&scope=repository:app:pull";
    registry.redirects.set("/login", `/token?${query}`);
    expect(await copy(sourceIn(registry))).toBe("copied");
    expect(seen()).toEqual([`auth/https /login ${password}`, `auth/https /token ${password}`, own, blobs]);
  });

  test("but without credentials a redirect is followed", async () => {
    registry.auth = "bearer";
    registry.user = undefined;
    registry.realm = `${registry.origin("auth")}/login`;
    const query = "service=registry.example.test&scope=repository:app:pull";
    registry.redirects.set("/login", `${registry.origin("other")}/token?${query}`);
    expect(await copy(sourceIn(registry))).toBe("copied");
    expect(seen()).toEqual([own, blobs]);
  });
});

describe("an identity token", () => {
  const identities: RegistryCredentials[] = [
    { identityToken: "identity-secret" },
    { username: "<token>", password: "identity-secret" },
  ];
  beforeEach(() => {
    registry.auth = "bearer";
    registry.identityToken = "identity-secret";
  });

  test.each(identities)("is posted to the token server: %j", async (credentials) => {
    expect(await copy(sourceIn(registry, async () => credentials))).toBe("copied");
    expect(registry.requests.find(({ method }) => method === "POST")).toMatchObject({
      path: "/token",
      form: "service=registry.example.test&scope=repository%3Aapp%3Apull&grant_type=refresh_token&refresh_token=identity-secret&client_id=ecr-replicator",
    });
    expect(seen()[0]).toBe("auth/https /token (form)");
  });

  test.each(["evil", "auth"])("is not posted to where that redirects: %s", async (name) => {
    registry.redirects.set("/token", `${registry.origin(name)}/other`);
    expect(await copy(sourceIn(registry, async () => ({ identityToken: "identity-secret" })))).toBe(
      "Unavailable",
    );
    expect(seen()).toEqual(["auth/https /token (form)"]);
  });

  test("is not sent to a registry that asks for a password", async () => {
    registry.auth = "basic";
    expect(await copy(sourceIn(registry, async () => ({ identityToken: "identity-secret" })))).toBe(
      "AccessDenied",
    );
    expect(seen()).toEqual([]);
  });
});

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
    for (const secret of secrets) expect(shown(error)).not.toMatch(secret);
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
