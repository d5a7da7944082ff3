import type { LocalAws } from "../../local/aws.ts";
import { imageOf, index } from "../fakes/image.ts";
import { type Prepared, type RecordingRegistry, says } from "../fakes/recording-registry.ts";
import { accounts, externalId, machines, roleArns, startPipeline } from "./pipeline.ts";
import { createSecret, served, startRegistry } from "./registry.ts";
import { createRepository, digestOfTag, expectCopy, nameOf, type Repository, tagsOf } from "./repository.ts";
import { run } from "./rule.ts";

const versions = ["1.0", "1.1", "1.2", "2.0-rc1", "nightly"];
const contentOf = (tag: string) => imageOf([20, 30], 400 + versions.indexOf(tag));

let aws: LocalAws;
let registry: RecordingRegistry;
let sourceSecretArn: string;
beforeAll(async () => {
  aws = await startPipeline();
  sourceSecretArn = await createSecret(aws);
});
beforeEach(async () => {
  registry = await startRegistry();
  for (const tag of versions) registry.add(contentOf(tag), tag);
});
afterEach(() => registry.close());
afterAll(() => aws.stop());

/** Has the registry list its tags in pages, to those who have a token. */
function listTags(...pages: readonly (readonly string[])[]): void {
  for (const [number, tags] of pages.entries()) {
    const link = `</v2/app/tags/list?last=${tags.at(-1)}>; rel="next"`;
    const page = says(200, JSON.stringify({ name: "app", tags }), number + 1 < pages.length ? { link } : {});
    registry.answers.push({ to: "tags/list", answer: withToken("tags/list", page) });
  }
}

function withToken(to: string, answer: Prepared): Prepared {
  return (request, response) => {
    const { authorization = "" } = request.headers;
    if (registry.tokens.has(authorization.replace("Bearer ", ""))) return answer(request, response);
    registry.answers.unshift({ to, answer: withToken(to, answer) });
    const challenge = `Bearer realm="${registry.realm}",service="registry.example.test"`;
    return says(401, "", { "www-authenticate": challenge })(request, response);
  };
}

/** A new repository, and a rule that copies the stable versions from 1.1 on into it, with the secret and a role. */
async function versionsRule(): Promise<{ to: Repository; rule: object }> {
  const to = await createRepository(aws, accounts.destination);
  const rule = {
    name: "versions",
    source: `${registry.host("127.0.0.1", "http")}/app`,
    sourceSecretArn,
    destination: nameOf(to),
    destinationRoleArn: roleArns.destination,
    destinationExternalId: externalId,
    tags: { semver: ">=1.1" },
  };
  return { to, rule };
}

test("the versions of a registry's repository arrive, and in sync each costs one HEAD", async () => {
  const { to, rule } = await versionsRule();
  listTags(versions.slice(0, 2), versions.slice(2));
  const { report, cause } = await run(aws, rule, machines.ReplicateImages);
  expect({ cause, report }).toMatchObject({
    cause: undefined,
    report: { status: "Replicated", images: { selected: 2, copied: 2, failed: 0 }, warnings: [] },
  });
  expect((await tagsOf(to)).toSorted()).toEqual(["1.1", "1.2"]);
  for (const tag of ["1.1", "1.2"]) {
    await expectCopy(to, contentOf(tag));
    expect(await digestOfTag(to, tag)).toBe(contentOf(tag).root.digest);
  }
  listTags(versions);
  registry.requests.length = 0;
  const second = await run(aws, rule, machines.ReplicateImages);
  expect(second.report).toMatchObject({ status: "InSync", images: { selected: 2, inSync: 2 } });
  const asked = served(registry).map((request) => request.split("?")[0]);
  expect(asked.toSorted()).toEqual(["GET tags/list", "HEAD manifests/1.1", "HEAD manifests/1.2"]);
});

test("a tag that is listed and cannot be asked about fails alone: it is not taken for gone", async () => {
  const { to, rule } = await versionsRule();
  listTags([...versions, "1.9"]);
  const { error, cause } = await run(aws, rule, machines.ReplicateImages);
  expect(error).toBe("ImagesFailed");
  expect(cause?.message).toMatch(/^1 of 3 images .* \(SourceNotFound 1\); the first: .*:1\.9/);
  expect((await tagsOf(to)).toSorted()).toEqual(["1.1", "1.2"]);
});

test("an image that the registry cannot serve fails alone, and the run names it", async () => {
  const { to, rule } = await versionsRule();
  listTags([...versions, "1.3"]);
  registry.add(index([imageOf([20], 500)]), "1.3");
  const missing = [...imageOf([20], 500).manifests.keys()][0] ?? "";
  for (let tries = 0; tries < 40; tries++) registry.answers.push({ to: missing, answer: says(404) });
  const { error, cause } = await run(aws, rule, machines.ReplicateImages);
  expect(error).toBe("ImagesFailed");
  expect(cause?.message).toMatch(
    /^1 of 3 images of the rule versions failed \(SourceNotFound 1\); the first: .*:1\.3/,
  );
  expect((await tagsOf(to)).toSorted()).toEqual(["1.1", "1.2"]);
});

test("a registry that does not list its repositories ends a rule with a pattern, and says what to do", async () => {
  const { to, rule } = await versionsRule();
  registry.answers.push({ to: "_catalog", answer: says(404) });
  const [source, destination] = [`${registry.host("127.0.0.1", "http")}/*`, `${nameOf(to)}/*`];
  const { error, cause } = await run(aws, { ...rule, source, destination }, machines.ReplicateImages);
  expect(error).toBe("RequestInvalid");
  expect(cause?.message).toContain("write a rule for each repository, without a *");
});
