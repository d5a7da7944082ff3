import { gzipSync, zstdCompressSync } from "node:zlib";
import type { LayerCompression } from "../../core/archive/docker-manifest.ts";
import type { Request } from "../../core/model/request.ts";
import type { LocalAws } from "../../local/aws.ts";
import type { CallRecord } from "../../local/http.ts";
import { dockerContent, dockerFiles, ociFiles } from "../fakes/archive.ts";
import { type Content, imageOf } from "../fakes/image.ts";
import { tarOf } from "../fakes/tar.ts";
import {
  blobsOf,
  bucket,
  createBucket,
  createDestination,
  dockerLayer,
  expectReplicated,
  putArchive,
  requestFrom,
} from "./bucket.ts";
import { execute } from "./execution.ts";
import { imageOfLayers, MiB } from "./layer.ts";
import { accounts, roleArns, startPipeline } from "./pipeline.ts";
import { expectSentOnce, operations } from "./traffic.ts";
import { inflatedKey, WorkBucket } from "./work-bucket.ts";

const pack = { gzip: gzipSync, zstd: zstdCompressSync };
const docker = [dockerLayer(2 * MiB, 81), dockerLayer(3, 82)];
const oci = imageOfLayers([MiB, 700], 83);
const small = imageOf([4, 60], 84);
let aws: LocalAws;
let work: WorkBucket;

beforeAll(async () => {
  aws = await startPipeline();
  await createBucket(aws);
  work = await WorkBucket.of(aws);
});
afterAll(() => aws.stop());

const zipped = (content: Content) => gzipSync(tarOf(ociFiles({ content })));

/** The calls that read an object of the source bucket. */
function reads(key: string): CallRecord[] {
  return aws.calls.filter(({ operation, detail }) => operation === "GetObject" && detail["key"] === key);
}

describe.each(["gzip", "zstd"] as const)("an archive compressed with %s", (format) => {
  test.each<[string, Uint8Array, Content, LayerCompression]>([
    ["an OCI layout", tarOf(ociFiles({ content: oci })), oci, "gzip"],
    ["docker save", tarOf(dockerFiles(docker)), dockerContent(docker), "none"],
  ])(
    "of %s is inflated once, copied byte for byte, and then in sync",
    async (_, archive, content, layerCompression) => {
      const to = await createDestination(aws);
      const key = await putArchive(aws, pack[format](archive));
      const request = requestFrom(key, to, { layerCompression });
      const { states } = await expectReplicated(request, to, content);
      expect(states.filter((state) => state === "Untar")).toHaveLength(1);
      expectSentOnce(to, blobsOf(content));

      aws.calls.length = 0;
      const again = await execute(aws, request);
      expect(again.report).toMatchObject({ status: "InSync", digest: content.root.digest });
      expect(again.states).toEqual(["Start", "Plan", "Route", "Report"]);
      expect(new Set(work.calls().map(({ operation }) => operation))).toEqual(new Set(["GetObject"]));
      expect(operations(to)).not.toContain("InitiateLayerUpload");
    },
  );

  test("is kept under a name of its version, as it was before it was compressed", async () => {
    const archive = tarOf(ociFiles({ content: imageOf([5, 61], 87) }));
    const [bytes, kept] = [pack[format](archive), await work.keys()];
    const key = await putArchive(aws, bytes);
    await execute(aws, requestFrom(key, await createDestination(aws)));
    const added = (await work.keys()).filter((one) => !kept.includes(one));
    expect(added).toEqual([inflatedKey(key, bytes)]);
    expect(Buffer.compare(await work.read(added[0] ?? ""), archive)).toBe(0);
    expect(work.unfinished()).toBe(0);
  });

  test("is planned without anything of the destination being changed", async () => {
    const to = await createDestination(aws);
    const key = await putArchive(aws, pack[format](tarOf(ociFiles({ content: small }))));
    const { report } = await execute(aws, requestFrom(key, to, { mode: "plan" }));
    expect(report).toMatchObject({ status: "Planned", digest: small.root.digest, layers: { copied: 3 } });
    expect(new Set(operations(to))).toEqual(new Set(["BatchGetImage", "BatchCheckLayerAvailability"]));
  });
});

test("an archive that was inflated for one destination is not inflated for another", async () => {
  const key = await putArchive(aws, zipped(oci));
  const [one, other] = [await createDestination(aws), await createDestination(aws)];
  await expectReplicated(requestFrom(key, one), one, oci);
  aws.calls.length = 0;
  const { states } = await expectReplicated(requestFrom(key, other), other, oci);
  expect(states).not.toContain("Untar");
  expect(work.count("CreateMultipartUpload") + work.count("PutObject")).toBe(0);
  expectSentOnce(other, blobsOf(oci));
  // Of the archive itself its beginning is read, to know its version.
  expect(reads(key).length).toBeLessThanOrEqual(2);
});

test("two executions that inflate one archive at once both go well", async () => {
  const key = await putArchive(aws, zipped(oci));
  const [one, other] = [await createDestination(aws), await createDestination(aws)];
  await Promise.all([one, other].map((to) => expectReplicated(requestFrom(key, to), to, oci)));
  expect(work.unfinished()).toBe(0);
});

test("only the functions' own roles use the work bucket, and only the source role the archive", async () => {
  const key = await putArchive(aws, zipped(small));
  const to = await createDestination(aws);
  await expectReplicated(requestFrom(key, to), to, small);
  const callers = (calls: CallRecord[]) => [...new Set(calls.map(({ account }) => account))];
  expect(callers(work.calls())).toEqual([accounts.pipeline]);
  expect(callers(reads(key))).toEqual([accounts.source]);
});

test.each<[string, Partial<Request>]>([
  ["the functions' own", { sourceRoleArn: undefined, sourceExternalId: undefined }],
  ["another account's", { sourceRoleArn: roleArns.destination }],
])("a role that may not read the archive, %s, is refused although it has been inflated", async (_, also) => {
  const [key, before] = [await putArchive(aws, zipped(small)), await createDestination(aws)];
  await expectReplicated(requestFrom(key, before), before, small);
  const to = await createDestination(aws);
  const { status, error, cause } = await execute(aws, requestFrom(key, to, also));
  expect({ status, error }).toEqual({ status: "FAILED", error: "AccessDenied" });
  expect(cause).toMatchObject({ side: "source", message: expect.stringContaining(`s3://${bucket}/${key}`) });
  expect([work.calls(), operations(to)]).toEqual([[], []]);
});
