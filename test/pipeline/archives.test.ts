import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import type { Request } from "../../core/model/request.ts";
import type { LocalAws } from "../../local/aws.ts";
import type { Fault, FaultEffect } from "../../local/faults.ts";
import type { CallRecord } from "../../local/http.ts";
import { type DockerLayerFile, dockerContent, dockerFiles, type Files, ociFiles } from "../fakes/archive.ts";
import { attestedIndex, type Content, imageOf } from "../fakes/image.ts";
import { header, tarOf } from "../fakes/tar.ts";
import { type Execution, execute, requestOf } from "./execution.ts";
import { imageOfLayers, layerBytes, MiB, partSize } from "./layer.ts";
import { accounts, region, startPipeline } from "./pipeline.ts";
import { createRepository, digestOfTag, expectCopy, push, type Repository } from "./repository.ts";
import { bytesSent, expectSentOnce, operations } from "./traffic.ts";

const bucket = "my-bucket";
const GB = 1_000_000_000;
const none = { layerCompression: "none" } as const;
let aws: LocalAws;
let s3: S3Client;
let data: string;
let onCall: (record: CallRecord) => void = () => {};
let made = 0;

beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), "archives-"));
  plantSparse("huge.tar");
  // A worker stops when less than a minute is left; this one has a quarter of a second more.
  const timeouts = { CopyLayer: 60_250 };
  aws = await startPipeline({ data, timeouts, onCall: (record) => onCall(record) });
  const credentials = { accessKeyId: accounts.source, secretAccessKey: "any" };
  s3 = new S3Client({ endpoint: aws.endpoint, region, forcePathStyle: true, credentials });
  await s3.send(new CreateBucketCommand({ Bucket: "other-bucket" }));
});
afterEach(() => {
  onCall = () => {};
  aws.faults.clear();
});
afterAll(async () => {
  s3.destroy();
  await aws.stop();
  rmSync(data, { recursive: true });
});

/** Puts an archive into the bucket: its key. */
async function put(content: Uint8Array | Files, key = `images/app ${++made}.tar`): Promise<string> {
  const Body = content instanceof Uint8Array ? content : tarOf(content);
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body }));
  aws.calls.length = 0;
  return key;
}

async function makeDestination(): Promise<Repository> {
  return createRepository(aws, accounts.destination);
}

/** A request from an archive, to the tag 1, with the role of each side. */
function requestFrom(key: string, to: Repository, also: Partial<Request> = {}): Request {
  return {
    ...requestOf({ from: to, to }, { destination: ":1" }),
    source: `s3://${bucket}/${key}`,
    ...also,
  };
}

async function expectReplicated(request: Request, to: Repository, content: Content): Promise<Execution> {
  const execution = await execute(aws, request);
  const { report, cause } = execution;
  expect({ cause, status: report?.status }).toEqual({ cause: undefined, status: "Replicated" });
  expect(report).toMatchObject({ digest: content.root.digest, source: request.source });
  await expectCopy(to, content);
  expect(await digestOfTag(to, "1")).toBe(content.root.digest);
  return execution;
}

function blobsOf({ blobs }: Content): { size: number }[] {
  return [...blobs.values()].map(({ length }) => ({ size: length }));
}

function total(content: Content): number {
  return blobsOf(content).reduce((sum, { size }) => sum + size, 0);
}

/** A layer as `docker save` writes it: a tar without compression, in a folder of its own. */
function dockerLayer(size: number, seed: number): DockerLayerFile {
  return { path: `${seed}/layer.tar`, bytes: tarOf({ data: layerBytes(size, seed) }) };
}

describe("an OCI archive", () => {
  test.each<[string, Content]>([
    ["an image", imageOfLayers([3 * MiB, 12, 700])],
    ["an index of platforms with an attestation", attestedIndex()],
  ])("of %s is copied byte for byte, each layer sent once, and then in sync", async (_, content) => {
    const to = await makeDestination();
    const request = requestFrom(await put(ociFiles({ content })), to);
    await expectReplicated(request, to, content);
    expectSentOnce(to, blobsOf(content));

    aws.calls.length = 0;
    const again = await execute(aws, request);
    expect(again.report).toMatchObject({ status: "InSync", digest: content.root.digest });
    expect(operations(to)).toEqual(["BatchGetImage"]);
  });

  test("sends nothing of what the destination has", async () => {
    const [content, to] = [imageOfLayers([2 * MiB, 5], 3), await makeDestination()];
    await push(to, content, "other");
    aws.calls.length = 0;
    await expectReplicated(requestFrom(await put(ociFiles({ content })), to), to, content);
    expect(bytesSent(to)).toBe(0);
  });

  test("gives the image that is named, whose tag is the destination's when none is given", async () => {
    const [first, second, to] = [imageOf([5], 11), imageOf([6], 12), await makeDestination()];
    const key = await put(ociFiles({ content: first, name: "app:1" }, { content: second, name: "app:2" }));
    const request = requestFrom(`${key}#app:2`, to);
    const execution = await execute(aws, { ...request, destination: request.destination.replace(/:1$/, "") });
    expect(execution.report).toMatchObject({ status: "Replicated", digest: second.root.digest });
    expect(await digestOfTag(to, "2")).toBe(second.root.digest);
    await expectCopy(to, second);
  });
});

describe("a Docker archive", () => {
  const layers = [dockerLayer(2 * MiB, 21), dockerLayer(3, 22), dockerLayer(3, 22)];

  test("is copied byte for byte, each layer sent once, and then in sync", async () => {
    const [content, to] = [dockerContent(layers), await makeDestination()];
    const request = requestFrom(await put(dockerFiles(layers, "app:1")), to, none);
    await expectReplicated(request, to, content);
    expectSentOnce(to, blobsOf(content));
    expect((await execute(aws, request)).report).toMatchObject({ status: "InSync" });
  });

  test("with compressed layers that are named for their digest is copied as it is", async () => {
    const to = await makeDestination();
    const packed = layers.slice(0, 2).map(({ bytes }) => {
      const zipped = gzipSync(bytes);
      const hex = createHash("sha256").update(zipped).digest("hex");
      const diffId = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
      return { path: `${hex}.tar.gz`, bytes: zipped, diffId };
    });
    const content = dockerContent(packed, "+gzip");
    await expectReplicated(requestFrom(await put(dockerFiles(packed)), to), to, content);
  });

  test("whose layer is not the one that its config lists leaves no image", async () => {
    const to = await makeDestination();
    const files = { ...dockerFiles(layers), "21/layer.tar": tarOf({ data: "forged" }) };
    const execution = await execute(aws, requestFrom(await put(files), to, none));
    expect(execution).toMatchObject({ status: "FAILED", error: "DigestMismatch" });
    expect(await digestOfTag(to, "1")).toBeUndefined();
  });

  test("of 20 GB is planned in seconds, from a few small reads", async () => {
    const to = await makeDestination();
    aws.calls.length = 0;
    const { report } = await execute(aws, requestFrom("huge.tar", to, { ...none, mode: "plan" }));
    expect(report).toMatchObject({ status: "Planned", layers: { copied: 4 } });
    expect(report?.layers.bytesCopied).toBeGreaterThan(20 * GB);
    expect(reads("huge.tar").length).toBeLessThan(20);
  });
});

describe("what interrupts the copy of an archive", () => {
  const content = imageOfLayers([25 * MiB, 3], 31);
  const docker = [dockerLayer(25 * MiB, 32)];
  let keys: { oci: string; docker: string };
  beforeAll(async () => {
    keys = { oci: await put(ociFiles({ content })), docker: await put(dockerFiles(docker)) };
  });

  test.each([
    ["before", true],
    ["after", false],
  ])(
    "a function that is killed in mid-layer, %s its part was taken, is followed by another",
    async (_, before) => {
      for (const [key, expected] of [
        [keys.oci, content],
        [keys.docker, dockerContent(docker)],
      ] as const) {
        const to = await makeDestination();
        const detail = { repositoryName: to.name, partFirstByte: partSize };
        aws.faults.add({ service: "ecr", operation: "UploadLayerPart", detail, fault: "kill", before });
        const { retries } = await expectReplicated(requestFrom(key, to, none), to, expected);
        expect(retries).toBe(1);
        expect(bytesSent(to)).toBeLessThanOrEqual(total(expected) + partSize);
      }
    },
  );

  test("a function whose time is up is followed by another, and each part is sent once", async () => {
    const large = imageOfLayers([150 * MiB], 33);
    const to = await makeDestination();
    const request = requestFrom(await put(ociFiles({ content: large })), to);
    const { retries, states } = await expectReplicated(request, to, large);
    expect(retries).toBe(0);
    expect(states.filter((state) => state === "CopyLayers").length).toBeGreaterThan(1);
    expectSentOnce(to, blobsOf(large));
  }, 60_000);

  test.each<FaultEffect>([
    { fault: "throttle" },
    { fault: "error500" },
    { fault: "lostAnswer" },
    { fault: "brokenRead", afterBytes: 0 },
    { fault: "brokenRead", afterBytes: 1 },
  ])("a read of the bucket that meets %j is repeated", async (effect) => {
    const small = imageOf([4, 50], 34);
    const key = await put(ociFiles({ content: small }));
    const to = await makeDestination();
    aws.faults.add({ service: "s3", operation: "GetObject", after: 1, ...effect } as Fault);
    await expectReplicated(requestFrom(key, to), to, small);
    expect(aws.faults.list()).toMatchObject([{ struck: 1 }]);
  });

  test("a bucket that throttles for longer than a client asks again is waited for", async () => {
    const small = imageOf([4, 51], 35);
    const key = await put(ociFiles({ content: small }));
    const to = await makeDestination();
    aws.faults.add({ service: "s3", operation: "GetObject", fault: "throttle", times: 7 });
    const { retries } = await expectReplicated(requestFrom(key, to), to, small);
    expect(retries).toBeGreaterThan(0);
  });

  test("a layer's read that breaks is continued: each byte is sent once", async () => {
    const to = await makeDestination();
    // The reads of headers and manifests are over by then.
    const faulty = { service: "s3", operation: "GetObject", detail: { key: keys.oci } } as const;
    let struck = false;
    onCall = ({ operation }) => {
      if (operation !== "UploadLayerPart" || struck) return;
      struck = true;
      aws.faults.add({ ...faulty, fault: "brokenRead", afterBytes: 3 * MiB });
    };
    await expectReplicated(requestFrom(keys.oci, to), to, content);
    expectSentOnce(to, blobsOf(content));
  });

  test.each<[string, () => Content | undefined]>([
    ["another image", () => imageOf([3], 36)],
    ["the same image, packed otherwise", () => undefined],
  ])("an object that is replaced by %s ends the copy, and nothing is tagged", async (_, other) => {
    const key = await put(ociFiles({ content }));
    const to = await makeDestination();
    const replacement = other();
    const files = replacement
      ? ociFiles({ content: replacement })
      : { "a-first": "", ...ociFiles({ content }) };
    let replacing: Promise<unknown> | undefined;
    onCall = ({ operation, detail }) => {
      if (operation !== "InitiateLayerUpload" || detail["repositoryName"] !== to.name) return;
      replacing ??= s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: tarOf(files) }));
    };
    // The function is killed at its first part, and the next one opens the object anew.
    const detail = { repositoryName: to.name, partFirstByte: partSize };
    aws.faults.add({ service: "ecr", operation: "UploadLayerPart", detail, fault: "kill", before: true });
    const { status, error, cause } = await execute(aws, requestFrom(key, to));
    await replacing;
    expect({ status, error }).toEqual({ status: "FAILED", error: "SourceNotFound" });
    expect(cause).toMatchObject({ side: "source", message: expect.stringContaining("was replaced while") });
    expect(await digestOfTag(to, "1")).toBeUndefined();

    const found = replacement ?? content;
    await expectReplicated(requestFrom(key, to), to, found);
  });
});

describe("an archive that cannot be copied", () => {
  const content = imageOf([4, 60], 41);
  const docker = [dockerLayer(5, 42)];

  test.each<[string, () => Uint8Array | Files, string, { error: string; message: RegExp }]>([
    [
      "compressed",
      () => gzipSync(tarOf(ociFiles({ content }))),
      "",
      { error: "UnsupportedImage", message: /is compressed with gzip; put it/ },
    ],
    [
      "no archive",
      () => Buffer.from("<html>Sign in</html>"),
      "",
      { error: "UnsupportedImage", message: /is no tar archive; expected an image/ },
    ],
    [
      "empty",
      () => new Uint8Array(),
      "",
      { error: "UnsupportedImage", message: /^s3:\/\/my-bucket\/.* is empty/ },
    ],
    [
      "truncated",
      () => tarOf(dockerFiles(docker)).subarray(0, 1_500),
      "",
      { error: "UnsupportedImage", message: /the archive is cut short/ },
    ],
    [
      "without an image",
      () => ({ "readme.md": "" }),
      "",
      { error: "UnsupportedImage", message: /holds no image/ },
    ],
    [
      "without the named image",
      () => ociFiles({ content, name: "app:1" }),
      "#app:2",
      { error: "SourceNotFound", message: /no image 'app:2'; it has 1 image: 'app:1'/ },
    ],
    [
      "without a layer",
      () => without(ociFiles({ content }), [...content.blobs.keys()].at(-1)),
      "",
      { error: "UnsupportedImage", message: /the archive lacks sha256/ },
    ],
    [
      "of layers whose compression is not said",
      () => dockerFiles(docker),
      "",
      { error: "UnsupportedImage", message: /set layerCompression to none/ },
    ],
  ])(
    "since it is %s says so, and calls the destination for nothing",
    async (_, make, image, { error, message }) => {
      const to = await makeDestination();
      const key = await put(make());
      const execution = await execute(aws, requestFrom(`${key}${image}`, to));
      expect({ status: execution.status, error: execution.error }).toEqual({ status: "FAILED", error });
      expect(execution.cause).toMatchObject({ side: "source", message: expect.stringMatching(message) });
      expect(operations(to)).toEqual([]);
      expect(await digestOfTag(to, "1")).toBeUndefined();
    },
  );

  test.each([
    ["a key that is not there", `s3://${bucket}/absent.tar`, "SourceNotFound"],
    ["a bucket that the role may not read", "s3://other-bucket/app.tar", "AccessDenied"],
    ["a bucket that is not there", "s3://absent-bucket/app.tar", "AccessDenied"],
  ])("since it is in %s says so: %s is %s", async (_, source, error) => {
    const to = await makeDestination();
    aws.calls.length = 0;
    const execution = await execute(aws, requestFrom("", to, { source }));
    expect({ status: execution.status, error: execution.error }).toEqual({ status: "FAILED", error });
    expect(execution.cause).toMatchObject({
      side: "source",
      operation: "GetObject",
      message: expect.stringContaining(source),
    });
    expect(operations(to)).toEqual([]);
  });
});

function without(files: Files, digest = ""): Files {
  return Object.fromEntries(Object.entries(files).filter(([name]) => !name.includes(digest.slice(7))));
}

function reads(key: string): CallRecord[] {
  return aws.calls.filter(({ operation, detail }) => operation === "GetObject" && detail["key"] === key);
}

/** Puts a Docker archive of three layers of zeros into the bucket before local AWS opens it: 20 GB that no disk holds. */
function plantSparse(key: string): void {
  const folder = join(data, "s3", bucket, "objects");
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, "..", "bucket.json"),
    JSON.stringify({ name: bucket, owner: accounts.source, region }),
  );
  const path = join(folder, createHash("sha256").update(key).digest("hex"));
  const shapes = [12, 7, 1].map((size, at) => ({
    path: `${at}/layer.tar`,
    size: size * GB,
    bytes: new Uint8Array(),
    diffId: `sha256:${String(at).repeat(64)}`,
  }));
  let size = 0;
  const append = (bytes: Uint8Array, room = bytes.length) => {
    writeFileSync(path, bytes, { flag: "a" });
    size += Math.ceil(room / 512) * 512;
    truncateSync(path, size);
  };
  for (const { path: name, size: room } of shapes) {
    append(header({ name, size: room, dialect: "gnu" }), 512 + room);
  }
  append(tarOf(without(dockerFiles(shapes), "sha256:layer.tar")));
  const object = { key, size, etag: '"huge"', headers: {}, lastModified: "2026-01-01T00:00:00.000Z" };
  writeFileSync(`${path}.json`, JSON.stringify(object));
}
