import { setDefaultCACertificates } from "node:tls";
import type { RegistryCredentials } from "../../adapters/clients/registry/credentials.ts";
import type { RegistrySource } from "../../adapters/sources/registry.ts";
import { exampleTest } from "../fakes/example-test.ts";
import { blobOf, bytesOf, image } from "../fakes/image.ts";
import { type Door, RecordingRegistry, says } from "../fakes/recording-registry.ts";
import { copied, sourceIn } from "../fakes/registry-source.ts";

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

const copy = (source: RegistrySource) => copied(source, layer);

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
