import { setDefaultCACertificates } from "node:tls";
import { RegistryCatalog } from "../../adapters/catalogs/registry.ts";
import type { CredentialsOf } from "../../adapters/clients/registry/credentials.ts";
import { exampleTest } from "../fakes/example-test.ts";
import { type Prepared, RecordingRegistry, says } from "../fakes/recording-registry.ts";
import { expectNoSecret, rejection } from "../fakes/registry-source.ts";

const user = { username: "reader", password: "password-secret" };
const first = "/v2/team/app/tags/list?n=1000";
const firstNames = "/v2/_catalog?n=1000";
let registry: RecordingRegistry;

beforeAll(() => setDefaultCACertificates([exampleTest.cert]));
beforeEach(async () => {
  registry = await RecordingRegistry.start();
  registry.user = user;
});
afterEach(() => registry.close());

function catalog(credentialsOf: CredentialsOf = async () => undefined): RegistryCatalog {
  const repository = { host: registry.host(), name: "team/*" };
  return new RegistryCatalog(repository, credentialsOf, registry.settings());
}

async function tags(from = catalog()): Promise<(string | undefined)[]> {
  const found: (string | undefined)[] = [];
  for await (const page of from.images("team/app")) found.push(...page.map(({ tag }) => tag));
  return found;
}

async function names(prefix = "team/", from = catalog()): Promise<string[]> {
  const found: string[] = [];
  for await (const page of from.repositories(prefix)) found.push(...page);
  return found;
}

/** Answers a request of exactly this path and query, and no other. */
function at(path: string, answer: Prepared): void {
  registry.answers.push({
    to: path,
    answer: (request, response) =>
      request.url === path ? answer(request, response) : says(400)(request, response),
  });
}

const json = (value: unknown, link?: string) =>
  says(200, JSON.stringify(value), {
    "content-type": "application/json",
    ...(link !== undefined && { link }),
  });
const listed = (page: unknown, link?: string) => json({ name: "team/app", tags: page }, link);
const next = (target: string) => `<${target}>; rel="next"`;
const paths = () => registry.requests.map(({ path }) => path);

describe("a registry's list of tags", () => {
  test("is of one page, asked for with 1,000 entries, where the registry names no next one", async () => {
    at(first, listed(["1.0", "latest"]));
    expect(await tags()).toEqual(["1.0", "latest"]);
    expect(paths()).toEqual([first]);
  });

  test("is one page of exactly 1,000", async () => {
    const page = Array.from({ length: 1_000 }, (_, tag) => `v${tag}`);
    at(first, listed(page));
    expect(await tags()).toEqual(page);
    expect(paths()).toEqual([first]);
  });

  test.each([
    ["relative to the host", (query: string) => `/v2/team/app/tags/list${query}`],
    ["relative to the page", (query: string) => query],
    ["absolute", (query: string) => `${registry.origin()}/v2/team/app/tags/list${query}`],
    [
      "of another scheme, behind a proxy",
      (query: string) => `http://${registry.host()}/v2/app/tags/list${query}`,
    ],
    ["of another prefix, behind a proxy", (query: string) => `/v2/app/tags/list${query}`],
  ])("goes on with an opaque cursor at a link %s", async (_, link) => {
    const query = "?next_page=gAAA%2B%2f%3D&n=50";
    at(first, listed(["a"], next(link(query))));
    at(`/v2/team/app/tags/list${query}`, listed(["b"]));
    expect(await tags()).toEqual(["a", "b"]);
    expect(paths()).toEqual([first, `/v2/team/app/tags/list${query}`]);
  });

  test("goes on after an empty page", async () => {
    at(first, listed([], next("?last=a")));
    at("/v2/team/app/tags/list?last=a", listed(null, next("?last=b")));
    at("/v2/team/app/tags/list?last=b", listed(["c"]));
    expect(await tags()).toEqual(["c"]);
  });

  test("does not go on at a link to something else", async () => {
    at(first, listed(["a"], `<?last=a>; rel="prev", <https://docs.example.test>; rel=help`));
    expect(await tags()).toEqual(["a"]);
  });

  test.each([
    ["null", { tags: null }],
    ["a list of nothing", { tags: [] }],
  ])("may be %s", async (_, value) => {
    at(first, json(value));
    expect(await tags()).toEqual([]);
  });

  test("leaves out what is no tag, by which nobody could pull", async () => {
    at(first, listed(["1.0", "../../x", "", "a b", `sha256:${"a".repeat(64)}`, "x".repeat(129), "-a"]));
    expect(await tags()).toEqual(["1.0"]);
  });

  test.each([
    ["of itself", 1],
    ["of two pages", 2],
    ["of three pages", 3],
    ["of seven pages", 7],
  ])("that leads in a circle %s is a failure, not a list without end", async (_, length) => {
    at(first, listed(["a"], next("?last=0")));
    for (let page = 0; page < 40; page++) {
      at(`/v2/team/app/tags/list?last=${page % length}`, listed(["b"], next(`?last=${(page + 1) % length}`)));
    }
    const error = await rejection(tags());
    expect(error).toMatchObject({ name: "Unavailable", side: "source", operation: "ListTags" });
    expect(error.message).toMatch(/lead in a circle/);
    expect(paths().length).toBeLessThanOrEqual(3 * length + 2);
  });

  test.each([
    ["another host", () => `https://other.example.test/v2/team/app/tags/list?last=a`],
    ["another port", () => `${registry.origin("registry", "other")}/v2/team/app/tags/list?last=a`],
    ["another list", () => "/v2/team/app/secrets?last=a"],
    ["nowhere", () => "https://"],
  ])("that goes on at %s is a failure, and is not followed", async (_, link) => {
    at(first, listed(["a"], next(link())));
    const error = await rejection(tags());
    expect(error).toMatchObject({ name: "Unavailable", side: "source", operation: "ListTags" });
    expect(error.message).toMatch(/goes on at '.*', which is another list$/);
    expect(paths()).toEqual([first]);
  });

  test.each([
    [
      "a web page",
      says(200, "<html></html>", { "content-type": "text/html" }),
      /'text\/html' that has no list/,
    ],
    ["no JSON", says(200, "{"), /no list of texts 'tags'/],
    ["null", json(null), /no list of texts 'tags'/],
    ["no list", json({ tags: "1.0" }), /no list of texts 'tags'/],
    ["nothing", json({}), /no list of texts 'tags'/],
    ["numbers", json({ tags: ["1.0", 2] }), /no list of texts 'tags'/],
    ["more than 16 MiB", says(200, Buffer.alloc(16 * 1024 * 1024 + 1, " ")), /more than 16777216 bytes/],
    ["another status", says(405), /HTTP status 405/],
  ])("that is %s is a failure", async (_, answer, message) => {
    at(first, answer);
    const error = await rejection(tags());
    expect(error).toMatchObject({ name: "Unavailable", side: "source", operation: "ListTags" });
    expect(error.message).toMatch(message);
  });

  test("of exactly 16 MiB is read", async () => {
    at(first, says(200, JSON.stringify({ tags: ["a"] }).padEnd(16 * 1024 * 1024)));
    expect(await tags()).toEqual(["a"]);
  });

  test.each([404, 410])("of a repository that is not there (%i) says so", async (status) => {
    at(first, says(status, JSON.stringify({ errors: [{ code: "NAME_UNKNOWN" }] })));
    await expect(tags()).rejects.toMatchObject({
      name: "RepositoryNotFound",
      side: "source",
      message: `there is no repository ${registry.host()}/team/app; check its name, and that it was not deleted`,
    });
  });

  test.each([401, 403])("that is refused (%i) says what to do", async (status) => {
    at(first, says(status, "", { "www-authenticate": "Basic" }));
    await expect(tags(catalog())).rejects.toMatchObject({
      name: "AccessDenied",
      message: expect.stringContaining("sourceSecretArn"),
    });
  });

  test("is asked for with a token to pull, once for all pages", async () => {
    registry.auth = "bearer";
    registry.answers.push({ to: first, answer: says(401, "", bearer()) });
    at(first, listed(["a"], next("?last=a")));
    at("/v2/team/app/tags/list?last=a", listed(["b"]));
    expect(await tags(catalog(async () => user))).toEqual(["a", "b"]);
    const scopes = registry.requests.map(({ path }) => new URLSearchParams(path.split("?")[1]).get("scope"));
    expect(scopes.filter((scope) => scope !== null)).toEqual(["repository:team/app:pull"]);
    expect(registry.requests.at(-1)?.authorization).toBe("Bearer token-secret-1");
  });

  test("that is led to another host is read there without the credentials, and goes on at the registry", async () => {
    registry.auth = "basic";
    const moved = `${registry.origin("mirror")}/v2/images/team/app/tags/list`;
    registry.answers.push({ to: first, answer: says(401, "", { "www-authenticate": "Basic" }) });
    at(first, says(307, "", { location: moved }));
    registry.answers.push({ to: moved, answer: listed(["a"], next("?last=a")) });
    at("/v2/team/app/tags/list?last=a", listed(["b"]));
    expect(await tags(catalog(async () => user))).toEqual(["a", "b"]);
    const signed = registry.signed().map((line) => line.split(" ")[0]);
    expect(new Set(signed)).toEqual(new Set([`${registry.origin()}/v2/team/app/tags/list`]));
  });

  test.each([
    ["plain http", "http://mirror.example.test/v2/app/tags/list"],
    ["a private address", "https://10.0.0.1/v2/app/tags/list"],
  ])("that is led to %s is not read", async (_, location) => {
    at(first, says(307, "", { location }));
    await expect(tags()).rejects.toMatchObject({ name: "Unavailable", operation: "Connect" });
    expect(paths()).toEqual([first]);
  });

  test("is asked for again when the registry is busy", async () => {
    at(first, says(503));
    at(first, listed(["a"]));
    expect(await tags()).toEqual(["a"]);
    expect(registry.waits).toHaveLength(1);
  });
});

const bearer = () => ({
  "www-authenticate": `Bearer realm="${registry.realm}",service="registry.example.test"`,
});

describe("a registry's list of repositories", () => {
  test("is of all pages, and gives those that begin with the prefix", async () => {
    at(firstNames, json({ repositories: ["app", "team/app"] }, next("/v2/_catalog?last=team%2Fapp&n=2")));
    at("/v2/_catalog?last=team%2Fapp&n=2", json({ repositories: ["team/b/c", "teams"] }));
    expect(await names()).toEqual(["team/app", "team/b/c"]);
    expect(paths()).toEqual([firstNames, "/v2/_catalog?last=team%2Fapp&n=2"]);
  });

  test("may be null", async () => {
    at(firstNames, json({ repositories: null }));
    expect(await names()).toEqual([]);
  });

  test("leaves out names that are none, and would lead elsewhere in a URL", async () => {
    const bad = ["team/../../x", "team/a?b", "team/A", "team/a:1", "team/a@b", "team//a", "team/a#", "team/"];
    at(firstNames, json({ repositories: [...bad, "team/a"] }));
    expect(await names()).toEqual(["team/a"]);
  });

  test("is asked for with the catalog's scope", async () => {
    registry.answers.push({ to: firstNames, answer: says(401, "", bearer()) });
    registry.answers.push({ to: "/token", answer: json({ token: "catalog-token" }) });
    at(firstNames, json({ repositories: ["team/a"] }));
    expect(
      await names(
        "",
        catalog(async () => user),
      ),
    ).toEqual(["team/a"]);
    const [, token, last] = registry.requests;
    expect(token?.path).toContain("scope=registry%3Acatalog%3A*");
    expect(last?.authorization).toBe("Bearer catalog-token");
  });

  test.each([
    [401, "AccessDenied"],
    [403, "AccessDenied"],
    [404, "RequestInvalid"],
    [405, "RequestInvalid"],
    [501, "RequestInvalid"],
  ])("that is refused (%i) is %s, and says what to write in its place", async (status, name) => {
    at(firstNames, says(status, "", { "www-authenticate": "Basic" }));
    if (status === 401) at(firstNames, says(401, "", { "www-authenticate": "Basic" }));
    await expect(
      names(
        "",
        catalog(async () => user),
      ),
    ).rejects.toMatchObject({
      name,
      side: "source",
      operation: "ListRepositories",
      message: `${registry.host()} does not list its repositories (answers with HTTP status ${status}); many registries do so for nobody, or for administrators only: write a rule for each repository, without a *`,
    });
  });

  test("for which there is no token says so, too, and tells no secret", async () => {
    registry.answers.push({ to: firstNames, answer: says(401, "", bearer()) });
    registry.answers.push({ to: "/token", answer: says(403, "{}") });
    const error = await rejection(
      names(
        "",
        catalog(async () => user),
      ),
    );
    expect(error).toMatchObject({ name: "AccessDenied", operation: "ListRepositories" });
    expect(error.message).toMatch(
      /does not list .*refuses the credentials.*write a rule for each repository/,
    );
    expectNoSecret(error);
  });

  test("that does not come for another reason is unavailable", async () => {
    at(firstNames, says(418));
    await expect(names()).rejects.toMatchObject({ name: "Unavailable", operation: "ListRepositories" });
  });
});
