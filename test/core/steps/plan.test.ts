import { ArchiveSource } from "../../../core/archive/archive-source.ts";
import type { Request } from "../../../core/model/request.ts";
import { sourceOf } from "../../../core/model/request.ts";
import { plan } from "../../../core/steps/plan.ts";
import { MemoryArchive, ociFiles } from "../../fakes/archive.ts";
import { execute } from "../../fakes/execution.ts";
import { type Content, imageOf } from "../../fakes/image.ts";
import { MemoryDestination } from "../../fakes/memory-destination.ts";
import { MemorySource } from "../../fakes/memory-source.ts";
import { sidesOf } from "../../fakes/sides.ts";
import { tarOf } from "../../fakes/tar.ts";

const host = "222222222222.dkr.ecr.eu-central-1.amazonaws.com";
const request: Request = {
  source: "s3://my-bucket/vendor/all.tar",
  destination: `${host}/mirror/{name}:{tag}`,
};
const first = imageOf([40, 8], 1);
const second = imageOf([30, 9], 2);
const third = imageOf([20], 3);

/** An archive of these images, and an empty repository for each name that is asked for. */
function stage(images: Record<string, Content>) {
  const listed = Object.entries(images).map(([name, content]) => ({ content, name }));
  const archive = new MemoryArchive(tarOf(ociFiles(...listed)));
  const repositories = new Map<string, MemoryDestination>();
  const source = (asked: Request) => {
    const from = sourceOf(asked);
    return new ArchiveSource(async () => archive, { image: from.kind === "s3" ? from.image : undefined });
  };
  const destination = ({ destination: to }: Request) => {
    const name = to.slice(host.length + 1, to.lastIndexOf(":"));
    const repository = repositories.get(name) ?? new MemoryDestination();
    repositories.set(name, repository);
    return repository;
  };
  const tagged = () =>
    [...repositories].flatMap(([name, { tags }]) =>
      [...tags].map(([tag, digest]) => [`${name}:${tag}`, digest]),
    );
  return { archive, source, destination, repositories, tagged };
}

const three = { "a:1": first, "team/b:2": second, "b:2": third };

describe("plan, of an archive with several images,", () => {
  test("takes one after the other, each to its own place, and reports them together", async () => {
    const sides = stage(three);
    const { report, states } = await execute(request, sides);
    expect(sides.tagged()).toEqual([
      ["mirror/a:1", first.root.digest],
      ["mirror/team/b:2", second.root.digest],
      ["mirror/b:2", third.root.digest],
    ]);
    const copied = [first, second, third].reduce((sum, { blobs }) => sum + blobs.size, 0);
    expect(report).toMatchObject({
      status: "Replicated",
      source: request.source,
      destination: request.destination,
      digest: first.root.digest,
      manifests: { copied: 3, present: 0 },
      layers: { copied, present: 0 },
      images: [
        { source: `${request.source}#a:1`, destination: `${host}/mirror/a:1`, digest: first.root.digest },
        {
          source: `${request.source}#team/b:2`,
          destination: `${host}/mirror/team/b:2`,
          status: "Replicated",
        },
        { destination: `${host}/mirror/b:2`, digest: third.root.digest },
      ],
    });
    expect(states).toEqual([
      ...["Plan", "CopyLayers", "Plan", "PutManifestsThenPlan"],
      ...["Plan", "CopyLayers", "Plan", "PutManifestsThenPlan"],
      ...["Plan", "CopyLayers", "Plan", "PutManifests", "Report"],
    ]);
  });

  test("is in sync with one plan when all of them are", async () => {
    const sides = stage(three);
    await execute(request, sides);
    const { report, states } = await execute(request, sides);
    expect(report).toMatchObject({ status: "InSync", manifests: { copied: 0, present: 3 } });
    expect(report?.images?.map(({ status }) => status)).toEqual(["InSync", "InSync", "InSync"]);
    expect(states).toEqual(["Plan", "Report"]);
  });

  test.each([0, 1, 2])("copies only number %i when the others are in sync", async (changed) => {
    const sides = stage(three);
    await execute(request, sides);
    [...sides.repositories.values()][changed]?.tags.clear();
    const { report, states } = await execute(request, sides);
    const statuses = ["InSync", "InSync", "InSync"].with(changed, "Replicated");
    expect(report?.images?.map(({ status }) => status)).toEqual(statuses);
    expect(report?.status).toBe("Replicated");
    expect(states).toEqual(
      changed === 2 ? ["Plan", "PutManifests", "Report"] : ["Plan", "PutManifestsThenPlan", "Plan", "Report"],
    );
  });

  test("only reads in plan mode, and adds up what would be copied", async () => {
    const sides = stage(three);
    const { report, states } = await execute({ ...request, mode: "plan" }, sides);
    expect(report).toMatchObject({ status: "Planned", manifests: { copied: 3 } });
    expect(report?.images).toHaveLength(3);
    expect([sides.tagged(), states]).toEqual([[], ["Plan", "Report"]]);
  });

  test("reads the archive's headers once for all of them", async () => {
    const sides = stage(three);
    await plan({ request: { ...request, mode: "plan" } }, sidesOf(sides.source, sides.destination));
    const [{ reads: ofThree }, alone] = [sides.archive, stage({ "a:1": first })];
    await plan({ request: { ...request, mode: "plan" } }, sidesOf(alone.source, alone.destination));
    expect(ofThree).toBeLessThan(3 * alone.archive.reads);
  });

  test("copies an image once that has two names in one repository, and tags it twice", async () => {
    const sides = stage({ "a:1": first, "a:2": second });
    const same = stage({ "a:1": first });
    await execute(request, same);
    expect((await execute(request, sides)).report?.images).toHaveLength(2);
    expect(sides.tagged()).toHaveLength(2);
  });

  test("copies only the one that is named", async () => {
    const sides = stage(three);
    const { report } = await execute({ ...request, source: `${request.source}#team/b:2` }, sides);
    expect(report).toMatchObject({ destination: `${host}/mirror/team/b:2`, digest: second.root.digest });
    expect(report).not.toHaveProperty("images");
    expect(sides.tagged()).toEqual([["mirror/team/b:2", second.root.digest]]);
  });

  test("heals each of them once, and does not take the second's first loss for its second", async () => {
    const sides = stage({ "a:1": first, "a:2": second });
    const lossy = sides.destination({ ...request, destination: `${host}/mirror/a:1` });
    const lost = new Set<string>();
    const putManifest = lossy.putManifest.bind(lossy);
    lossy.putManifest = async (manifest, tag) => {
      if (tag && !lost.has(tag)) {
        lost.add(tag);
        lossy.layers.delete((tag === "1" ? first : second).blobs.keys().next().value ?? "");
      }
      await putManifest(manifest, tag);
    };
    const { report } = await execute(request, sides);
    expect([report?.status, lost.size, sides.tagged().length]).toEqual(["Replicated", 2, 2]);
  });

  test("says of a failure what the images before had copied, and leaves their tags", async () => {
    const sides = stage({ "a:1": first, "b:2": second });
    const broken = new MemoryDestination({ immutable: true });
    sides.repositories.set("mirror/b", broken);
    broken.tags.set("2", third.root.digest);
    for (const [digest, bytes] of third.manifests) broken.images.set(digest, bytes);
    const { failure } = await execute(request, sides);
    expect(failure?.error).toBe("TagImmutable");
    expect(failure?.cause.copied?.layers.copied).toBe(first.blobs.size + second.blobs.size);
    expect(sides.tagged()).toContainEqual(["mirror/a:1", first.root.digest]);
  });

  test("asks which one is meant when the destination does not depend on their names", async () => {
    const { failure } = await execute({ ...request, destination: `${host}/mirror/app:1` }, stage(three));
    expect(failure?.error).toBe("UnsupportedImage");
    expect(failure?.cause.message).toMatch(
      /has 3 images: 'a:1', 'team\/b:2', 'b:2'; name one of them after '#'/,
    );
  });
});

describe("plan, of an archive that is compressed,", () => {
  const packed = { etag: '"1"', format: "gzip", size: 9 } as const;

  function packedUntil({ inflated }: { inflated: boolean }) {
    const state = { inflated };
    const source = new MemorySource();
    source.add(first, "latest");
    const asked = Object.assign(source, { packed: async () => (state.inflated ? undefined : packed) });
    return { state, sides: { source: asked, destination: new MemoryDestination() } };
  }

  const one = {
    ...request,
    destination: `${host}/mirror/app:latest`,
    source: "s3://my-bucket/all.tgz#latest",
  };

  test("has it inflated, and goes on as if it had never been compressed", async () => {
    const { state, sides } = packedUntil({ inflated: false });
    const untar = async () => {
      state.inflated = true;
      return { etag: packed.etag };
    };
    const { report, states } = await execute(one, { ...sides, untar });
    expect(report).toMatchObject({ status: "Replicated", digest: first.root.digest });
    expect(states.slice(0, 4)).toEqual(["Plan", "Untar", "Plan", "CopyLayers"]);
  });

  test("ends when what was inflated has vanished, rather than inflate it for ever", async () => {
    const { sides } = packedUntil({ inflated: false });
    const { failure, states } = await execute(one, { ...sides, untar: async () => ({ etag: packed.etag }) });
    expect([failure?.error, failure?.cause.message]).toEqual([
      "Unavailable",
      expect.stringMatching(/work bucket/),
    ]);
    expect(failure?.cause).not.toHaveProperty("copied");
    expect(states).toEqual(["Plan", "Untar", "Plan"]);
  });

  test("has another version inflated that has taken its place meanwhile", async () => {
    const { sides } = packedUntil({ inflated: false });
    const again = await plan(
      { request: one, plan: { next: "Untar", packed }, untarred: { etag: '"0"' } },
      sidesOf(sides.source, sides.destination),
    );
    expect(again).toEqual({ next: "Untar", packed });
  });
});
