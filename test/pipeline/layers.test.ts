import type { LocalAws } from "../../local/aws.ts";
import { image, imageOf } from "../fakes/image.ts";
import { execute, requestOf } from "./execution.ts";
import { imageOfLayers, layerBytes, MiB, partSize } from "./layer.ts";
import { startPipeline } from "./pipeline.ts";
import { createPair, expectCopy, push } from "./repository.ts";
import { bytesSent, expectSentOnce, invocations, operations, sentParts } from "./traffic.ts";

let aws: LocalAws;
beforeAll(async () => {
  aws = await startPipeline();
});
afterAll(() => aws.stop());

test.each([
  ["three bytes", 3, 1],
  ["one byte less than a part", partSize - 1, 1],
  ["exactly a part", partSize, 1],
  ["one byte more than a part", partSize + 1, 2],
  ["exactly two parts", 2 * partSize, 2],
  ["two parts and a little", 2 * partSize + 3, 3],
])("a layer of %s is sent in parts of ECR's size, each byte once", async (_, size, parts) => {
  const content = imageOfLayers([size]);
  const pair = await createPair(aws);
  await push(pair.from, content, "1");
  const { report, states } = await execute(aws, requestOf(pair));
  expect(report?.status).toBe("Replicated");
  expect(states.length).toBeLessThanOrEqual(8 + 2 * states.filter((state) => state === "CopyLayer").length);
  await expectCopy(pair.to, content);
  expect(sentParts(pair.to)).toHaveLength(parts + 1);
  expectSentOnce(pair.to, sizesOf(content.blobs));
});

test("500 layers are sent once each, in rounds of as many as travel in a state", async () => {
  const content = image({ layers: Array.from({ length: 500 }, (_, layer) => layerBytes(20 + layer, layer)) });
  const pair = await createPair(aws);
  await push(pair.from, content, "1");
  const { report, states } = await execute(aws, requestOf(pair));
  expect(report?.layers.copied).toBe(501);
  await expectCopy(pair.to, content);
  expectSentOnce(pair.to, sizesOf(content.blobs));
  expect(states.filter((state) => state === "CopyLayers")).toHaveLength(3);
});

test("small layers share a task, and a large one has its own", async () => {
  const content = imageOfLayers([40 * MiB, 1, 2, 3, 4, 5]);
  const pair = await createPair(aws);
  await push(pair.from, content, "1");
  const { states } = await execute(aws, requestOf(pair));
  await expectCopy(pair.to, content);
  expect(states.filter((state) => state === "CopyLayer")).toHaveLength(2);
  expect(states.length).toBeLessThanOrEqual(8 + 2 * 2);
});

test("layers that the destination has are not sent again", async () => {
  const [base, own] = [layerBytes(3 * MiB, 1), layerBytes(2 * MiB, 2)];
  const pair = await createPair(aws);
  await push(pair.to, image({ layers: [base] }), "base");
  const content = image({ layers: [base, own] });
  await push(pair.from, content, "1");
  const { report } = await execute(aws, requestOf(pair));
  const config = [...content.blobs.values()][0]?.length ?? 0;
  expect(report?.layers).toEqual({
    copied: 2,
    present: 1,
    bytesCopied: own.length + config,
    bytesPresent: base.length,
  });
  expect(bytesSent(pair.to)).toBe(own.length + config);
  await expectCopy(pair.to, content);
});

test("an image in sync takes at most two calls to each side, and no layer is looked at", async () => {
  const content = imageOf([3, 40]);
  const pair = await createPair(aws);
  await push(pair.from, content, "1");
  await execute(aws, requestOf(pair));
  aws.calls.length = 0;
  const { report, states } = await execute(aws, requestOf(pair));
  expect(report).toMatchObject({ status: "InSync", layers: { copied: 0 }, manifests: { copied: 0 } });
  expect(operations(pair.from).length).toBeLessThanOrEqual(2);
  expect(operations(pair.to).length).toBeLessThanOrEqual(2);
  expect(invocations(aws, "CopyLayer")).toBe(0);
  expect(states).toEqual(["Start", "Plan", "Route", "Report"]);
});

test("a plan reads only, and says what would be sent", async () => {
  const content = imageOf([3, 40]);
  const pair = await createPair(aws);
  await push(pair.from, content, "1");
  const { report } = await execute(aws, { ...requestOf(pair), mode: "plan" });
  const planned = report?.layers;
  expect(report?.status).toBe("Planned");
  expect(new Set(operations(pair.to))).toEqual(
    new Set(["CreateRepository", "BatchGetImage", "BatchCheckLayerAvailability"]),
  );
  const { layers } = (await execute(aws, requestOf(pair))).report ?? {};
  expect(planned).toEqual(layers);
});

function sizesOf(blobs: ReadonlyMap<string, Uint8Array>): { size: number }[] {
  return [...blobs.values()].map(({ length }) => ({ size: length }));
}
