import { appendFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FailureName } from "../../core/errors.ts";
import { digestOf } from "../../core/model/digest.ts";
import type { LocalAws } from "../../local/aws.ts";
import { type Content, image, imageOf } from "../fakes/image.ts";
import { type Execution, execute, requestOf } from "./execution.ts";
import { imageOfLayers, MiB } from "./layer.ts";
import { accounts, startPipeline } from "./pipeline.ts";
import {
  createPair,
  createRepository,
  deleteTag,
  digestOfTag,
  expectCopy,
  push,
  type Repository,
} from "./repository.ts";
import { bytesSent, operations } from "./traffic.ts";

let aws: LocalAws;
beforeAll(async () => {
  aws = await startPipeline();
});
afterEach(() => aws.faults.clear());
afterAll(() => aws.stop());

const before = imageOf([11, 12], 7);
const content = imageOf([3, 40]);

type Pair = { from: Repository; to: Repository };

/** A pair whose destination's tag stands for something else already. */
async function tagged(image: Content = content): Promise<Pair> {
  const pair = await createPair(aws);
  await push(pair.from, image, "1");
  await push(pair.to, before, "1");
  aws.calls.length = 0;
  return pair;
}

function expectFailure(
  { status, error, cause }: Execution,
  expected: { error: FailureName; side?: string; operation: string; says: string | RegExp },
): void {
  const { says, error: name, ...where } = expected;
  expect({ status, error }).toEqual({ status: "FAILED", error: name });
  expect(cause).toMatchObject(where);
  expect(cause?.message).toMatch(says);
}

describe("a request that is wrong", () => {
  test("fails with every mistake at once, before any call", async () => {
    aws.calls.length = 0;
    const request = {
      source: "Nginx",
      destination: `222222222222.dkr.ecr.eu-central-1.amazonaws.com/Upper`,
      sourceRoleArn: "PullImages",
      destinationExternalId: "id",
      platforms: ["linux"],
    };
    const execution = await execute(aws, request);
    expectFailure(execution, { error: "RequestInvalid", operation: "ReadRequest", says: /Nginx/ });
    for (const said of ["Upper", "sourceRoleArn", "destinationExternalId", "platforms"]) {
      expect(execution.cause?.message).toContain(said);
    }
    expect(aws.calls.filter(({ service }) => service === "ecr" || service === "sts")).toEqual([]);
  });

  test.each([[{}], [[]], ["text"]])("may be no request at all: %j", async (input) => {
    const { error, cause } = await execute(aws, input);
    expect({ error, operation: cause?.operation }).toEqual({
      error: "RequestInvalid",
      operation: "ReadRequest",
    });
  });
});

describe("what is not there", () => {
  test("the source's repository", async () => {
    const pair = await tagged();
    const execution = await execute(
      aws,
      requestOf({ from: { ...pair.from, name: "team/absent" }, to: pair.to }),
    );
    expectFailure(execution, {
      error: "RepositoryNotFound",
      side: "source",
      operation: "BatchGetImage",
      says: "team/absent",
    });
    expect(operations(pair.to)).toEqual([]);
  });

  test("the destination's repository", async () => {
    const pair = await tagged();
    const execution = await execute(
      aws,
      requestOf({ from: pair.from, to: { ...pair.to, name: "team/absent" } }),
    );
    expectFailure(execution, {
      error: "RepositoryNotFound",
      side: "destination",
      operation: "BatchGetImage",
      says: "team/absent",
    });
  });

  test.each([
    ["the tag 'absent'", ":absent"],
    [`the digest sha256:${"0".repeat(64)}`, `@sha256:${"0".repeat(64)}`],
  ])("the image with %s", async (says, source) => {
    const pair = await tagged();
    const execution = await execute(aws, requestOf(pair, { source, destination: ":1" }));
    expectFailure(execution, { error: "SourceNotFound", side: "source", operation: "ResolveImage", says });
    expect(await digestOfTag(pair.to, "1")).toBe(before.root.digest);
  });

  test("a layer of the source: what was copied before it is not sent again", async () => {
    const layers = imageOfLayers([2 * MiB, MiB]);
    const pair = await tagged(layers);
    const gone = [...layers.blobs].find(([, { length }]) => length === MiB)?.[0] ?? "";
    aws.store.get(pair.from).layers.delete(gone);
    const execution = await execute(aws, requestOf(pair));
    expectFailure(execution, {
      error: "SourceNotFound",
      side: "source",
      operation: "GetDownloadUrlForLayer",
      says: gone,
    });
    expect(execution.cause?.copied?.layers).toMatchObject({ copied: 1, bytesCopied: 2 * MiB });
    expect(await digestOfTag(pair.to, "1")).toBe(before.root.digest);

    aws.store.get(pair.from).layers.set(gone, MiB);
    aws.calls.length = 0;
    const { report } = await execute(aws, requestOf(pair));
    expect(report).toMatchObject({ status: "Replicated", layers: { bytesPresent: 2 * MiB } });
    expect(bytesSent(pair.to)).toBe(total(layers) - 2 * MiB);
    await expectCopy(pair.to, layers);
  });
});

describe("a tag that may not move", () => {
  test("fails, with all but the tag copied, and moves once it may", async () => {
    const from = await createRepository(aws, accounts.source);
    const to = await createRepository(aws, accounts.destination, { immutable: true });
    await push(from, content, "1");
    await push(to, before, "1");
    const execution = await execute(aws, requestOf({ from, to }));
    expectFailure(execution, {
      error: "TagImmutable",
      side: "destination",
      operation: "PutImage",
      says: "'1'",
    });
    expect(execution.cause?.copied?.layers).toMatchObject({ copied: content.blobs.size });
    expect(await digestOfTag(to, "1")).toBe(before.root.digest);

    await deleteTag(to, "1");
    aws.calls.length = 0;
    expect((await execute(aws, requestOf({ from, to }))).report?.status).toBe("Replicated");
    expect(bytesSent(to)).toBe(0);
    expect(await digestOfTag(to, "1")).toBe(content.root.digest);
  });

  test("is no obstacle to the image that it stands for", async () => {
    const from = await createRepository(aws, accounts.source);
    const to = await createRepository(aws, accounts.destination, { immutable: true });
    await push(from, content, "1");
    await execute(aws, requestOf({ from, to }));
    expect((await execute(aws, requestOf({ from, to }))).report?.status).toBe("InSync");
  });
});

describe("a source that lies", () => {
  test("about a manifest", async () => {
    const pair = await tagged();
    appendFileSync(fileOf(pair.from, "manifests", content.root.digest), "\n");
    const execution = await execute(aws, requestOf(pair));
    expectFailure(execution, {
      error: "DigestMismatch",
      side: "source",
      operation: "ReadManifest",
      says: content.root.digest,
    });
    expect(operations(pair.to)).not.toContain("InitiateLayerUpload");
    expect(await digestOfTag(pair.to, "1")).toBe(before.root.digest);
  });

  test("about the bytes of a layer: nothing of it stays, and once mended it is copied", async () => {
    const pair = await tagged();
    const [digest = "", bytes = new Uint8Array()] =
      [...content.blobs].find(([, { length }]) => length === 40) ?? [];
    writeFileSync(fileOf(pair.from, "layers", digest), new Uint8Array(40));
    const execution = await execute(aws, requestOf(pair));
    expectFailure(execution, {
      error: "DigestMismatch",
      side: "destination",
      operation: "CompleteLayerUpload",
      says: digest,
    });
    expect(await digestOfTag(pair.to, "1")).toBe(before.root.digest);

    writeFileSync(fileOf(pair.from, "layers", digest), bytes);
    expect((await execute(aws, requestOf(pair))).report?.status).toBe("Replicated");
    await expectCopy(pair.to, content);
  });

  test("about the size of a layer", async () => {
    const pair = await tagged();
    const [digest = ""] = [...content.blobs].find(([, { length }]) => length === 40) ?? [];
    aws.store.get(pair.from).layers.set(digest, 39);
    const execution = await execute(aws, requestOf(pair));
    expectFailure(execution, {
      error: "DigestMismatch",
      side: "source",
      operation: "ReadBlob",
      says: digest,
    });
  });
});

describe("an image that ECR would not take today", () => {
  test("with more layers than are copied", async () => {
    const layer = new Uint8Array(1);
    const pair = await tagged();
    const many = image({ layers: Array.from({ length: 1_001 }, () => layer) });
    plant(pair.from, many, { tag: "many" });
    const execution = await execute(aws, requestOf(pair, { source: ":many", destination: ":1" }));
    expectFailure(execution, {
      error: "UnsupportedImage",
      side: "source",
      operation: "ReadManifest",
      says: "1001 layers",
    });
    expect(await digestOfTag(pair.to, "1")).toBe(before.root.digest);
  });

  test("of Docker's schema 1, whose digest is not that of its bytes", async () => {
    const pair = await tagged();
    const mediaType = "application/vnd.docker.distribution.manifest.v1+prettyjws";
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 1, fsLayers: [], signatures: [] }));
    const digest = digestOf(Buffer.from("without signatures"));
    plant(
      pair.from,
      {
        root: { mediaType, digest, size: bytes.length },
        manifests: new Map([[digest, bytes]]),
        blobs: new Map(),
      },
      { tag: "old" },
    );
    const execution = await execute(aws, requestOf(pair, { source: ":old", destination: ":1" }));
    expectFailure(execution, {
      error: "UnsupportedImage",
      side: "source",
      operation: "ReadManifest",
      says: "schema 1",
    });
  });
});

/** Puts an image into the store, which would be refused as a push. */
function plant(
  { account, region, name }: Repository,
  { root, manifests }: Content,
  { tag }: { tag: string },
): void {
  const repository = aws.store.get({ account, region, name });
  const bytes = manifests.get(root.digest) ?? new Uint8Array();
  const stored = { ...root, layers: [], children: [], pushedAt: Date.now() };
  repository.addImage(stored, new TextDecoder().decode(bytes));
  repository.change({ tag, digest: root.digest });
}

/** Where local AWS keeps a manifest or a layer. */
function fileOf({ account, region, name }: Repository, kind: string, digest: string): string {
  const folder = join(aws.data, "ecr", account, region);
  const [own = ""] = readdirSync(folder).filter((each) => each.startsWith(`${name.replaceAll("/", "_")}-`));
  return join(folder, own, kind, digest.replace("sha256:", ""));
}

function total({ blobs }: Content): number {
  return [...blobs.values()].reduce((sum, { length }) => sum + length, 0);
}
