import { Failure, Incomplete } from "../../../core/errors.ts";
import type { Descriptor } from "../../../core/model/descriptor.ts";
import { maxReferrers, type Referrer } from "../../../core/model/referrer.ts";
import { parsePlatform } from "../../../core/platform/platform.ts";
import { PlatformSource } from "../../../core/platform/platform-source.ts";
import { execute } from "../../fakes/execution.ts";
import { attestedIndex, bytesOf, type Content, image, imageOf } from "../../fakes/image.ts";
import { MemoryDestination } from "../../fakes/memory-destination.ts";
import { MemorySource } from "../../fakes/memory-source.ts";
import { request } from "../../fakes/request.ts";

const type = "application/vnd.example.signature";

/** An artifact of some bytes that refers to a manifest. */
function signatureOf(subject: Descriptor, seed: number): Content {
  return image({ layers: [bytesOf(15, seed)], also: { subject, artifactType: type } });
}

/** A source in memory that says what refers to what. */
class ReferredSource extends MemorySource {
  readonly list = undefined;
  readonly refers = new Map<string, Referrer[]>();
  readonly asked: string[] = [];

  attach(artifact: Content, subject: Descriptor, tag?: string): void {
    this.add(artifact);
    const referrer = { ...artifact.root, artifactType: type, ...(tag && { tag }) };
    this.refers.set(subject.digest, [...(this.refers.get(subject.digest) ?? []), referrer]);
  }

  async referrers({ digest }: Descriptor): Promise<Referrer[]> {
    this.asked.push(digest);
    return this.refers.get(digest) ?? [];
  }
}

function stage(content: Content) {
  const [source, destination] = [new ReferredSource(), new MemoryDestination()];
  source.add(content, "1.0");
  return { source, destination };
}

const content = imageOf([40, 12]);

describe("the artifacts of an image", () => {
  test("go along, after the image, and are told of one by one", async () => {
    const { source, destination } = stage(content);
    const [first, second] = [signatureOf(content.root, 1), signatureOf(content.root, 2)];
    source.attach(first, content.root);
    source.attach(second, content.root, "sha256-abc.sig");
    const { report } = await execute(request, { source, destination });
    expect(destination.puts.map(({ digest, tag }) => [digest, tag])).toEqual([
      [content.root.digest, "1.0"],
      [first.root.digest, undefined],
      [second.root.digest, "sha256-abc.sig"],
    ]);
    expect(report?.referrers).toEqual({
      copied: 2,
      present: 0,
      refused: 0,
      artifacts: [
        { digest: first.root.digest, artifactType: type, outcome: "copied" },
        { digest: second.root.digest, artifactType: type, tag: "sha256-abc.sig", outcome: "copied" },
      ],
    });
    for (const blob of [...first.blobs.keys(), ...second.blobs.keys()]) {
      expect(destination.layers.has(blob)).toBe(true);
    }
  });

  test("of its children, and of artifacts, go along too; what is part of the image is no artifact of it", async () => {
    const index = attestedIndex();
    const { source, destination } = stage(index);
    const [child] = [...index.manifests.keys()];
    const subject = { ...index.root, digest: child as Descriptor["digest"] };
    const signature = signatureOf(subject, 1);
    const countersignature = signatureOf(signature.root, 2);
    source.attach(signature, subject);
    source.attach(countersignature, signature.root);
    const own = [...index.manifests.keys()][2] as Descriptor["digest"];
    source.refers.set(index.root.digest, [{ mediaType: "m", digest: own, size: 1 }]);
    const { report } = await execute(request, { source, destination });
    expect(report?.referrers.artifacts.map(({ digest }) => digest)).toEqual([
      signature.root.digest,
      countersignature.root.digest,
    ]);
  });

  test("that refer to each other in a circle end", async () => {
    const { source, destination } = stage(content);
    const [first, second] = [signatureOf(content.root, 1), signatureOf(content.root, 2)];
    source.attach(first, content.root);
    source.attach(second, first.root);
    source.attach(first, second.root);
    const { report } = await execute(request, { source, destination });
    expect(report?.referrers.copied).toBe(2);
    expect(new Set(source.asked).size).toBe(source.asked.length);
  });

  test("are at most a hundred, and that there are more is said", async () => {
    const { source, destination } = stage(content);
    for (let seed = 1; seed <= maxReferrers + 1; seed++) {
      source.attach(signatureOf(content.root, seed), content.root);
    }
    const { report } = await execute(request, { source, destination });
    expect(report?.referrers.copied).toBe(maxReferrers);
    expect(report?.warnings).toEqual([expect.stringMatching(/more than 100 signatures/)]);
  });

  test("stay behind when they are not wanted, without being asked for", async () => {
    const { source, destination } = stage(content);
    source.attach(signatureOf(content.root, 1), content.root);
    const { report } = await execute({ ...request, referrers: false }, { source, destination });
    expect([report?.referrers.copied, source.asked]).toEqual([0, []]);
  });

  test("that were attached later are only looked for when that is asked for", async () => {
    const { source, destination } = stage(content);
    await execute(request, { source, destination });
    source.asked.length = 0;
    const late = signatureOf(content.root, 1);
    source.attach(late, content.root);
    expect((await execute(request, { source, destination })).report?.status).toBe("InSync");
    expect(source.asked).toEqual([]);
    const { report } = await execute({ ...request, referrers: true }, { source, destination });
    expect(report).toMatchObject({ status: "Replicated", referrers: { copied: 1 } });
    const again = await execute({ ...request, referrers: true }, { source, destination });
    expect(again.report).toMatchObject({ status: "InSync", referrers: { copied: 0, present: 1 } });
  });

  test("are only planned in plan mode", async () => {
    const { source, destination } = stage(content);
    source.attach(signatureOf(content.root, 1), content.root);
    const { report } = await execute({ ...request, mode: "plan" }, { source, destination });
    expect(report).toMatchObject({ status: "Planned", referrers: { copied: 1 } });
    expect(destination.puts).toEqual([]);
  });
});

describe("an artifact that cannot be copied", () => {
  test.each([
    [
      "is damaged",
      (source: ReferredSource, { root }: Content) => source.manifests.set(root.digest, Buffer.from("{}")),
    ],
    ["is gone", (source: ReferredSource, { root }: Content) => source.manifests.delete(root.digest)],
  ])("because it %s is a warning that names it, and the image and the others arrive", async (_, damage) => {
    const { source, destination } = stage(content);
    const [bad, good] = [signatureOf(content.root, 1), signatureOf(content.root, 2)];
    source.attach(bad, content.root);
    source.attach(good, content.root);
    damage(source, bad);
    const { report } = await execute(request, { source, destination });
    expect(report).toMatchObject({ status: "Replicated", referrers: { copied: 1, refused: 1 } });
    expect(report?.warnings).toEqual([
      expect.stringContaining(`${type} ${bad.root.digest} of the image was not copied`),
    ]);
    expect(destination.tags.get("1.0")).toBe(content.root.digest);
  });

  test("because the destination refuses it is a warning with the reason", async () => {
    const { source, destination } = stage(content);
    const signature = signatureOf(content.root, 1);
    source.attach(signature, content.root);
    const put = destination.putManifest.bind(destination);
    destination.putManifest = async (manifest, tag) => {
      if (manifest.descriptor.digest === signature.root.digest) {
        throw new Failure("UnsupportedImage", { side: "destination", operation: "PutImage" }, "405, it says");
      }
      await put(manifest, tag);
    };
    const { report } = await execute(request, { source, destination });
    expect(report?.referrers.artifacts).toMatchObject([{ outcome: "refused", reason: "405, it says" }]);
    expect(report?.warnings[0]).toMatch(/was not copied: 405, it says$/);
  });

  test("because the source is throttled is no warning but a failure, to be tried again", async () => {
    const { source, destination } = stage(content);
    source.referrers = async () => {
      throw new Failure("Throttled", { side: "source", operation: "ListReferrers" }, "slower");
    };
    expect((await execute(request, { source, destination })).failure?.error).toBe("Throttled");
  });

  test("because only a part of its index is wanted is a warning, and those of the part arrive", async () => {
    const index = attestedIndex();
    const { source, destination } = stage(index);
    const ofIndex = signatureOf(index.root, 1);
    source.attach(ofIndex, index.root);
    const child = JSON.parse(new TextDecoder().decode(index.manifests.get(index.root.digest))).manifests[1];
    const ofChild = signatureOf(child, 2);
    source.attach(ofChild, child);
    const { report } = await execute(request, {
      source: (_, pin) => new PlatformSource(source, [parsePlatform("linux/arm64")], pin?.index),
      destination,
    });
    expect(report?.digest).toBe(child.digest);
    expect(report?.referrers).toMatchObject({ copied: 1, refused: 1 });
    expect(report?.warnings).toEqual([
      expect.stringContaining(`only the part of ${index.root.digest} for linux/arm64 is copied`),
      expect.stringMatching(/it is of the whole index, sha256:.* of which only some platforms/),
    ]);
  });
});

describe("the blobs of an artifact", () => {
  test("that the source does not have leave only the artifact behind", async () => {
    const { source, destination } = stage(content);
    const [bad, good] = [signatureOf(content.root, 1), signatureOf(content.root, 2)];
    source.attach(bad, content.root);
    source.attach(good, content.root);
    const [, layer = ""] = [...bad.blobs.keys()];
    source.blobs.delete(layer);
    const { report, states } = await execute(request, { source, destination });
    expect(report).toMatchObject({ status: "Replicated", referrers: { copied: 1, refused: 1 } });
    expect(report?.warnings).toEqual([expect.stringContaining(bad.root.digest)]);
    expect(destination.tags.get("1.0")).toBe(content.root.digest);
    expect(states).toEqual(["Plan", "CopyLayers", "Plan", "PutManifests", "Report"]);
  });

  test("that the image has, too, are needed", async () => {
    const { source, destination } = stage(content);
    const [shared = ""] = [...content.blobs.keys()];
    const bytes = content.blobs.get(shared) as Uint8Array;
    source.attach(image({ layers: [bytes], also: { subject: content.root } }), content.root);
    source.blobs.delete(shared);
    expect((await execute(request, { source, destination })).failure?.error).toBe("SourceNotFound");
  });

  test("are counted in a plan, beside those of the image", async () => {
    const { source, destination } = stage(content);
    const [there, away] = [signatureOf(content.root, 1), signatureOf(content.root, 2)];
    source.attach(there, content.root);
    await execute(request, { source, destination });
    source.attach(away, content.root);
    destination.tags.clear();
    const { report } = await execute({ ...request, mode: "plan" }, { source, destination });
    const blobs = new Set([...content.blobs.keys(), ...there.blobs.keys(), ...away.blobs.keys()]);
    const copied = [...blobs].filter((digest) => !destination.layers.has(digest)).length;
    expect(report?.layers).toMatchObject({ copied, present: blobs.size - copied });
    expect(report?.referrers).toMatchObject({ copied: 1, present: 1 });
  });

  test("are not more than an image may have, together with its own", async () => {
    const { source, destination } = stage(content);
    const large = (seed: number) =>
      image({ layers: Array.from({ length: 999 }, (_, at) => bytesOf(4, seed * 1_000 + at)) });
    for (let seed = 1; seed <= 11; seed++) source.attach(large(seed), content.root);
    const { report } = await execute({ ...request, mode: "plan" }, { source, destination });
    expect(report?.referrers).toMatchObject({ copied: 9, refused: 2 });
    expect(report?.referrers.artifacts.at(-1)?.reason).toMatch(/more than is copied at once/);
  });
});

test("an artifact that stays incomplete is refused, and not taken for a repository that loses layers", async () => {
  const { source, destination } = stage(content);
  const signature = signatureOf(content.root, 1);
  source.attach(signature, content.root);
  const put = destination.putManifest.bind(destination);
  destination.putManifest = async (manifest, tag) => {
    if (manifest.descriptor.digest === signature.root.digest) throw new Incomplete("a layer is missing");
    await put(manifest, tag);
  };
  const { report, states } = await execute(request, { source, destination });
  expect(report).toMatchObject({ status: "Replicated", referrers: { refused: 1 } });
  expect(report?.warnings[0]).toMatch(/a layer is missing$/);
  expect(states.filter((state) => state === "PutManifests")).toHaveLength(2);
});

test("an image is in sync although an artifact of it is refused", async () => {
  const { source, destination } = stage(content);
  const signature = signatureOf(content.root, 1);
  source.attach(signature, content.root, "sha256-abc.sig");
  source.manifests.delete(signature.root.digest);
  await execute(request, { source, destination });
  const { report, states } = await execute({ ...request, referrers: true }, { source, destination });
  expect([report?.status, report?.warnings.length, states]).toEqual(["InSync", 1, ["Plan", "Report"]]);
});
