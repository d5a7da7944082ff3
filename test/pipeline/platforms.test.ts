import type { Request } from "../../core/model/request.ts";
import type { LocalAws } from "../../local/aws.ts";
import { bytesOf, type Content, image, imageOf, index } from "../fakes/image.ts";
import { execute, requestOf } from "./execution.ts";
import { startPipeline } from "./pipeline.ts";
import { createPair, expectCopy, nameOf, push, type Repository, readManifest, tagsOf } from "./repository.ts";

let aws: LocalAws;
beforeAll(async () => {
  aws = await startPipeline();
});
afterAll(() => aws.stop());

const [amd64, arm64, s390x] = [imageOf([30, 7], 1), imageOf([30, 9], 2), imageOf([31], 3)];
const [ofAmd64, ofS390x] = [attestationOf(amd64, 98), attestationOf(s390x, 99)];
const whole = index([amd64, arm64, s390x, ofAmd64, ofS390x], {
  entries: [
    { platform: { os: "linux", architecture: "amd64" } },
    { platform: { os: "linux", architecture: "arm64", variant: "v8" } },
    { platform: { os: "linux", architecture: "s390x" } },
    attestationEntry(amd64),
    attestationEntry(s390x),
  ],
});

function attestationOf({ root }: Content, seed: number): Content {
  return image({ layers: [bytesOf(12, seed)], also: { subject: root } });
}

function attestationEntry({ root }: Content): object {
  return {
    platform: { os: "unknown", architecture: "unknown" },
    annotations: {
      "vnd.docker.reference.digest": root.digest,
      "vnd.docker.reference.type": "attestation-manifest",
    },
  };
}

async function copyOf(
  platforms: string[],
  content = whole,
): Promise<{ from: Repository; to: Repository; request: Request }> {
  const pair = await createPair(aws);
  await push(pair.from, content, "1");
  return { ...pair, request: { ...requestOf(pair), platforms } };
}

test("some platforms arrive as a smaller index with their attestations, and the report says that its digest is another", async () => {
  const { from, to, request } = await copyOf(["linux/amd64", "linux/arm64"]);
  const { report } = await execute(aws, request);
  expect(report).toMatchObject({ status: "Replicated", source: nameOf(from, `:1@${whole.root.digest}`) });
  expect(report?.digest).not.toBe(whole.root.digest);
  expect(report?.warnings).toEqual([
    expect.stringMatching(new RegExp(`${whole.root.digest} for linux/amd64, linux/arm64 is copied`)),
  ]);
  const { manifests } = await readManifest(to, "1");
  expect(manifests?.map(({ digest }) => digest)).toEqual(
    [amd64, arm64, ofAmd64].map(({ root }) => root.digest),
  );
  for (const child of [amd64, arm64, ofAmd64]) await expectCopy(to, child);
});

test("some platforms are in sync when they are there, with the same digest", async () => {
  const { request } = await copyOf(["linux/arm64", "linux/s390x"]);
  const { report } = await execute(aws, request);
  const again = await execute(aws, request);
  expect(again.states).toEqual(["Start", "Plan", "Route", "Report"]);
  expect(again.report).toMatchObject({ status: "InSync", digest: report?.digest });
});

test("one platform arrives as a plain manifest, byte for byte, without what is of the others", async () => {
  const { to, request } = await copyOf(["linux/arm64"]);
  const { report } = await execute(aws, request);
  expect(report).toMatchObject({ digest: arm64.root.digest, mediaType: arm64.root.mediaType });
  await expectCopy(to, arm64);
  expect(report?.layers.copied).toBe(arm64.blobs.size);
  expect(await tagsOf(to)).toEqual(["1"]);
  expect((await execute(aws, request)).report?.status).toBe("InSync");
});

test("a platform that is not there is refused, with those that are, and nothing is tagged", async () => {
  const { to, request } = await copyOf(["linux/amd64", "linux/riscv64"]);
  const { error, cause } = await execute(aws, request);
  expect({ error, side: cause?.side }).toEqual({ error: "SourceNotFound", side: "source" });
  expect(cause?.message).toMatch(/linux\/riscv64.*linux\/s390x/);
  expect(await tagsOf(to)).toEqual([]);
});

test("the signature of an index of which only a part is copied stays behind, and the report names it", async () => {
  const { from, to, request } = await copyOf(["linux/amd64", "linux/arm64"]);
  const artifactType = "application/vnd.example.signature";
  const [ofIndex, ofChild] = [whole, amd64].map(({ root }, at) =>
    image({ layers: [bytesOf(9, at + 50)], also: { subject: root, artifactType } }),
  ) as [Content, Content];
  for (const signature of [ofIndex, ofChild]) await push(from, signature);
  const { report } = await execute(aws, request);
  expect(report?.referrers).toMatchObject({ copied: 1, refused: 1 });
  expect(report?.referrers.artifacts).toContainEqual({
    digest: ofIndex.root.digest,
    artifactType,
    outcome: "refused",
    reason: expect.stringContaining("of the whole index"),
  });
  expect(report?.warnings.join()).toContain(ofIndex.root.digest);
  await expectCopy(to, ofChild);
});
