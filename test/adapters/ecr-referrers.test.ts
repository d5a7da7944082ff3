import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { CreateRepositoryCommand, ECRClient } from "@aws-sdk/client-ecr";
import { EcrDestination } from "../../adapters/destinations/ecr.ts";
import { EcrSource } from "../../adapters/sources/ecr.ts";
import { type EcrRepository, parseEcrImage } from "../../core/model/reference.ts";
import { cosignTags, fallbackTag, maxReferrers } from "../../core/model/referrer.ts";
import { type LocalAws, startLocalAws } from "../../local/aws.ts";
import { execute } from "../fakes/execution.ts";
import { bytesOf, type Content, image, imageOf, index } from "../fakes/image.ts";
import { MemoryDestination } from "../fakes/memory-destination.ts";
import { push } from "../fakes/push.ts";
import { request } from "../fakes/request.ts";
import { writeAssembly } from "../local/fixture-assembly.ts";

const account = "222222222222";
const region = "eu-central-1";
const artifactType = "application/vnd.example.signature";
const before = { ...process.env };
const content = imageOf([30, 7]);
const { root } = content;
const fallback = fallbackTag(root.digest);
const [sig = "", att = "", sbom = ""] = cosignTags(root.digest);
let client: ECRClient;
let source: EcrSource;

function signature(seed: number, subject = root): Content {
  return image({ layers: [bytesOf(15, seed)], also: { subject, artifactType } });
}

/** An artifact that says of itself neither what it is nor what it refers to, as clients leave them that know no API. */
function plain(seed: number): Content {
  return image({ layers: [bytesOf(16, seed)] });
}

function repositoryOf(name: string): EcrRepository {
  return parseEcrImage(`${account}.dkr.ecr.${region}.amazonaws.com/${name}`).repository;
}

function use(endpoint: string): void {
  const credentials = { AWS_ACCESS_KEY_ID: account, AWS_SECRET_ACCESS_KEY: "any" };
  Object.assign(process.env, { AWS_ENDPOINT_URL: endpoint, ...credentials });
  client = new ECRClient({ region, maxAttempts: 1 });
}

afterAll(() => {
  process.env = before;
});

describe("the artifacts of an image in ECR", () => {
  let aws: LocalAws;
  let destination: EcrDestination;
  let made = 0;

  beforeAll(async () => {
    aws = await startLocalAws({ assembly: writeAssembly({ Resources: {} }) });
  });
  afterAll(() => aws.stop());
  beforeEach(async () => {
    use(aws.endpoint);
    const repositoryName = `artifacts/r${++made}`;
    await client.send(new CreateRepositoryCommand({ repositoryName }));
    destination = new EcrDestination(client, repositoryOf(repositoryName));
    source = new EcrSource(client, repositoryOf(repositoryName));
    await push(destination, content, "1.0");
    aws.calls.length = 0;
  });
  afterEach(() => {
    aws.faults.clear();
    client.destroy();
  });

  test("are none where there is nothing, after five calls", async () => {
    expect(await source.referrers(root)).toEqual([]);
    expect(aws.calls.map(({ operation }) => operation).sort()).toEqual([
      "BatchGetImage",
      "BatchGetImage",
      "BatchGetImage",
      "BatchGetImage",
      "ListImageReferrers",
    ]);
    expect(source.warnings()).toEqual([]);
  });

  test("are those that have it as their subject", async () => {
    const signed = signature(1);
    await push(destination, signed);
    await push(destination, signature(2, signed.root));
    expect(await source.referrers(root)).toEqual([{ ...signed.root, artifactType }]);
  });

  test("are those of all pages of 50", async () => {
    const all = Array.from({ length: 51 }, (_, seed) => signature(seed));
    for (const each of all) await push(destination, each);
    aws.calls.length = 0;
    const found = await source.referrers(root);
    expect(found.map(({ digest }) => digest)).toEqual(all.map((each) => each.root.digest).sort());
    expect(aws.calls.filter(({ operation }) => operation === "ListImageReferrers")).toHaveLength(2);
  });

  test("are those under cosign's tags, each with its tag, though one image has several", async () => {
    await push(destination, plain(1), sig);
    await push(destination, plain(2), att);
    await push(destination, plain(2), sbom);
    expect(await source.referrers(root)).toEqual([
      { ...plain(1).root, tag: sig },
      { ...plain(2).root, tag: att },
      { ...plain(2).root, tag: sbom },
    ]);
  });

  test("are those of the index under the fallback tag, and one that is also listed only once", async () => {
    await push(destination, index([signature(1), plain(2)], { entries: [{}, { artifactType }] }), fallback);
    expect(await source.referrers(root)).toEqual([
      { ...signature(1).root, artifactType },
      { ...plain(2).root, artifactType },
    ]);
  });

  test("are none of an image under the fallback tag", async () => {
    await push(destination, plain(1), fallback);
    expect(await source.referrers(root)).toEqual([]);
  });

  test("are copied along with it", async () => {
    await push(destination, signature(1));
    await push(destination, plain(2), sig);
    const there = new MemoryDestination();
    const { report } = await execute(request, { source, destination: there });
    expect(report).toMatchObject({ status: "Replicated", referrers: { copied: 2 }, warnings: [] });
    expect(there.images.has(signature(1).root.digest)).toBe(true);
    expect(there.tags.get(sig)).toBe(plain(2).root.digest);
  });

  test.each([
    ["throttle", "Throttled"],
    ["error500", "Unavailable"],
    ["accessDenied", "AccessDenied"],
  ] as const)("are not thought to be absent at the fault %s", async (fault, name) => {
    aws.faults.add({ service: "ecr", operation: "ListImageReferrers", fault });
    await expect(source.referrers(root)).rejects.toMatchObject({
      name,
      side: "source",
      operation: "ListImageReferrers",
    });
  });
});

describe("an artifact that ECR does not give", () => {
  let server: Server;
  /** What is listed of the image, page by page. */
  let pages: object[][];
  /** Why tags are not given. */
  let failureCode: string | undefined;

  beforeEach(async () => {
    pages = [[]];
    failureCode = undefined;
    let asked = 0;
    server = createServer(async (received, response) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of received) chunks.push(chunk);
      const { imageIds } = JSON.parse(Buffer.concat(chunks).toString());
      const failures = [{ imageId: imageIds?.[0], failureCode: failureCode ?? "ImageNotFound" }];
      const referrers = pages[asked];
      const answer = imageIds
        ? { images: [], failures }
        : { referrers, nextToken: ++asked < pages.length ? `${asked}` : undefined };
      response.setHeader("content-type", "application/x-amz-json-1.1").end(JSON.stringify(answer));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    source = new EcrSource(client, repositoryOf("app"));
  });
  afterEach(() => {
    client.destroy();
    server.closeAllConnections();
    server.close();
  });

  test.each(["ARCHIVED", "ACTIVATING"])(
    "since it is %s is refused, with what to do",
    async (artifactStatus) => {
      pages = [[{ ...root, artifactType, artifactStatus }]];
      expect(await source.referrers(root)).toEqual([
        {
          ...root,
          artifactType,
          refused: `Amazon ECR has it as ${artifactStatus}; restore it, and copy it then`,
        },
      ]);
    },
  );

  test("and is known by a tag alone is told as missed", async () => {
    failureCode = "ImageInaccessible";
    expect(await source.referrers(root)).toEqual([]);
    expect(source.warnings()).toHaveLength(4);
    expect(source.warnings()).toContain(
      `signatures and the like may be missing: arn:aws:ecr:${region}:${account}:repository/app does not give the tag '${sig}': ImageInaccessible: no reason`,
    );
  });

  test("since its descriptor is wrong is refused", async () => {
    pages = [
      [
        { ...root, digest: "sha512:ab" },
        { ...root, size: undefined },
      ],
    ];
    expect(await source.referrers(root)).toEqual([
      expect.objectContaining({ digest: "sha512:ab", refused: expect.stringContaining("only sha256") }),
      expect.objectContaining({ digest: root.digest, refused: expect.stringContaining("the size") }),
    ]);
  });

  test("since there are too many is not asked for: pages end when more than can be copied were found", async () => {
    pages = Array.from({ length: 9 }, (_, at) =>
      Array.from({ length: 50 }, (_, seed) => imageOf([5], 1 + at * 50 + seed).root),
    );
    const found = await source.referrers(root);
    expect(found.length).toBe(150);
    expect(found.length).toBeGreaterThan(maxReferrers);
  });
});
