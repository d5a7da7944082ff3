import type { LocalAws } from "../../local/aws.ts";
import { dockerFiles } from "../fakes/archive.ts";
import { bytesOf } from "../fakes/image.ts";
import { layeredImage, packed } from "../fakes/layered-image.ts";
import { tarOf } from "../fakes/tar.ts";
import { createBucket, createDestination, dockerLayer, putArchive, requestFrom } from "./bucket.ts";
import { execute } from "./execution.ts";
import { MiB } from "./layer.ts";
import { startPipeline } from "./pipeline.ts";
import { push, type Repository } from "./repository.ts";
import { bytesSent } from "./traffic.ts";

/** Of bytes that no compression makes fewer. */
const base = { path: "71/layer.tar", bytes: tarOf({ data: bytesOf(2 * MiB) }) };
const [first, second] = [dockerLayer(1_000, 72), dockerLayer(1_001, 73)];
let aws: LocalAws;

beforeAll(async () => {
  aws = await startPipeline();
  await createBucket(aws);
});
afterAll(() => aws.stop());
afterEach(() => aws.faults.clear());

/** Copies an archive of the base and another layer, under a tag of its own; its config is sent, too. */
async function copy(to: Repository, top: typeof base, also: object = {}) {
  aws.calls.length = 0;
  const key = await putArchive(aws, dockerFiles([base, top]));
  const { destination, ...request } = requestFrom(key, to, also);
  const tag = `v${top.path.split("/")[0]}`;
  const { report, cause } = await execute(aws, {
    ...request,
    destination: destination.replace(/:1$/, `:${tag}`),
  });
  expect(cause).toBeUndefined();
  return { report, sent: bytesSent(to) };
}

test.each(["gzip", "zstd"] as const)(
  "a new version of an application sends only its changed layer, compressed with %s",
  async (layerCompression) => {
    const to = await createDestination(aws);
    const before = await copy(to, first, { layerCompression });
    expect(before.sent).toBeGreaterThan(MiB);
    const { report, sent } = await copy(to, second, { layerCompression });
    expect(report).toMatchObject({ status: "Replicated", layers: { present: 1, copied: 2 }, warnings: [] });
    expect(sent).toBeLessThan(10_000);
  },
);

test("a layer of an image that others have pushed is used as it is, whatever made it", async () => {
  const to = await createDestination(aws);
  const theirs = packed(base.bytes, "gzip", 1);
  await push(to, layeredImage([theirs], { family: "docker" }), "theirs");
  const { report, sent } = await copy(to, first);
  expect(report).toMatchObject({ status: "Replicated", layers: { present: 1, copied: 2 } });
  expect(sent).toBeLessThan(10_000);
});

test("a layer that is there in another compression is made", async () => {
  const to = await createDestination(aws);
  await copy(to, first, { layerCompression: "zstd" });
  const { report, sent } = await copy(to, second);
  expect(report).toMatchObject({ status: "Replicated", layers: { present: 0, copied: 3 } });
  expect(sent).toBeGreaterThan(MiB);
});

test("a role that may not look copies all the same, and the report says so", async () => {
  const to = await createDestination(aws);
  await copy(to, first);
  const detail = { repositoryName: to.name };
  aws.faults.add({ service: "ecr", operation: "DescribeImages", detail, fault: "accessDenied" });
  const { report, sent } = await copy(to, second);
  expect(report).toMatchObject({ status: "Replicated", layers: { present: 0 } });
  expect(report?.warnings).toEqual([expect.stringMatching(/layers were not looked for.*DescribeImages/)]);
  expect(sent).toBeGreaterThan(MiB);
});

test("ECR throttling the search is waited for", async () => {
  const to = await createDestination(aws);
  await copy(to, first);
  const detail = { repositoryName: to.name };
  aws.faults.add({ service: "ecr", operation: "DescribeImages", detail, fault: "throttle", times: 2 });
  expect((await copy(to, second)).report).toMatchObject({ layers: { present: 1, copied: 2 } });
});
