import type { LocalAws } from "../../local/aws.ts";
import type { Fault, FaultEffect } from "../../local/faults.ts";
import type { CallRecord } from "../../local/http.ts";
import { dockerContent, dockerFiles, ociFiles } from "../fakes/archive.ts";
import { type Content, imageOf } from "../fakes/image.ts";
import {
  blobsOf,
  createBucket,
  createDestination,
  dockerLayer,
  expectReplicated,
  putArchive,
  requestFrom,
} from "./bucket.ts";
import { execute } from "./execution.ts";
import { holdCopies } from "./hold-copies.ts";
import { imageOfLayers, MiB, partSize } from "./layer.ts";
import { startPipeline } from "./pipeline.ts";
import { digestOfTag } from "./repository.ts";
import { bytesSent, expectSentOnce } from "./traffic.ts";

const none = { layerCompression: "none" } as const;
const content = imageOfLayers([25 * MiB, 3], 31);
const docker = [dockerLayer(25 * MiB, 32)];
let aws: LocalAws;
let keys: { oci: string; docker: string };
let onCall: (record: CallRecord) => void = () => {};

beforeAll(async () => {
  // A worker stops when less than a minute is left; this one has a quarter of a second more.
  aws = await startPipeline({ timeouts: { CopyLayer: 60_250 }, onCall: (record) => onCall(record) });
  await createBucket(aws);
  keys = {
    oci: await putArchive(aws, ociFiles({ content })),
    docker: await putArchive(aws, dockerFiles(docker)),
  };
});
afterEach(() => {
  onCall = () => {};
  aws.faults.clear();
});
afterAll(() => aws.stop());

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
      const to = await createDestination(aws);
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
  const to = await createDestination(aws);
  const request = requestFrom(await putArchive(aws, ociFiles({ content: large })), to);
  const { retries, states } = await expectReplicated(request, to, large);
  expect(retries).toBe(0);
  expect(states.filter((state) => state === "CopyLayers").length).toBeGreaterThan(1);
  expectSentOnce(to, blobsOf(large));
});

test.each<FaultEffect>([
  { fault: "throttle" },
  { fault: "error500" },
  { fault: "lostAnswer" },
  { fault: "brokenRead", afterBytes: 0 },
  { fault: "brokenRead", afterBytes: 1 },
])("a read of the bucket that meets %j is repeated", async (effect) => {
  const small = imageOf([4, 50], 34);
  const key = await putArchive(aws, ociFiles({ content: small }));
  const to = await createDestination(aws);
  aws.faults.add({ service: "s3", operation: "GetObject", after: 1, ...effect } as Fault);
  await expectReplicated(requestFrom(key, to), to, small);
  expect(aws.faults.list()).toMatchObject([{ struck: 1 }]);
});

test("a bucket that throttles for longer than a client asks again is waited for", async () => {
  const small = imageOf([4, 51], 35);
  const key = await putArchive(aws, ociFiles({ content: small }));
  const to = await createDestination(aws);
  aws.faults.add({ service: "s3", operation: "GetObject", fault: "throttle", times: 7 });
  const { retries } = await expectReplicated(requestFrom(key, to), to, small);
  expect(retries).toBeGreaterThan(0);
});

test("a layer's read that breaks is continued: each byte is sent once", async () => {
  const to = await createDestination(aws);
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
  const key = await putArchive(aws, ociFiles({ content }));
  const to = await createDestination(aws);
  const replacement = other();
  const files = replacement
    ? ociFiles({ content: replacement })
    : { "a-first": "", ...ociFiles({ content }) };
  let replacing: Promise<unknown> | undefined;
  // The function is killed at its second part, and the next one opens the object anew.
  onCall = ({ error }) => {
    if (error === "kill") replacing = holdCopies(aws, () => putArchive(aws, files, key));
  };
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

function total(image: Content): number {
  return blobsOf(image).reduce((sum, { size }) => sum + size, 0);
}
