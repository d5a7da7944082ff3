import { gzipSync } from "node:zlib";
import type { Request } from "../../core/model/request.ts";
import { partSize } from "../../core/steps/untar.ts";
import type { LocalAws } from "../../local/aws.ts";
import type { Fault, FaultEffect } from "../../local/faults.ts";
import type { CallRecord } from "../../local/http.ts";
import { ociFiles } from "../fakes/archive.ts";
import { type Content, imageOf } from "../fakes/image.ts";
import { tarOf } from "../fakes/tar.ts";
import {
  bucket,
  createBucket,
  createDestination,
  expectReplicated,
  putArchive,
  requestFrom,
} from "./bucket.ts";
import { execute } from "./execution.ts";
import { holdCopies } from "./hold-copies.ts";
import { layerBytes, MiB } from "./layer.ts";
import { startPipeline } from "./pipeline.ts";
import { expectCopy, tagsOf } from "./repository.ts";
import { inflatedKey, WorkBucket } from "./work-bucket.ts";

const [content, other] = [imageOf([4, 60], 91), imageOf([4, 61], 92)];
/** Of three parts of an upload. */
const archive = archiveOf(content);
const zipped = gzipSync(archive, { level: 1 });
let aws: LocalAws;
let work: WorkBucket;
let onCall: (record: CallRecord) => void = () => {};

beforeAll(async () => {
  aws = await startPipeline({ onCall: (record) => onCall(record) });
  await createBucket(aws);
  work = await WorkBucket.of(aws);
});
afterEach(() => {
  onCall = () => {};
  aws.faults.clear();
});
afterAll(() => aws.stop());

/** An image, and something large in the midst of its files. */
function archiveOf(image: Content): Uint8Array {
  const { "oci-layout": layout = "", ...files } = ociFiles({ content: image });
  return tarOf({ "oci-layout": layout, large: layerBytes(2 * partSize + MiB, 93), ...files });
}

/** Strikes calls to the work bucket, or to one object. */
function strike(
  operation: string,
  effect: FaultEffect & Pick<Fault, "after" | "times">,
  detail: Fault["detail"] = { bucket: work.name },
): void {
  aws.faults.add({ service: "s3", operation, detail, ...effect } as Fault);
}

/** Copies an archive, and compares all that was inflated with what it should be. */
async function expectInflated(key: string) {
  const to = await createDestination(aws);
  const execution = await expectReplicated(requestFrom(key, to), to, content);
  expect(Buffer.compare(await work.read(inflatedKey(key, zipped)), archive)).toBe(0);
  return execution;
}

describe("while an archive is inflated,", () => {
  test.each([
    ["its second part was taken", "UploadPart", 1, true, 2],
    ["it is told that its second part was taken", "UploadPart", 1, false, 2],
    ["it is completed", "CompleteMultipartUpload", 0, true, 2],
    ["it is told that it is completed", "CompleteMultipartUpload", 0, false, 1],
  ])(
    "a function that is killed before %s is followed by another",
    async (_, operation, after, before, uploads) => {
      const key = await putArchive(aws, zipped);
      strike(operation, { fault: "kill", before, after });
      aws.calls.length = 0;
      expect((await expectInflated(key)).retries).toBe(1);
      expect(work.count("CreateMultipartUpload")).toBe(uploads);
    },
  );

  test.each<FaultEffect & Pick<Fault, "times">>([
    { fault: "error500" },
    { fault: "throttle" },
    { fault: "lostAnswer" },
    { fault: "throttle", times: 7 },
    { fault: "error500", times: 7 },
  ])("a part that meets %j is sent again, and nothing is left of what failed", async (effect) => {
    const [key, unfinished] = [await putArchive(aws, zipped), work.unfinished()];
    strike("UploadPart", { ...effect, after: 1 });
    await expectInflated(key);
    expect(aws.faults.list()).toMatchObject([{ struck: effect.times ?? 1 }]);
    expect(work.unfinished()).toBe(unfinished);
  });

  test("a read of it that breaks is continued", async () => {
    const key = await putArchive(aws, zipped);
    strike("GetObject", { fault: "brokenRead", afterBytes: 50_000, after: 2 }, { bucket, key });
    expect((await expectInflated(key)).retries).toBe(0);
    expect(aws.faults.list()).toMatchObject([{ struck: 1 }]);
  });

  test("a work bucket that may not be written to ends the copy, and nothing is tagged", async () => {
    const to = await createDestination(aws);
    const key = await putArchive(aws, zipped);
    strike("CreateMultipartUpload", { fault: "accessDenied", times: 9 });
    const { error, cause } = await execute(aws, requestFrom(key, to));
    expect(error).toBe("AccessDenied");
    const message = expect.stringContaining(`s3://${work.name}/inflated/`);
    expect(cause).toMatchObject({ operation: "CreateMultipartUpload", message });
    expect(await tagsOf(to)).toEqual([]);
  });
});

describe("an archive that is replaced by another", () => {
  /** Puts the other archive in place of the first as soon as a call is seen. */
  async function replacing(key: string, seen: (record: CallRecord) => boolean, request: Request) {
    const replacement = gzipSync(tarOf(ociFiles({ content: other })));
    let replaced: Promise<unknown> | undefined;
    onCall = (record) => {
      if (seen(record)) replaced ??= putArchive(aws, replacement, key);
    };
    const execution = await execute(aws, request);
    expect(replaced).toBeDefined();
    await replaced;
    onCall = () => {};
    return execution;
  }

  const called = (operation: string) => (record: CallRecord) => record.operation === operation;

  test("while a read of it breaks is not there any more, and nothing is tagged", async () => {
    const to = await createDestination(aws);
    const key = await putArchive(aws, gzipSync(archive, { level: 0 }));
    strike("GetObject", { fault: "brokenRead", afterBytes: 20 * MiB, after: 2 }, { bucket, key });
    const unfinished = work.unfinished();
    const { error, cause } = await replacing(
      key,
      ({ error }) => error === "brokenRead",
      requestFrom(key, to),
    );
    expect(error).toBe("SourceNotFound");
    expect(cause).toMatchObject({ side: "source", message: expect.stringContaining("was replaced while") });
    expect([await tagsOf(to), work.unfinished()]).toEqual([[], unfinished]);
  });

  test("after it was inflated is copied as it was, whole; the next execution copies the other", async () => {
    const to = await createDestination(aws);
    const key = await putArchive(aws, zipped);
    const { report } = await replacing(key, called("InitiateLayerUpload"), requestFrom(key, to));
    expect(report).toMatchObject({ status: "Replicated", digest: content.root.digest });
    await expectReplicated(requestFrom(key, to), to, other);
  });

  test("as soon as it is inflated is inflated anew when the plan finds another, and never mixed", async () => {
    const to = await createDestination(aws);
    const key = await putArchive(aws, zipped);
    const { report } = await replacing(key, called("CompleteMultipartUpload"), requestFrom(key, to));
    const copied = [content, other].find(({ root }) => root.digest === report?.digest);
    expect(copied).toBeDefined();
    // Whichever it was, the next execution ends with the other.
    const again = await execute(aws, requestFrom(key, to));
    expect(again.report?.digest).toBe(other.root.digest);
    await expectCopy(to, other);
  });
});

test("what was inflated and is deleted during the copy is named, and nothing is tagged; the next execution inflates again", async () => {
  const to = await createDestination(aws);
  const key = await putArchive(aws, zipped);
  let deleting: Promise<void> | undefined;
  onCall = ({ operation }) => {
    if (operation === "InitiateLayerUpload")
      deleting ??= holdCopies(aws, () => work.delete(inflatedKey(key, zipped)));
  };
  const { error, cause } = await execute(aws, requestFrom(key, to));
  await deleting;
  expect(error).toBe("SourceNotFound");
  expect(cause?.message).toMatch(/ inflated to, is not in the work bucket any more; start again$/);
  expect(await tagsOf(to)).toEqual([]);
  await expectInflated(key);
});
