import type { LocalAws } from "../../local/aws.ts";
import { execute, requestOf } from "./execution.ts";
import { MiB, partSize, pushLargeImage } from "./layer.ts";
import { startPipeline } from "./pipeline.ts";
import { createPair, digestOfTag, hashBlob } from "./repository.ts";
import { sentParts } from "./traffic.ts";

let aws: LocalAws;
beforeAll(async () => {
  // A worker stops when less than a minute is left; this one has a tenth of a second more.
  aws = await startPipeline({ timeouts: { CopyLayer: 60_100 } });
});
afterAll(() => aws.stop());

test("a layer that takes longer than a worker has is copied in rounds, each part once", async () => {
  const pair = await createPair(aws);
  const { layer, root } = await pushLargeImage(pair.from, 300 * MiB, "1");
  const { report, states, retries } = await execute(aws, requestOf(pair));
  expect(report).toMatchObject({ status: "Replicated", layers: { copied: 2, bytesPresent: 0 } });
  expect(report?.layers.bytesCopied).toBeGreaterThan(layer.size);
  expect(await hashBlob(pair.to, layer.digest)).toEqual(layer);
  expect(await digestOfTag(pair.to, "1")).toBe(root.digest);
  expect(retries).toBe(0);
  expect(states.filter((state) => state === "CopyLayers").length).toBeGreaterThan(2);
  const offsets = sentParts(pair.to)
    .map(({ first }) => first)
    .filter((first) => first > 0);
  expect(offsets).toEqual(Array.from({ length: 29 }, (_, part) => (part + 1) * partSize));
});
