import { createHash } from "node:crypto";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import type { Descriptor } from "../../core/model/descriptor.ts";
import { digestOf } from "../../core/model/digest.ts";
import type { Request } from "../../core/model/request.ts";
import type { LocalAws } from "../../local/aws.ts";
import type { CallRecord } from "../../local/http.ts";
import { type DockerLayerFile, dockerConfig, dockerFiles } from "../fakes/archive.ts";
import { tarOf } from "../fakes/tar.ts";
import { execute, requestOf } from "./execution.ts";
import { layerBytes, MiB, partSize } from "./layer.ts";
import { accounts, region, startPipeline } from "./pipeline.ts";
import { createRepository, digestOfTag, type Repository } from "./repository.ts";
import { bytesSent, expectSentOnce, invocations, operations, sentParts } from "./traffic.ts";

const bucket = "my-bucket";
const key = "images/app.tar";

/** A layer as `docker save` writes it, without compression: half of it is hard to compress. */
function layerFile(name: string, size: number): DockerLayerFile {
  const hard = hardBytes(size / 2, name);
  return { path: `${name}/layer.tar`, bytes: tarOf({ hard, easy: layerBytes(size / 2, name.length) }) };
}

/** Bytes of no pattern, made fast. */
function hardBytes(size: number, seed: string): Uint8Array {
  return createHash("shake256", { outputLength: size }).update(seed).digest();
}

const layers = [layerFile("base", 64 * MiB), layerFile("top", 30 * MiB), layerFile("small", 2_000)];

let aws: LocalAws;
let s3: S3Client;
let onCall: (record: CallRecord) => void = () => {};
beforeAll(async () => {
  aws = await startPipeline({ onCall: (record) => onCall(record) });
  s3 = await putArchive(aws);
});
afterEach(() => {
  onCall = () => {};
  aws.faults.clear();
});
afterAll(async () => {
  s3.destroy();
  await aws.stop();
});

async function putArchive({ endpoint }: LocalAws): Promise<S3Client> {
  const credentials = { accessKeyId: accounts.source, secretAccessKey: "any" };
  const client = new S3Client({ endpoint, region, forcePathStyle: true, credentials });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  const Body = tarOf(dockerFiles(layers, "team/app:1"));
  await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body }));
  return client;
}

function requestTo(to: Repository, also: Partial<Request> = {}): Request {
  return { ...requestOf({ from: to, to }, { destination: ":1" }), source: `s3://${bucket}/${key}`, ...also };
}

async function read({ aws, account, region, name }: Repository, path: string): Promise<Uint8Array> {
  const answer = await fetch(`${aws.endpoint}/v2/${account}/${region}/${name}${path}`);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.bytes();
}

/** Checks that the tag stands for an image of the archive's config and layers: what its layers are put as. */
async function expectImage(to: Repository, suffix = "+gzip"): Promise<readonly Descriptor[]> {
  const manifest = JSON.parse(Buffer.from(await read(to, "/manifests/1")).toString());
  const config = dockerConfig(layers);
  expect(manifest.config.digest).toBe(digestOf(config));
  expect(Buffer.compare(await read(to, `/blobs/${digestOf(config)}`), config)).toBe(0);
  const unpacked: string[] = [];
  for (const { digest, size, mediaType } of manifest.layers) {
    const bytes = await read(to, `/blobs/${digest}`);
    expect([digestOf(bytes), bytes.length]).toEqual([digest, size]);
    expect(mediaType).toBe(`application/vnd.oci.image.layer.v1.tar${suffix}`);
    unpacked.push(digestOf(suffix === "+zstd" ? zstdDecompressSync(bytes) : gunzipSync(bytes)));
  }
  expect(unpacked).toEqual(layers.map(({ bytes }) => digestOf(bytes)));
  return [manifest.config, ...manifest.layers];
}

test.each(["gzip", "zstd"] as const)(
  "layers without compression are put with %s, and then in sync",
  async (name) => {
    const to = await createRepository(aws, accounts.destination);
    aws.calls.length = 0;
    const request = requestTo(to, name === "gzip" ? {} : { layerCompression: name });
    const { report, cause } = await execute(aws, request);
    expect({ cause, status: report?.status }).toEqual({ cause: undefined, status: "Replicated" });
    const blobs = await expectImage(to, `+${name}`);
    expectSentOnce(to, blobs);
    expect(report).toMatchObject({
      digest: await digestOfTag(to, "1"),
      layers: { copied: 4, bytesCopied: blobs.reduce((sum, { size }) => sum + size, 0) },
    });

    aws.calls.length = 0;
    const again = await execute(aws, request);
    expect(again.report).toMatchObject({ status: "InSync", digest: report?.digest });
    expect(again.states).toEqual(["Start", "Plan", "Route", "Report"]);
    expect([operations(to), invocations(aws, "CopyLayer")]).toEqual([["BatchGetImage"], 0]);
  },
);

test("an image that is in sync stays so when another compression is asked for", async () => {
  const to = await createRepository(aws, accounts.destination);
  const { report } = await execute(aws, requestTo(to));
  const again = await execute(aws, requestTo(to, { layerCompression: "zstd" }));
  expect(again.report).toMatchObject({ status: "InSync", digest: report?.digest });
});

test("a plan reads only, and says how many layers would be made", async () => {
  const to = await createRepository(aws, accounts.destination);
  aws.calls.length = 0;
  const { report } = await execute(aws, requestTo(to, { mode: "plan" }));
  expect(report).toMatchObject({ status: "Planned", layers: { copied: 3 }, manifests: { copied: 1 } });
  expect(operations(to)).toEqual(["BatchGetImage", "DescribeImages"]);
});

test.each([
  ["before its part was taken", true],
  ["after its part was taken, with the answer unheard", false],
])("a worker that is killed %s is followed by another, which makes the same layer", async (_, before) => {
  const undisturbed = await createRepository(aws, accounts.destination);
  const { report: expected } = await execute(aws, requestTo(undisturbed));
  const to = await createRepository(aws, accounts.destination);
  for (const after of [1, 3]) {
    const detail = { repositoryName: to.name };
    aws.faults.add({ service: "ecr", operation: "UploadLayerPart", detail, after, fault: "kill", before });
  }
  const { report, retries, cause } = await execute(aws, requestTo(to));
  expect(cause).toBeUndefined();
  expect(report).toMatchObject({ status: "Replicated", digest: expected?.digest });
  expect(aws.faults.list().map(({ struck }) => struck)).toEqual([1, 1]);
  expect(retries).toBe(2);
  const blobs = await expectImage(to);
  const size = blobs.reduce((sum, blob) => sum + blob.size, 0);
  expect(bytesSent(to)).toBeLessThanOrEqual(size + 2 * partSize);
});

test("a read that breaks is continued where it broke", async () => {
  const to = await createRepository(aws, accounts.destination);
  const target = { service: "s3", operation: "GetObject", detail: { bucket, key } };
  aws.faults.add({ ...target, fault: "brokenRead", afterBytes: 3 * MiB, times: 3 });
  const { report, retries } = await execute(aws, requestTo(to));
  expect([report?.status, retries]).toEqual(["Replicated", 0]);
  expectSentOnce(to, await expectImage(to));
});

test("layers that are gone when the manifest is put are made again", async () => {
  const to = await createRepository(aws, accounts.destination);
  let cleaned = 0;
  onCall = ({ operation, detail }) => {
    // PutManifests asks which manifests are there; the first plan asks for the tag.
    const before = operation === "BatchGetImage" && String(detail["imageIds"]).startsWith("sha256:");
    if (before && detail["repositoryName"] === to.name && cleaned === 0)
      cleaned = aws.store.get(to).removeOrphanLayers().length;
  };
  const { report, states } = await execute(aws, requestTo(to));
  expect([report?.status, cleaned]).toEqual(["Replicated", 4]);
  expect(states.filter((state) => state === "PutManifests")).toHaveLength(2);
  await expectImage(to);
});

test("a layer that takes longer than a worker has is made in rounds, each part sent once", async () => {
  // A worker stops when less than a minute is left; this one has a quarter of a second more.
  const slow = await startPipeline({ timeouts: { CopyLayer: 60_250 } });
  try {
    (await putArchive(slow)).destroy();
    const to = await createRepository(slow, accounts.destination);
    const { report, retries, states } = await execute(slow, requestTo(to));
    expect([report?.status, retries]).toEqual(["Replicated", 0]);
    expect(states.filter((state) => state === "CopyLayers").length).toBeGreaterThan(2);
    const blobs = await expectImage(to);
    expectSentOnce(to, blobs);
    expect(sentParts(to).every(({ taken }) => taken)).toBe(true);
    const undisturbed = await createRepository(aws, accounts.destination);
    expect((await execute(aws, requestTo(undisturbed))).report?.digest).toBe(report?.digest);
  } finally {
    await slow.stop();
  }
});
