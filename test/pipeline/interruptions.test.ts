import type { LocalAws } from "../../local/aws.ts";
import type { Fault, FaultEffect } from "../../local/faults.ts";
import type { CallRecord } from "../../local/http.ts";
import { type Content, imageOf } from "../fakes/image.ts";
import { execute, requestOf } from "./execution.ts";
import { imageOfLayers, MiB, partSize } from "./layer.ts";
import { startPipeline } from "./pipeline.ts";
import { createPair, digestOfTag, expectCopy, push, type Repository } from "./repository.ts";
import { bytesSent, operations } from "./traffic.ts";

let aws: LocalAws;
let onCall: (record: CallRecord) => void;
beforeAll(async () => {
  aws = await startPipeline({ onCall: (record) => onCall(record) });
});
beforeEach(() => {
  onCall = () => {};
});
afterEach(() => aws.faults.clear());
afterAll(() => aws.stop());

const small = imageOf([3, 40]);
const content = imageOfLayers([25 * MiB, 3]);
const large = [...content.blobs].find(([, { length }]) => length === 25 * MiB)?.[0] ?? "";

type Pair = { from: Repository; to: Repository };

async function pushed(image: Content): Promise<Pair> {
  const pair = await createPair(aws);
  await push(pair.from, image, "1");
  return pair;
}

async function expectReplicated(pair: Pair, image: Content): Promise<void> {
  const { report, cause } = await execute(aws, requestOf(pair));
  expect({ cause, status: report?.status }).toEqual({ cause: undefined, status: "Replicated" });
  await expectCopy(pair.to, image);
  expect(await digestOfTag(pair.to, "1")).toBe(image.root.digest);
}

const refusals: FaultEffect[] = [{ fault: "throttle" }, { fault: "error500" }, { fault: "lostAnswer" }];

describe.each(refusals)("a call that meets $fault is repeated", (effect) => {
  test.each([
    ["source", "BatchGetImage"],
    ["source", "GetDownloadUrlForLayer"],
    ["destination", "BatchGetImage"],
    ["destination", "BatchCheckLayerAvailability"],
    ["destination", "InitiateLayerUpload"],
    ["destination", "UploadLayerPart"],
    ["destination", "CompleteLayerUpload"],
    ["destination", "PutImage"],
  ] as const)("at the %s: %s", async (side, operation) => {
    const pair = await pushed(small);
    const detail = { repositoryName: (side === "source" ? pair.from : pair.to).name };
    aws.faults.add({ service: "ecr", operation, detail, ...effect } as Fault);
    await expectReplicated(pair, small);
    expect(aws.faults.list()).toMatchObject([{ struck: 1 }]);
  });
});

test("a role is asked for again when STS fails once", async () => {
  const pair = await pushed(small);
  aws.faults.add({ service: "sts", operation: "AssumeRole", fault: "error500" });
  await expectReplicated(pair, small);
});

test.each([
  ["throttled", { fault: "throttle" }],
  ["refused with a server's error", { fault: "error500" }],
  ["taken, and the answer is lost", { fault: "lostAnswer" }],
])("a part in the middle of a layer that is %s is sent once more", async (_, effect) => {
  const pair = await pushed(content);
  const detail = { repositoryName: pair.to.name, partFirstByte: partSize };
  aws.faults.add({ service: "ecr", operation: "UploadLayerPart", detail, ...effect } as Fault);
  await expectReplicated(pair, content);
  expect(bytesSent(pair.to)).toBe(total(content) + partSize);
});

describe("a layer's download continues where it stopped", () => {
  const layerFault = (pair: Pair, effect: object) =>
    aws.faults.add({
      service: "layers",
      operation: "GET layer",
      detail: { repositoryName: pair.from.name, layerDigest: large },
      ...effect,
    } as unknown as Fault);

  test.each([0, 1, partSize, partSize + 1, 25 * MiB - 1])(
    "when it breaks after %d bytes",
    async (afterBytes) => {
      const pair = await pushed(content);
      layerFault(pair, { fault: "brokenRead", afterBytes });
      await expectReplicated(pair, content);
      expect(bytesSent(pair.to)).toBe(total(content));
    },
  );

  test("when it breaks again and again", async () => {
    const pair = await pushed(content);
    layerFault(pair, { fault: "brokenRead", afterBytes: 3 * MiB, times: 7 });
    await expectReplicated(pair, content);
    expect(bytesSent(pair.to)).toBe(total(content));
  });

  test("with a new URL when the old one has expired in the middle", async () => {
    const pair = await pushed(content);
    layerFault(pair, { fault: "brokenRead", afterBytes: 12 * MiB });
    layerFault(pair, { fault: "expiredUrl" });
    await expectReplicated(pair, content);
    expect(bytesSent(pair.to)).toBe(total(content));
    expect(operations(pair.from).filter((name) => name === "GetDownloadUrlForLayer").length).toBeGreaterThan(
      2,
    );
  });

  test.each(["throttle", "error500", "accessDenied"])("when the first request meets %s", async (fault) => {
    const pair = await pushed(content);
    layerFault(pair, { fault });
    await expectReplicated(pair, content);
  });
});

test("a layer starts again when its upload is lost in the middle", async () => {
  const pair = await pushed(content);
  const { to } = pair;
  let lost = 0;
  onCall = ({ operation, detail }) => {
    if (operation !== "UploadLayerPart" || detail["partFirstByte"] !== partSize || lost++ > 0) return;
    const repository = aws.store.get(to);
    void repository.withUpload(String(detail["uploadId"]), async (upload) => repository.dropUpload(upload));
  };
  await expectReplicated(pair, content);
  expect(bytesSent(to)).toBe(total(content) + 25 * MiB);
});

test("a layer that is gone when the manifest is put is copied again", async () => {
  const pair = await pushed(content);
  let cleaned = 0;
  onCall = (record) => {
    if (isLookBeforePut(record, pair.to) && cleaned === 0)
      cleaned = aws.store.get(pair.to).removeOrphanLayers().length;
  };
  await expectReplicated(pair, content);
  expect(cleaned).toBe(content.blobs.size);
  expect(bytesSent(pair.to)).toBe(2 * total(content));
});

test("layers that are gone each time end the execution, and the tag stays absent", async () => {
  const pair = await pushed(content);
  onCall = (record) => {
    if (isLookBeforePut(record, pair.to)) aws.store.get(pair.to).removeOrphanLayers();
  };
  const { error, cause } = await execute(aws, requestOf(pair));
  expect({ error, side: cause?.side, operation: cause?.operation }).toEqual({
    error: "UploadLost",
    side: "destination",
    operation: "PutImage",
  });
  expect(await digestOfTag(pair.to, "1")).toBeUndefined();
});

test.each(["Plan", "CopyLayer", "PutManifests", "Report"])(
  "the function %s is called again when Lambda fails",
  async (name) => {
    const pair = await pushed(small);
    const functionName =
      aws.functions().find((each) => each.name.startsWith("EcrReplicator-") && each.name.includes(name))
        ?.name ?? "";
    for (const effect of [
      { fault: "throttle" },
      { fault: "error500" },
      { fault: "kill", before: true },
      { fault: "kill", before: false },
    ]) {
      aws.faults.add({
        service: "lambda",
        operation: "Invoke",
        detail: { functionName },
        ...effect,
      } as Fault);
    }
    await expectReplicated(pair, small);
  },
);

test("a source tag that moves meanwhile does not mix two images", async () => {
  const pair = await pushed(small);
  const other = imageOf([5, 6]);
  await push(pair.from, other, "other");
  onCall = ({ operation, detail }) => {
    if (operation !== "InitiateLayerUpload" || detail["repositoryName"] !== pair.to.name) return;
    aws.store.get(pair.from).change({ tag: "1", digest: other.root.digest });
  };
  await expectReplicated(pair, small);
  expect(await digestOfTag(pair.from, "1")).toBe(other.root.digest);
});

test("two executions at once for one image both end well", async () => {
  const pair = await pushed(content);
  const both = await Promise.all([execute(aws, requestOf(pair)), execute(aws, requestOf(pair))]);
  expect(both.map(({ status }) => status)).toEqual(["SUCCEEDED", "SUCCEEDED"]);
  await expectCopy(pair.to, content);
  expect(await digestOfTag(pair.to, "1")).toBe(content.root.digest);
});

/** PutManifests asks the destination which manifests it has; the first plan asks for the tag. */
function isLookBeforePut({ service, operation, account, detail }: CallRecord, to: Repository): boolean {
  return (
    service === "ecr" &&
    operation === "BatchGetImage" &&
    account === to.account &&
    detail["repositoryName"] === to.name &&
    String(detail["imageIds"]).startsWith("sha256:")
  );
}

function total({ blobs }: Content): number {
  return [...blobs.values()].reduce((sum, { length }) => sum + length, 0);
}
