import { ArchiveSource } from "../../../core/archive/archive-source.ts";
import type { Blob } from "../../../core/model/descriptor.ts";
import { parseManifest } from "../../../core/model/manifest.ts";
import { sourceOf } from "../../../core/model/request.ts";
import { parsePlatform } from "../../../core/platform/platform.ts";
import { PlatformSource } from "../../../core/platform/platform-source.ts";
import { MemoryArchive, ociFiles } from "../../fakes/archive.ts";
import { execute } from "../../fakes/execution.ts";
import { attestedIndex, type Content, image, imageOf, index, nested } from "../../fakes/image.ts";
import { MemoryDestination } from "../../fakes/memory-destination.ts";
import { MemorySource } from "../../fakes/memory-source.ts";
import { request } from "../../fakes/request.ts";
import { tarOf } from "../../fakes/tar.ts";

const amd64 = imageOf([30], 1);
const arm64 = imageOf([31], 2);
const armv6 = imageOf([32], 3);
const old = imageOf([33], 4);
const recent = imageOf([34], 5);
const many = index([amd64, arm64, armv6, old, recent], {
  entries: [
    { platform: { os: "linux", architecture: "amd64" }, annotations: { kept: "as it is" } },
    { platform: { os: "linux", architecture: "arm64", variant: "v8" } },
    { platform: { os: "linux", architecture: "arm", variant: "v6" } },
    { platform: { os: "windows", architecture: "amd64", "os.version": "10.0.17763.5329" } },
    { platform: { os: "windows", architecture: "amd64", "os.version": "10.0.20348.2227" } },
  ],
});

/** A copy of some platforms of an image, by steps that each open the source anew. */
async function copyOf(content: Content, ...platforms: string[]) {
  const source = new MemorySource();
  source.add(content, "1.0");
  const destination = new MemoryDestination();
  const wanted = platforms.map(parsePlatform);
  const execution = await execute(request, {
    source: (_, pin) => new PlatformSource(source, wanted, pin?.index),
    destination,
  });
  const again = () =>
    execute(request, { source: (_, pin) => new PlatformSource(source, wanted, pin?.index), destination });
  return { ...execution, source, destination, again };
}

/** What the index at the destination lists, and nothing of it is missing. */
function listedAt({ images, tags, layers }: MemoryDestination): Record<string, unknown>[] {
  const bytes = images.get(tags.get("1.0") ?? "") as Uint8Array;
  const { mediaType, manifests } = JSON.parse(new TextDecoder().decode(bytes));
  for (const { digest } of manifests) {
    const child = images.get(digest) as Uint8Array;
    const { blobs } = parseManifest(child, {
      mediaType: many.root.mediaType.replace("index", "manifest"),
      digest,
      size: child.length,
    });
    expect(blobs.filter((blob) => !layers.has(blob.digest))).toEqual([]);
  }
  expect(mediaType).toBe(many.root.mediaType);
  return manifests;
}

describe("the platforms of an index", () => {
  test("are put as a smaller index, whose entries are as they were", async () => {
    const { report, destination } = await copyOf(many, "linux/arm64", "linux/amd64");
    expect(report?.digest).not.toBe(many.root.digest);
    const listed = listedAt(destination);
    expect(listed.map(({ digest }) => digest)).toEqual([amd64.root.digest, arm64.root.digest]);
    expect(listed[0]).toMatchObject({
      annotations: { kept: "as it is" },
      platform: { architecture: "amd64" },
    });
    expect(destination.layers.size).toBe(amd64.blobs.size + arm64.blobs.size);
  });

  test("are the same smaller index each time, which is in sync then", async () => {
    const { report, again } = await copyOf(many, "linux/amd64", "linux/arm64");
    const second = await again();
    expect(second.report).toMatchObject({ status: "InSync", digest: report?.digest });
    expect(second.states).toEqual(["Plan", "Report"]);
  });

  test("are the index itself, when it has no others", async () => {
    const every = ["linux/amd64", "linux/arm64/v8", "linux/arm/v6", "windows/amd64"];
    const { report } = await copyOf(many, ...every);
    expect(report).toMatchObject({ digest: many.root.digest, warnings: [] });
  });

  test.each([[["linux/amd64"]], [["linux/amd64", "linux/arm64"]]])(
    "are told to have another digest than the source, whose own is told as well: %j",
    async (platforms) => {
      const { report, again } = await copyOf(many, ...platforms);
      const told = {
        source: `${request.source}@${many.root.digest}`,
        warnings: [
          `only the part of ${many.root.digest} for ${platforms.join(", ")} is copied, so its digest is another than the source's`,
        ],
      };
      expect(report).toMatchObject({ status: "Replicated", ...told });
      expect(report?.digest).not.toBe(many.root.digest);
      expect(report).not.toHaveProperty("index");
      expect((await again()).report).toMatchObject({ status: "InSync", ...told });
    },
  );

  test.each([
    ["linux/arm64", arm64],
    ["linux/arm/v6", armv6],
    ["windows(10.0.17763)/amd64", old],
  ])("are a plain manifest, when only %s is wanted", async (platform, expected) => {
    const { report, destination } = await copyOf(many, platform);
    expect(report).toMatchObject({ digest: expected.root.digest, mediaType: expected.root.mediaType });
    expect(destination.tags.get("1.0")).toBe(expected.root.digest);
    expect([...destination.images.keys()]).toEqual([expected.root.digest]);
  });

  test("are an index, when one platform is there in several versions", async () => {
    const { destination } = await copyOf(many, "windows/amd64");
    expect(listedAt(destination).map(({ digest }) => digest)).toEqual([old.root.digest, recent.root.digest]);
  });

  test("keep their attestations, and lose those of others", async () => {
    const attestations = [amd64, armv6].map((of) =>
      image({ layers: [of.manifests.get(of.root.digest) as Uint8Array] }),
    );
    const content = index([amd64, arm64, armv6, ...attestations], {
      entries: [
        { platform: { os: "linux", architecture: "amd64" } },
        { platform: { os: "linux", architecture: "arm64" } },
        { platform: { os: "linux", architecture: "arm", variant: "v6" } },
        ...[amd64, armv6].map(({ root }) => ({
          platform: { os: "unknown", architecture: "unknown" },
          annotations: {
            "vnd.docker.reference.digest": root.digest,
            "vnd.docker.reference.type": "attestation-manifest",
          },
        })),
      ],
    });
    const { destination } = await copyOf(content, "linux/amd64", "linux/arm64");
    expect(listedAt(destination).map(({ digest }) => digest)).toEqual(
      [amd64, arm64, attestations[0]].map((each) => each?.root.digest),
    );
    const alone = await copyOf(content, "linux/amd64");
    expect([...alone.destination.images.keys()]).toEqual([amd64.root.digest]);
  });

  test.each([["linux/s390x"], ["linux/arm"], ["linux/amd64/v3"], ["windows(10.0.1)/amd64"]])(
    "are refused, with what there is, when %s is not there",
    async (platform) => {
      const { failure, destination } = await copyOf(many, "linux/amd64", platform);
      expect(failure).toMatchObject({
        error: "SourceNotFound",
        cause: { side: "source", operation: "SelectPlatforms" },
      });
      expect(failure?.cause.message).toContain(
        "it is for 'linux/amd64', 'linux/arm64', 'linux/arm/v6', 'windows(10.0.17763.5329)/amd64', 'windows(10.0.20348.2227)/amd64'",
      );
      expect(destination.images.size).toBe(0);
    },
  );

  test("of an index that lists only indexes are none", async () => {
    const { failure } = await copyOf(nested(2), "linux/amd64");
    expect(failure?.cause.message).toMatch(/is not there for linux\/amd64; it is for none/);
  });
});

describe("the platform of an image that is in no index", () => {
  const config = (platform: object) => new TextEncoder().encode(JSON.stringify({ ...platform, rootfs: {} }));
  const layers = [new Uint8Array(20)];

  test("is what its config says", async () => {
    const content = image({ layers, config: config({ os: "linux", architecture: "arm64", variant: "v8" }) });
    expect((await copyOf(content, "linux/arm64")).report?.digest).toBe(content.root.digest);
    const { failure } = await copyOf(content, "linux/amd64");
    expect(failure?.cause.message).toMatch(/not there for linux\/amd64; it is for 'linux\/arm64'$/);
  });

  test.each([["{"], ["[]"], ["null"], ['{"os":1,"architecture":"amd64"}']])(
    "is none when the config is %s",
    async (text) => {
      const content = image({ layers, config: new TextEncoder().encode(text) });
      const { failure } = await copyOf(content, "linux/amd64");
      expect(failure?.cause.message).toMatch(/it is for none that its config tells$/);
    },
  );
});

describe("a source of some platforms", () => {
  test("reads the index when it is needed, and not for a layer", async () => {
    const source = new MemorySource();
    source.add(many, "1.0");
    const part = new PlatformSource(source, [parsePlatform("linux/amd64")], many.root);
    const [[digest, { length: size }] = ["", []]] = [...amd64.blobs];
    for await (const _ of part.readBlob({ digest, size } as Blob, 0));
    expect(source.calls).toEqual(["readBlob"]);
  });

  test("takes two ways to write a platform for one", async () => {
    const { report } = await copyOf(many, "linux/arm64", "linux/arm64/v8");
    expect(report?.digest).toBe(arm64.root.digest);
  });

  test("says that a single platform leaves its attestations behind", async () => {
    const { report } = await copyOf(attestedIndex(), "linux/amd64");
    expect(report?.warnings).toContainEqual(
      expect.stringMatching(/^1 attestations of the index are left behind/),
    );
  });
});

test("a part of an archive's index is copied to where its name says", async () => {
  const archive = new MemoryArchive(tarOf(ociFiles({ content: many, name: "team/app:1" })));
  const wanted = [parsePlatform("linux/amd64"), parsePlatform("linux/arm64")];
  const destination = new MemoryDestination();
  const host = "222222222222.dkr.ecr.eu-central-1.amazonaws.com";
  const { report, failure } = await execute(
    { source: "s3://my-bucket/all.tar", destination: `${host}/{name}:{tag}` },
    {
      source: (asked, pin) => {
        const from = sourceOf(asked);
        const choice = { image: from.kind === "s3" ? from.image : undefined };
        return new PlatformSource(new ArchiveSource(async () => archive, choice), wanted, pin?.index);
      },
      destination,
    },
  );
  expect(failure).toBeUndefined();
  expect(report).toMatchObject({ status: "Replicated", destination: `${host}/team/app:1` });
  expect(destination.images.size).toBe(3);
});
