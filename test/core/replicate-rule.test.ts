import { Failure } from "../../core/errors.ts";
import { attestedIndex, bytesOf, image, imageOf } from "../fakes/image.ts";
import { breakConnection, interrupted } from "../fakes/interruption.ts";
import { MemoryDestination } from "../fakes/memory-destination.ts";
import { anyRepository, hosts, oneRepository } from "../fakes/rule-run.ts";
import { RuleStage } from "./rule-stage.ts";

const rule = { ...anyRepository, createRepository: true as const };

/** Three images in two repositories. */
function stage(): RuleStage {
  const made = new RuleStage();
  made.push("team/app", "1", attestedIndex());
  made.push("team/app", "2", imageOf([30, 40], 2));
  made.push("team/web", "1", imageOf([50], 3));
  return made;
}

test("copies every image of every repository, and tells of each", async () => {
  const made = stage();
  const { report, failure } = await made.run(rule);
  expect(failure).toBeUndefined();
  expect(report).toMatchObject({
    status: "Replicated",
    repositories: {
      compared: 2,
      created: expect.arrayContaining([`${hosts.destination}/mirror/app`, `${hosts.destination}/mirror/web`]),
    },
    images: { selected: 3, inSync: 0, copied: 3, failed: 0 },
  });
  for (const name of ["app", "web"]) {
    expect(made.to.get(`mirror/${name}`)?.tags).toEqual(made.from.get(`team/${name}`)?.tags);
  }
  expect(made.told.filter((each) => each === "found")).toHaveLength(3);
  expect(made.told.filter((each) => each === "Replicated")).toHaveLength(3);
  expect(made.told).toContain("listed 3");
  expect(made.bytes).toBe(report.layers.bytesCopied);
});

test("a layer that all images of a new repository have in common is sent once", async () => {
  const made = new RuleStage();
  const base = bytesOf(10_000);
  const layers = Array.from({ length: 6 }, (_, at) => bytesOf(20, at + 2));
  for (const [at, own] of layers.entries()) made.push("team/app", `${at}`, image({ layers: [base, own] }));
  const { report } = await made.run({ ...rule, concurrency: 6 }, { images: 6 });
  expect(report.layers.bytesCopied).toBeLessThan(2 * base.length);
  expect(report.layers.present).toBe(layers.length - 1);
});

test("finds all in sync the second time, and copies nothing", async () => {
  const made = stage();
  await made.run(rule);
  const { report } = await made.run(rule);
  expect(report).toMatchObject({ status: "InSync", images: { selected: 3, inSync: 3, copied: 0 } });
});

test("a plan changes nothing, and names every image, repository and deletion", async () => {
  const made = new RuleStage();
  for (let at = 0; at < 50; at++) made.push(`team/r${at}`, "1", imageOf([10], at));
  const standing = new MemoryDestination();
  made.to.set("mirror/old", standing);
  for (let at = 0; at < 30; at++) standing.tags.set(`v${at}`, `sha256:${"0".repeat(64)}`);
  const { report, failure } = await made.run({
    ...rule,
    prune: { maxDeletes: 30, repositories: true },
    mode: "plan",
  });
  expect(failure).toBeUndefined();
  expect(report).toMatchObject({ status: "Planned", images: { copied: 50 }, tags: { deleted: 30 } });
  expect(report.examples.copied).toHaveLength(50);
  expect(report.examples.deleted).toHaveLength(30);
  expect(report.repositories.created).toHaveLength(50);
  expect(report.estimate).toBeDefined();
  expect([made.removed.length, made.bytes]).toEqual([0, 0]);
  expect([...made.to.values()].flatMap(({ puts }) => puts)).toEqual([]);
});

test("the failure of an image does not stop the others, but nothing is deleted then", async () => {
  const made = stage();
  made.to.set("mirror/app", new MemoryDestination());
  made.to.get("mirror/app")?.tags.set("old", `sha256:${"0".repeat(64)}`);
  made.wrap = (destination, { source }) =>
    source.endsWith("app:2")
      ? interrupted(destination, { operation: "writePart", call: 1, when: "before" }, breakConnection)
      : destination;
  const { report, failure } = await made.run({ ...rule, prune: { maxDeletes: "100%" } });
  expect(failure).toMatchObject({ name: "ImagesFailed", operation: "ReplicateImages" });
  expect(failure?.message).toMatch(/^1 of 3 images of the rule team failed \(Unavailable 1\); the first: /);
  expect(report).toMatchObject({ status: "Failed", images: { copied: 2, failed: 1 } });
  expect(report.examples.failed).toMatchObject([
    { source: `${hosts.source}/team/app:2`, error: "Unavailable" },
  ]);
  expect(made.removed).toEqual([]);
  expect(made.told).toContain("Unavailable");
});

test("all that fail are named, however many", async () => {
  const made = new RuleStage();
  for (let at = 0; at < 60; at++) made.push("team/app", `v${at}`, imageOf([10], at));
  made.wrap = (destination) =>
    interrupted(destination, { operation: "openUpload", call: 1, when: "before" }, breakConnection);
  const { report } = await made.run({ ...oneRepository, createRepository: true });
  expect(report.examples.failed).toHaveLength(60);
});

test("tags that the source no longer has are deleted when all is in step", async () => {
  const made = stage();
  await made.run(rule);
  made.from.get("team/app")?.tags.delete("2");
  const { report, failure } = await made.run({ ...rule, prune: { maxDeletes: 1 } });
  expect(failure).toBeUndefined();
  expect(report).toMatchObject({ status: "Replicated", tags: { deleted: 1, kept: 0 } });
  expect(made.removed).toMatchObject([{ repository: "mirror/app", tag: "2" }]);
  expect(made.told.at(-1)).toBe("pruning 1");
});

test("more deletions than the rule allows are refused, and what was copied is reported", async () => {
  const made = stage();
  await made.run(rule);
  made.from.get("team/app")?.tags.clear();
  made.push("team/web", "2", imageOf([9], 9));
  const { report, failure } = await made.run({ ...rule, prune: { maxDeletes: 1 } });
  expect(failure).toMatchObject({ name: "PruneRefused" });
  expect(report).toMatchObject({ status: "Failed", images: { copied: 1 }, tags: { deleted: 0 } });
  expect(made.removed).toEqual([]);
});

test("what was deleted before the destination refused is reported, whether that may pass or not", async () => {
  const made = stage();
  await made.run(rule);
  const tags = made.to.get("mirror/app")?.tags;
  for (let at = 0; at < 250; at++) tags?.set(`old${at}`, `sha256:${"0".repeat(64)}`);
  made.removal = () => {
    if (made.removed.length === 150) {
      throw new Failure("Throttled", { side: "destination", operation: "BatchDeleteImage" }, "slow down");
    }
    return undefined;
  };
  const { report, failure } = await made.run({ ...rule, prune: { maxDeletes: 250 } });
  expect(failure).toMatchObject({
    name: "Throttled",
    message: "slow down; at least 100 tags had been deleted before",
  });
  // Of the hundred that were being deleted it is not known.
  expect(report).toMatchObject({ status: "Failed", tags: { deleted: 100 } });
});

test("a rule that must select and finds nothing fails, and another is warned", async () => {
  const made = new RuleStage();
  expect((await made.run({ ...rule, mustSelect: true })).failure).toMatchObject({ name: "NothingSelected" });
  const { report, failure } = await made.run(rule);
  expect(failure).toBeUndefined();
  expect(report.warnings).toEqual([expect.stringContaining("selects no image")]);
});

test("a repository that cannot be listed is a failure of its own", async () => {
  const made = stage();
  made.unlisted.set("team/app", new Failure("AccessDenied", { operation: "ListImages" }, "not yours"));
  const { report, failure } = await made.run(rule);
  expect(failure).toMatchObject({ name: "ImagesFailed" });
  expect(report).toMatchObject({
    repositories: { compared: 2, failed: 1 },
    images: { copied: 1, failed: 0 },
  });
});

test("what stops the comparison is thrown, after the images that are under way", async () => {
  const made = stage();
  made.unlisted.set("team/web", new Failure("Throttled", { operation: "ListImages" }, "slow down"));
  await expect(made.run(rule)).rejects.toMatchObject({ name: "Throttled" });
  const puts = [...made.to.values()].flatMap((each) => each.puts).length;
  await new Promise(setImmediate);
  expect([...made.to.values()].flatMap((each) => each.puts)).toHaveLength(puts);
});

test("what is no Failure is thrown, and stops the run", async () => {
  const made = stage();
  made.wrap = () => {
    throw new TypeError("a fault of this program");
  };
  await expect(made.run(rule)).rejects.toThrow("a fault of this program");
});

test("the images share the workers", async () => {
  const made = new RuleStage();
  for (let at = 0; at < 12; at++) made.push("team/app", `v${at}`, imageOf([40, 50, 60], at * 5));
  const destination = new MemoryDestination();
  made.to.set("mirror/app", destination);
  const { writePart } = destination;
  let [now, most] = [0, 0];
  destination.writePart = async (...part) => {
    most = Math.max(most, ++now);
    await new Promise(setImmediate);
    return writePart.apply(destination, part).finally(() => {
      now -= 1;
    });
  };
  expect((await made.run(oneRepository, { images: 8, workers: 2 })).report.images.copied).toBe(12);
  expect(most).toBe(2);
});

test("the comparison waits while too many images wait to be copied", async () => {
  const made = new RuleStage();
  for (let at = 0; at < 400; at++) made.push("team/app", `v${at}`, imageOf([10], at));
  let ended = 0;
  let most = 0;
  const watch = {
    found: () => {
      most = Math.max(most, made.told.push("found") - ended);
    },
    listed: () => {},
    took: () => {},
    ended: () => {
      ended += 1;
    },
    pruning: () => {},
  };
  await made.run({ ...oneRepository, createRepository: true }, { watch });
  expect(ended).toBe(400);
  expect(most).toBeLessThanOrEqual(200 + 3 + 1);
});
