import { CreateRepositoryCommand, ECRClient } from "@aws-sdk/client-ecr";
import { EcrDestination } from "../../adapters/destinations/ecr.ts";
import { parseEcrImage } from "../../core/model/reference.ts";
import { type LocalAws, startLocalAws } from "../../local/aws.ts";
import { blobOf, bytesOf, type Content, image } from "../fakes/image.ts";
import { configText, layeredImage, packed } from "../fakes/layered-image.ts";
import { push } from "../fakes/push.ts";
import { writeAssembly } from "../local/fixture-assembly.ts";

const account = "222222222222";
const region = "eu-central-1";
const before = { ...process.env };
const layer = (seed: number) => packed(bytesOf(30, seed));
const absent = layer(1_000).found.diffId;
let aws: LocalAws;
let client: ECRClient;
let destination: EcrDestination;
let made = 0;

beforeAll(async () => {
  aws = await startLocalAws({ assembly: writeAssembly({ Resources: {} }) });
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: aws.endpoint,
    AWS_ACCESS_KEY_ID: account,
    AWS_SECRET_ACCESS_KEY: "any",
  });
  client = new ECRClient({ region, maxAttempts: 1 });
});
afterAll(async () => {
  process.env = before;
  client.destroy();
  await aws.stop();
});
beforeEach(async () => {
  const repositoryName = `search/r${++made}`;
  await client.send(new CreateRepositoryCommand({ repositoryName }));
  const { repository } = parseEcrImage(`${account}.dkr.ecr.${region}.amazonaws.com/${repositoryName}`);
  destination = new EcrDestination(client, repository);
});
afterEach(() => aws.faults.clear());

async function pushAll(images: readonly Content[]): Promise<void> {
  for (const [at, content] of images.entries()) await push(destination, content, `${at}`);
  aws.calls.length = 0;
}

/** How often each operation was called. */
function counts(): Record<string, number> {
  const counted: Record<string, number> = {};
  for (const { operation } of aws.calls) counted[operation] = (counted[operation] ?? 0) + 1;
  return counted;
}

function configsRead(): unknown[] {
  return aws.calls.filter(({ service }) => service === "layers").map(({ detail }) => detail["layerDigest"]);
}

function configOf({ root, manifests }: Content): string {
  return JSON.parse(Buffer.from(manifests.get(root.digest) ?? []).toString()).config.digest;
}

describe("a search in a repository of 30 images", () => {
  const images = Array.from({ length: 30 }, (_, seed) => layeredImage([layer(seed), layer(seed + 100)]));
  beforeEach(() => pushAll(images));

  test("reads the configs of the newest 20, and nothing else, when it finds nothing", async () => {
    expect(await destination.findLayers([absent])).toEqual([]);
    expect(counts()).toEqual({
      DescribeImages: 1,
      BatchGetImage: 1,
      GetDownloadUrlForLayer: 20,
      "GET layer": 20,
    });
    expect(new Set(configsRead())).toEqual(new Set(images.slice(10).map(configOf)));
  });

  test("finds a layer of the twentieth newest, and none of the one before", async () => {
    const [tenth, eleventh] = [layer(9), layer(10)];
    const found = await destination.findLayers([tenth.found.diffId, eleventh.found.diffId]);
    expect(found).toEqual([eleventh.found]);
  });

  test("ends after the newest four when they have all that is wanted", async () => {
    const wanted = [layer(29), layer(128)];
    const found = await destination.findLayers(wanted.map((each) => each.found.diffId));
    expect(found).toEqual(wanted.map((each) => each.found));
    expect(new Set(configsRead())).toEqual(new Set(images.slice(26).map(configOf)));
  });
});

test("a search for nothing makes no call, and one without images a single one", async () => {
  aws.calls.length = 0;
  expect(await destination.findLayers([])).toEqual([]);
  expect(counts()).toEqual({});
  expect(await destination.findLayers([absent])).toEqual([]);
  expect(counts()).toEqual({ DescribeImages: 1 });
});

test("a config of 4 MiB is read, and one that is larger is not", async () => {
  const [one, other] = [layer(1), layer(2)];
  const padded = (diffId: string, size: number) => configText([diffId]).padEnd(size);
  const MiB = 1024 * 1024;
  await pushAll([
    layeredImage([one], { config: padded(one.found.diffId, 4 * MiB) }),
    layeredImage([other], { config: padded(other.found.diffId, 4 * MiB + 1) }),
  ]);
  expect(await destination.findLayers([one.found.diffId, other.found.diffId])).toEqual([one.found]);
  expect(configsRead()).toHaveLength(1);
});

test("what has no layer of a known kind, such as an attestation, costs no read", async () => {
  const statement = bytesOf(50);
  const { diffId } = layer(3).found;
  const layers = [{ mediaType: "application/vnd.in-toto+json", ...blobOf(statement) }];
  const config = Buffer.from(configText([diffId]));
  await pushAll([image({ layers: [statement], config, also: { layers } })]);
  expect(await destination.findLayers([diffId])).toEqual([]);
  expect(counts()).toEqual({ DescribeImages: 1, BatchGetImage: 1 });
});

test.each(["DescribeImages", "BatchGetImage", "GetDownloadUrlForLayer"])(
  "what refuses %s is named, on the side of the destination",
  async (operation) => {
    await pushAll([layeredImage([layer(1)])]);
    for (const [fault, name] of [
      ["accessDenied", "AccessDenied"],
      ["throttle", "Throttled"],
      ["error500", "Unavailable"],
    ] as const) {
      aws.faults.add({ service: "ecr", operation, fault });
      await expect(destination.findLayers([absent])).rejects.toMatchObject({
        name,
        side: "destination",
        operation,
        message: expect.stringContaining(`${operation} on arn:aws:ecr:${region}:${account}:repository/`),
      });
    }
  },
);

test("a download that breaks, or whose URL has expired, is gone on with", async () => {
  await pushAll([layeredImage([layer(1)])]);
  aws.faults.add({ service: "layers", operation: "GET layer", fault: "brokenRead", afterBytes: 10 });
  aws.faults.add({ service: "layers", operation: "GET layer", fault: "expiredUrl" });
  expect(await destination.findLayers([layer(1).found.diffId])).toEqual([layer(1).found]);
  expect(counts()["GET layer"]).toBe(3);
});
