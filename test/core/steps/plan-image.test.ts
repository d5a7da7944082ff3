import type { ImagePlan } from "../../../core/model/plan.ts";
import type { Request } from "../../../core/model/request.ts";
import { maxBlobsPerRound } from "../../../core/steps/next-round.ts";
import { planImage } from "../../../core/steps/plan-image.ts";
import { attestedIndex, type Content, image, imageOf } from "../../fakes/image.ts";
import { MemoryDestination } from "../../fakes/memory-destination.ts";
import { MemorySource } from "../../fakes/memory-source.ts";
import { request } from "../../fakes/request.ts";

function stage(content: Content, tag = "1.0") {
  const [source, destination] = [new MemorySource(), new MemoryDestination()];
  source.add(content, tag);
  return { source, destination };
}

/** Puts a content's blobs at the destination, and its manifests when it is to be whole. */
function fill(destination: MemoryDestination, content: Content, tag?: string): void {
  for (const [digest, bytes] of content.blobs) destination.layers.set(digest, bytes);
  if (tag === undefined) return;
  for (const [digest, bytes] of content.manifests) destination.images.set(digest, bytes);
  destination.tags.set(tag, content.root.digest);
}

const digestsOf = ({ tasks }: ImagePlan) => tasks.flatMap(({ blobs }) => blobs.map(({ digest }) => digest));

describe("planImage", () => {
  const content = imageOf([100, 20]);

  test("makes exactly one call to each side when the tag is in sync", async () => {
    const { source, destination } = stage(content);
    fill(destination, content, "1.0");
    const planned = await planImage({ request }, source, destination);
    expect(planned).toMatchObject({ next: "Report", status: "InSync", root: content.root, tasks: [] });
    expect(planned.manifests).toEqual({ copied: 0, present: 1 });
    expect([source.calls, destination.calls]).toEqual([["resolve"], ["resolve"]]);
  });

  test.each<Partial<Request>>([{ mode: "plan" }, { mode: "apply" }])("is in sync in %j", async (mode) => {
    const { source, destination } = stage(content);
    fill(destination, content, "1.0");
    const planned = await planImage({ request: { ...request, ...mode } }, source, destination);
    expect(planned.status).toBe("InSync");
  });

  test("looks for the digest when neither side has a tag", async () => {
    const { source, destination } = stage(content);
    fill(destination, content, "whatever");
    const bySource = `${request.source.replace(":1.0", "")}@${content.root.digest}`;
    const planned = await planImage({ request: { ...request, source: bySource } }, source, destination);
    expect(planned.status).toBe("InSync");
  });

  test("only puts the manifest when the layers are there and the tag stands for another image", async () => {
    const { source, destination } = stage(content);
    fill(destination, imageOf([50], 2), "1.0");
    fill(destination, content);
    const planned = await planImage({ request }, source, destination);
    expect(planned).toMatchObject({ next: "PutManifests", tasks: [] });
    expect(planned.layers).toMatchObject({ copied: 0, present: 3, bytesPresent: sizeOf(content) });
    expect(destination.opened).toBe(0);
  });

  test("opens an upload for each missing blob and for no other", async () => {
    const { source, destination } = stage(content);
    const [present = ""] = content.blobs.keys();
    destination.layers.set(present, new Uint8Array());
    const planned = await planImage({ request }, source, destination);
    expect(digestsOf(planned).toSorted()).toEqual(
      [...content.blobs.keys()].filter((digest) => digest !== present).toSorted(),
    );
    expect(planned.layers).toMatchObject({ copied: 0, present: 1 });
    expect(destination.opened).toBe(2);
  });

  test("takes a layer that several images share once", async () => {
    const shared = attestedIndex();
    const { source, destination } = stage(shared);
    const digests = digestsOf(await planImage({ request }, source, destination));
    expect(digests).toHaveLength(shared.blobs.size);
    expect(new Set(digests)).toEqual(new Set(shared.blobs.keys()));
  });

  test("changes nothing in plan mode, and says what would be copied", async () => {
    const { source, destination } = stage(content);
    fill(destination, imageOf([100]));
    const planned = await planImage({ request: { ...request, mode: "plan" } }, source, destination);
    expect(planned).toMatchObject({ next: "Report", status: "Planned", tasks: [] });
    expect(planned.manifests).toEqual({ copied: 1, present: 0 });
    const { copied, present, bytesCopied, bytesPresent } = planned.layers;
    expect([copied, present, bytesCopied + bytesPresent]).toEqual([2, 1, sizeOf(content)]);
    expect(destination.opened).toBe(0);
  });

  test("keeps to the digest that it found first while the tag moves", async () => {
    const { source, destination } = stage(content);
    const first = await planImage({ request }, source, destination);
    source.add(imageOf([33], 7), "1.0");
    const second = await planImage({ request, plan: first, copied: [paused(first, 1)] }, source, destination);
    expect(second.root).toEqual(content.root);
    expect(digestsOf(second).toSorted()).toEqual(digestsOf(first).toSorted());
    expect(source.calls.filter((call) => call === "resolve")).toHaveLength(1);
  });

  test("fails when the source has no such tag", async () => {
    const { source, destination } = stage(content, "2.0");
    await expect(planImage({ request }, source, destination)).rejects.toMatchObject({
      name: "SourceNotFound",
    });
  });

  test("counts what later rounds find beside what the first found as copied", async () => {
    const { source, destination } = stage(content);
    const first = await planImage({ request }, source, destination);
    fill(destination, content);
    const second = await planImage({ request, plan: first }, source, destination);
    expect(second).toMatchObject({ next: "PutManifests", tasks: [] });
    expect(second.layers).toEqual({ copied: 3, present: 0, bytesCopied: sizeOf(content), bytesPresent: 0 });
  });
});

describe("plan after a round", () => {
  const content = imageOf([100, 20, 10]);

  test("goes on in the uploads that were paused, and opens one for each of the others", async () => {
    const { source, destination } = stage(content);
    const first = await planImage({ request }, source, destination);
    const stopped = paused(first, 2);
    const second = await planImage({ request, plan: first, copied: [stopped] }, source, destination);
    const blobs = second.tasks.flatMap((task) => task.blobs);
    expect(blobs).toEqual(expect.arrayContaining([...stopped.paused]));
    expect(blobs).toHaveLength(4);
    expect(destination.opened).toBe(4 + 2);
  });

  test("ends when all of three rounds is missing as before, and opens no upload for a fourth", async () => {
    const { source, destination } = stage(content);
    const first = await planImage({ request }, source, destination);
    const second = await planImage({ request, plan: first, copied: [] }, source, destination);
    const third = await planImage({ request, plan: second, copied: [] }, source, destination);
    await expect(planImage({ request, plan: third, copied: [] }, source, destination)).rejects.toMatchObject({
      name: "UploadLost",
      side: "destination",
      message: expect.stringContaining(
        "after 3 rounds of copying the destination has nothing more of 4 layers",
      ),
    });
    expect(destination.opened).toBe(3 * 4);
  });

  test("counts only rounds in a row that changed nothing", async () => {
    const { source, destination } = stage(content);
    const first = await planImage({ request }, source, destination);
    const second = await planImage({ request, plan: first, copied: [] }, source, destination);
    expect(second.stalled).toBe(1);
    const third = await planImage(
      { request, plan: second, copied: [paused(second, 1)] },
      source,
      destination,
    );
    expect(third.stalled).toBe(0);
  });

  test("goes on when an upload was lost and the layer begun again, which leaves it behind where it was", async () => {
    const { source, destination } = stage(content);
    const first = await planImage({ request }, source, destination);
    const far = { paused: first.tasks.flatMap(({ blobs }) => blobs.map((blob) => ({ ...blob, from: 8 }))) };
    const second = await planImage({ request, plan: first, copied: [far] }, source, destination);
    const again = {
      paused: far.paused.map((blob) => ({ ...blob, upload: { id: "new", partSize: 10 }, from: 2 })),
    };
    expect(await planImage({ request, plan: second, copied: [again] }, source, destination)).toMatchObject({
      next: "CopyLayers",
      stalled: 1,
    });
  });

  test("goes on when one layer of a round has arrived", async () => {
    const { source, destination } = stage(content);
    const first = await planImage({ request }, source, destination);
    const [digest = ""] = content.blobs.keys();
    destination.layers.set(digest, new Uint8Array());
    const second = await planImage({ request, plan: first, copied: [] }, source, destination);
    expect(digestsOf(second)).toHaveLength(3);
  });

  test("goes on when one layer of a round has got further by one byte", async () => {
    const { source, destination } = stage(content);
    const first = await planImage({ request }, source, destination);
    const second = await planImage({ request, plan: first, copied: [paused(first, 1)] }, source, destination);
    expect(second.next).toBe("CopyLayers");
  });

  test("counts a round in which all was paused where it was before", async () => {
    const { source, destination } = stage(content);
    const first = await planImage({ request }, source, destination);
    const same = { paused: first.tasks.flatMap(({ blobs }) => blobs) };
    const second = await planImage({ request, plan: first, copied: [same] }, source, destination);
    expect(second.stalled).toBe(1);
  });
});

describe("plan of more blobs than one round takes", () => {
  const layers = Array.from({ length: 2 * maxBlobsPerRound }, (_, at) => new TextEncoder().encode(`${at}`));
  const content = image({ layers });

  test("takes them in rounds, and comes to an end", async () => {
    const { source, destination } = stage(content);
    const rounds: number[] = [];
    let planned = await planImage({ request }, source, destination);
    while (planned.next === "CopyLayers") {
      const digests = digestsOf(planned);
      rounds.push(digests.length);
      for (const digest of digests) destination.layers.set(digest, new Uint8Array());
      planned = await planImage({ request, plan: planned, copied: [] }, source, destination);
    }
    expect(rounds).toEqual([maxBlobsPerRound, maxBlobsPerRound, 1]);
    expect(planned.layers).toMatchObject({ copied: 401, present: 0, bytesCopied: sizeOf(content) });
  });

  test("takes paused blobs before those that no round has had", async () => {
    const { source, destination } = stage(content);
    const first = await planImage({ request }, source, destination);
    const smallest = first.tasks.flatMap(({ blobs }) => blobs).toSorted((a, b) => a.size - b.size);
    const stopped = { paused: smallest.slice(0, 3).map((blob) => ({ ...blob, from: 1 })) };
    for (const digest of digestsOf(first).slice(0, 2)) destination.layers.set(digest, new Uint8Array());
    const second = await planImage({ request, plan: first, copied: [stopped] }, source, destination);
    const missing = stopped.paused.filter(({ digest }) => !destination.layers.has(digest));
    expect(digestsOf(second)).toEqual(expect.arrayContaining(missing.map(({ digest }) => digest)));
  });

  test("fits in a state's 256 KiB twice, with ids and sizes as long as they get", async () => {
    const { source, destination } = stage(content);
    const planned = await planImage({ request }, source, destination);
    const tasks = planned.tasks.map(({ blobs }) => ({
      blobs: blobs.map((blob) => ({
        ...blob,
        size: 54_525_952_000,
        from: 54_525_951_999,
        upload: { id: "00000000-0000-0000-0000-000000000000", partSize: 10_485_760 },
      })),
    }));
    const copied = tasks.map(({ blobs }) => ({ paused: blobs }));
    const state = JSON.stringify({ request, plan: { ...planned, tasks }, copied });
    expect(Buffer.byteLength(state)).toBeLessThan(256 * 1024);
  });

  test("opens at most four uploads at once", async () => {
    const { source, destination } = stage(content);
    let [open, most] = [0, 0];
    const openUpload = destination.openUpload.bind(destination);
    destination.openUpload = async () => {
      most = Math.max(most, ++open);
      const upload = await openUpload();
      open--;
      return upload;
    };
    await planImage({ request }, source, destination);
    expect(most).toBe(4);
  });
});

describe("what the source warns of", () => {
  const content = imageOf([100, 20]);
  const warned = () => {
    const { source, destination } = stage(content);
    const warning = { left: 5 };
    return {
      source: Object.assign(source, { warnings: () => [`${--warning.left} pulls left`] }),
      destination,
    };
  };

  test("is told of an image in sync", async () => {
    const { source, destination } = warned();
    fill(destination, content, "1.0");
    const planned = await planImage({ request }, source, destination);
    expect(planned).toMatchObject({ status: "InSync", warnings: ["4 pulls left"] });
  });

  test("is told of an image that is only planned", async () => {
    const { source, destination } = warned();
    const planned = await planImage({ request: { ...request, mode: "plan" } }, source, destination);
    expect(planned).toMatchObject({ status: "Planned", warnings: ["4 pulls left"] });
  });

  test("is told once, however many plans there are", async () => {
    const { source, destination } = warned();
    const { next: _, ...first } = await planImage({ request }, source, destination);
    fill(destination, content);
    const second = await planImage({ request, plan: first }, source, destination);
    expect([first.warnings, second.warnings, second.next]).toEqual([
      ["4 pulls left"],
      ["4 pulls left"],
      "PutManifests",
    ]);
  });

  test("is absent when there is nothing to tell", async () => {
    const { source, destination } = stage(content);
    Object.assign(source, { warnings: () => [] });
    expect(await planImage({ request }, source, destination)).not.toHaveProperty("warnings");
  });
});

/** What the workers say when they stopped one byte into the first blobs of a plan. */
function paused({ tasks }: ImagePlan, count: number) {
  const blobs = tasks.flatMap((task) => task.blobs);
  return { paused: blobs.slice(0, count).map((blob) => ({ ...blob, from: 1 })) };
}

function sizeOf({ blobs }: Content): number {
  return [...blobs.values()].reduce((sum, { length }) => sum + length, 0);
}
