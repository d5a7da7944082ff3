import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { CreateRepositoryCommand, ECRClient } from "@aws-sdk/client-ecr";
import { EcrCatalog } from "../../adapters/catalogs/ecr.ts";
import { RegistryCatalog } from "../../adapters/catalogs/registry.ts";
import { EcrDestination } from "../../adapters/destinations/ecr.ts";
import type { Side } from "../../core/errors.ts";
import { parseManifest } from "../../core/model/manifest.ts";
import { type EcrRepository, parseEcrImage } from "../../core/model/reference.ts";
import type { ListedImage, Wanted } from "../../core/ports.ts";
import { type LocalAws, startLocalAws } from "../../local/aws.ts";
import { imageOf } from "../fakes/image.ts";
import { push } from "../fakes/push.ts";
import { writeAssembly } from "../local/fixture-assembly.ts";

const account = "222222222222";
const region = "eu-central-1";
const tagged: Wanted = { untagged: false, details: false };
const one = imageOf([10], 1);
const two = imageOf([10], 2);
let client: ECRClient;

function repositoryOf(name: string): EcrRepository {
  return parseEcrImage(`${account}.dkr.ecr.${region}.amazonaws.com/${name}`).repository;
}

function use(endpoint: string): void {
  const credentials = { accessKeyId: account, secretAccessKey: "any" };
  client = new ECRClient({ region, endpoint, credentials, maxAttempts: 1 });
}

const catalog = (side: Side = "source") => new EcrCatalog(client, repositoryOf("team/any"), side);

async function all<T>(pages: AsyncIterable<readonly T[]>): Promise<T[]> {
  const found: T[] = [];
  for await (const page of pages) found.push(...page);
  return found;
}

const inOrder = (images: ListedImage[]) =>
  images.toSorted((left, right) => ((left.tag ?? "") < (right.tag ?? "") ? -1 : 1));

describe("a catalog of local ECR", () => {
  let aws: LocalAws;
  let made = 0;
  let name: string;
  let destination: EcrDestination;

  beforeAll(async () => {
    aws = await startLocalAws({ assembly: writeAssembly({ Resources: {} }) });
  });
  afterAll(() => aws.stop());
  beforeEach(async () => {
    use(aws.endpoint);
    name = `catalog/r${++made}`;
    await client.send(new CreateRepositoryCommand({ repositoryName: name }));
    destination = new EcrDestination(client, repositoryOf(name));
    aws.calls.length = 0;
  });
  afterEach(() => {
    aws.faults.clear();
    client.destroy();
  });

  const called = () => aws.calls.map(({ operation }) => operation);

  test("lists the repositories whose names begin with a prefix", async () => {
    for (const repositoryName of ["team/a", "team/b", "teams"]) {
      await client.send(new CreateRepositoryCommand({ repositoryName }));
    }
    expect(await all(catalog().repositories("team/"))).toEqual(["team/a", "team/b"]);
    expect(await all(catalog().repositories("none"))).toEqual([]);
  });

  test("lists every tag with its digest, also several of one image, and no image without a tag", async () => {
    await push(destination, one, "1");
    await push(destination, one, "1.0");
    await push(destination, two);
    aws.calls.length = 0;
    expect(inOrder(await all(catalog().images(name, tagged)))).toEqual([
      { tag: "1", digest: one.root.digest },
      { tag: "1.0", digest: one.root.digest },
    ]);
    expect(called()).toEqual(["ListImages"]);
  });

  test("lists images without a tag when they are wanted", async () => {
    await push(destination, one, "1");
    await push(destination, two);
    const found = await all(catalog("destination").images(name, { untagged: true, details: false }));
    expect(inOrder(found)).toEqual(
      inOrder([{ tag: "1", digest: one.root.digest }, { digest: two.root.digest }]),
    );
  });

  test("says in milliseconds when images were pushed when it is asked for, one by one tag", async () => {
    const start = Math.floor(Date.now() / 1_000) * 1_000;
    await push(destination, one, "1");
    await push(destination, one, "1.0");
    await push(destination, two);
    aws.calls.length = 0;
    const found = await all(catalog().images(name, { untagged: true, details: true }));
    expect(found.map(({ tag, digest }) => `${tag} ${digest}`).toSorted()).toEqual(
      [`1 ${one.root.digest}`, `1.0 ${one.root.digest}`, `undefined ${two.root.digest}`].toSorted(),
    );
    for (const { pushedAt = 0 } of found) {
      expect(pushedAt).toBeGreaterThanOrEqual(start);
      expect(pushedAt).toBeLessThanOrEqual(Date.now());
    }
    expect(await all(catalog().images(name, { untagged: false, details: true }))).toHaveLength(2);
    expect(called()).toEqual(["DescribeImages", "DescribeImages"]);
  });

  test("lists nothing of a repository without images", async () => {
    expect(await all(catalog().images(name, tagged))).toEqual([]);
    expect(await all(catalog().images(name, { ...tagged, details: true }))).toEqual([]);
  });

  test("takes one call for 1,000 tags, and two for one more", async () => {
    await push(destination, one);
    const manifest = parseManifest(one.manifests.get(one.root.digest) ?? new Uint8Array(), one.root);
    const versions = Array.from({ length: 1_000 }, (_, at) => `v${at}`);
    await Promise.all(versions.map((tag) => destination.putManifest(manifest, tag)));
    aws.calls.length = 0;
    expect(await all(catalog().images(name, tagged))).toHaveLength(1_000);
    expect(called()).toEqual(["ListImages"]);
    await push(destination, two, "latest");
    aws.calls.length = 0;
    const found = await all(catalog().images(name, tagged));
    expect(new Set(found.map(({ tag }) => tag)).size).toBe(1_001);
    expect(called()).toEqual(["ListImages", "ListImages"]);
    // The same by the registry's own protocol, whose cursor is as opaque.
    const registry = { host: new URL(aws.endpoint).host, name: "any" };
    const other = new RegistryCatalog(registry, async () => undefined, { allowInsecure: true });
    const tags = await all(other.images(`${account}/${region}/${name}`));
    expect(new Set(tags.map(({ tag }) => tag))).toEqual(new Set(found.map(({ tag }) => tag)));
    expect(aws.calls.filter(({ service }) => service === "registry")).toHaveLength(2);
  });

  test.each(["source", "destination"] as const)(
    "says that a repository of the %s is not there",
    async (side) => {
      const failure = {
        name: "RepositoryNotFound",
        side,
        message: expect.stringContaining("repository/absent"),
      };
      for (const details of [true, false]) {
        await expect(all(catalog(side).images("absent", { ...tagged, details }))).rejects.toMatchObject(
          failure,
        );
      }
    },
  );

  test.each([
    ["throttle", "Throttled"],
    ["error500", "Unavailable"],
    ["accessDenied", "AccessDenied"],
  ] as const)("names the side and the call at the fault %s", async (fault, failure) => {
    for (const operation of ["ListImages", "DescribeRepositories"]) {
      aws.faults.add({ service: "ecr", operation, fault });
      const listed = operation === "ListImages" ? catalog().images(name, tagged) : catalog().repositories("");
      await expect(all<unknown>(listed)).rejects.toMatchObject({ name: failure, side: "source", operation });
    }
  });
});

describe("a catalog's pages", () => {
  /** What is answered, page by page. */
  let pages: object[];
  let asked: Record<string, unknown>[];
  let server: Server;

  beforeEach(async () => {
    [pages, asked] = [[], []];
    server = createServer(async (received, response) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of received) chunks.push(chunk);
      asked.push(JSON.parse(Buffer.concat(chunks).toString()));
      response.setHeader("content-type", "application/x-amz-json-1.1").end(JSON.stringify(pages.shift()));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });
  afterEach(() => {
    client.destroy();
    server.closeAllConnections();
    server.close();
  });

  const { digest: imageDigest } = one.root;

  test("are of 1,000, and go on with the token as it was given, also after an empty one", async () => {
    const nextToken = "opaque+/= \u00e9";
    pages = [
      { imageIds: [{ imageTag: "a", imageDigest }], nextToken },
      { imageIds: [], nextToken: "last" },
      { imageIds: [{ imageTag: "b", imageDigest }] },
    ];
    const found = await all(catalog().images("app", tagged));
    expect(found.map(({ tag }) => tag)).toEqual(["a", "b"]);
    const input = {
      registryId: account,
      repositoryName: "app",
      maxResults: 1_000,
      filter: { tagStatus: "TAGGED", imageStatus: "ACTIVE" },
    };
    expect(asked).toEqual([input, { ...input, nextToken }, { ...input, nextToken: "last" }]);
  });

  test("have archived images of the destination, which is not to get them again", async () => {
    pages = [{ imageDetails: [] }];
    await all(catalog("destination").images("app", { untagged: true, details: true }));
    expect(asked).toEqual([
      expect.objectContaining({ filter: { tagStatus: "ANY", imageStatus: "ANY" }, maxResults: 1_000 }),
    ]);
  });

  test("of exactly 1,000 described images are one call each", async () => {
    const imageDetails = Array.from({ length: 1_000 }, (_, at) => ({
      imageDigest,
      imageTags: [`v${at}`],
      imagePushedAt: 1_700_000_000.25,
    }));
    pages = [{ imageDetails }];
    const found = await all(catalog().images("app", { ...tagged, details: true }));
    expect(found).toHaveLength(1_000);
    expect(found[999]).toEqual({ tag: "v999", digest: imageDigest, pushedAt: 1_700_000_000_250 });
    expect(asked).toHaveLength(1);
  });

  test("of repositories go on, too, and are of the registry's account", async () => {
    pages = [
      { repositories: [{ repositoryName: "a/1" }, { repositoryName: "b" }], nextToken: "more" },
      { repositories: [{ repositoryName: "a/2" }] },
    ];
    expect(await all(catalog().repositories("a/"))).toEqual(["a/1", "a/2"]);
    expect(asked).toEqual([
      { registryId: account, maxResults: 1_000 },
      { registryId: account, maxResults: 1_000, nextToken: "more" },
    ]);
  });
});
