import type { LocalAws } from "../../local/aws.ts";
import { execute, requestOf, withoutRoles } from "./execution.ts";
import { MiB, partSize, pushLargeImage } from "./layer.ts";
import { accounts, machines, startPipeline } from "./pipeline.ts";
import { createRepository, digestOfTag, hashBlob } from "./repository.ts";
import { invocations, sentParts } from "./traffic.ts";

let aws: LocalAws;
beforeAll(async () => {
  aws = await startPipeline();
});
afterAll(() => aws.stop());

const GiB = 1024 * MiB;

test("a layer of one GiB is copied once by a function of 256 MiB, of which it uses under 200", async () => {
  const from = await createRepository(aws, accounts.pipeline);
  const to = await createRepository(aws, accounts.pipeline);
  const { layer, root } = await pushLargeImage(from, GiB, "1");
  const { report } = await execute(aws, withoutRoles(requestOf({ from, to })), machines.OwnRoles);
  expect(report).toMatchObject({ status: "Replicated", digest: root.digest });
  expect(await hashBlob(to, layer.digest)).toEqual(layer);
  expect(await digestOfTag(to, "1")).toBe(root.digest);
  const offsets = sentParts(to)
    .map(({ first }) => first)
    .filter((first) => first > 0);
  expect(offsets).toEqual(
    Array.from({ length: Math.floor(GiB / partSize) }, (_, part) => (part + 1) * partSize),
  );
  // The config is small beside the layer, and has a task of its own.
  expect(invocations(aws, "CopyLayer")).toBe(2);
  expect(peakMiB()).toBeLessThanOrEqual(200);
});

function peakMiB(): number {
  const copying = aws.functions().filter(({ name }) => name.includes("CopyLayer"));
  return Math.max(...copying.map(({ peakKiB }) => peakKiB)) / 1024;
}
