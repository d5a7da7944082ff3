import { Failure } from "../../../core/errors.ts";
import type { Run } from "../../../core/model/run.ts";
import { noTotals, type Totals } from "../../../core/model/totals.ts";
import type { Deletion } from "../../../core/ports.ts";
import { mostDeletes, nameOf, pruneImages } from "../../../core/steps/prune-images.ts";
import { digestFor, MemoryRuleSides } from "../../fakes/memory-catalog.ts";
import { anyRepository, appSides, hosts, listed, oneRepository } from "../../fakes/rule-run.ts";

type MaxDeletes = Exclude<Run["prune"], true | undefined>["maxDeletes"];

function totalsOf(owned: number, deletions: number): Totals {
  const totals = noTotals();
  return { ...totals, listing: { ...totals.listing, owned, deletions } };
}

/** Tags `t0`, `t1` and so on of a repository that has them. */
function tagsIn(sides: MemoryRuleSides, repository: string, count: number): Deletion[] {
  return Array.from({ length: count }, (_, n) => {
    const [tag, digest] = [`t${n}`, digestFor(`${repository} ${n}`)];
    sides.to.at(repository).tags.set(tag, digest);
    return { repository, tag, digest };
  });
}

async function* each<T>(items: readonly T[]): AsyncIterable<T> {
  yield* items;
}

function prune(
  sides: MemoryRuleSides,
  deletions: readonly Deletion[],
  {
    owned = deletions.length,
    maxDeletes = "100%" as MaxDeletes,
    counted = deletions.length,
  }: { owned?: number; maxDeletes?: MaxDeletes; counted?: number } = {},
) {
  const run: Run = { ...anyRepository, prune: { maxDeletes } };
  return pruneImages(run, totalsOf(owned, counted), each(deletions), sides);
}

describe("the most tags that a run deletes", () => {
  const cases: [Run["prune"], number, number][] = [
    [true, 100, 10],
    [{}, 100, 10],
    [true, 109, 10],
    [true, 19, 1],
    [true, 9, 1],
    [true, 1, 1],
    [{ maxDeletes: "0%" }, 9, 0],
    [{ maxDeletes: "100%" }, 7, 7],
    [{ maxDeletes: "0%" }, 1_000, 0],
    [{ maxDeletes: "1%" }, 99, 1],
    [{ maxDeletes: "1%" }, 200, 2],
    [{ maxDeletes: "29%" }, 100, 29],
    [{ maxDeletes: 0 }, 1_000, 0],
    [{ maxDeletes: 5 }, 1, 5],
  ];
  test.each(cases)("of %j among %i is %i", (settings, owned, most) => {
    expect(mostDeletes({ ...anyRepository, prune: settings }, owned)).toBe(most);
  });
});

describe("pruneImages", () => {
  test.each([3, "30%"])("deletes as many as maxDeletes, %s, allows", async (maxDeletes) => {
    const sides = new MemoryRuleSides();
    const deletions = tagsIn(sides, "mirror/a", 3);
    const pruned = await prune(sides, deletions, { owned: 10, maxDeletes });
    expect(pruned).toEqual({
      deleted: 3,
      kept: 0,
      examples: [0, 1, 2].map((n) => `${hosts.destination}/mirror/a:t${n}`),
      warnings: [],
    });
    expect(sides.to.at("mirror/a").tags.size).toBe(0);
  });

  test("keeps a tag that the source has after all, as one that moved while it was listed", async () => {
    const sides = new MemoryRuleSides();
    const deletions = tagsIn(sides, "mirror/a", 3);
    sides.from.at("team/a").add({ t1: "moved" });
    const pruned = await prune(sides, deletions);
    expect(pruned).toMatchObject({
      deleted: 2,
      kept: 1,
      warnings: [expect.stringContaining("the source has")],
    });
    expect([...sides.to.at("mirror/a").tags.keys()]).toEqual(["t1"]);
  });

  test("of tags that the source has and the rule dropped, keeps those that have moved since they were listed", async () => {
    const sides = new MemoryRuleSides();
    const dropped = { digest: digestFor("listed") };
    const deletions = tagsIn(sides, "mirror/a", 3).map((each) => ({ ...each, dropped }));
    // The third is gone by now.
    sides.from.at("team/a").add({ t0: "listed", t1: "pushed since" });
    expect(await prune(sides, deletions)).toMatchObject({
      deleted: 2,
      kept: 1,
      warnings: [
        expect.stringMatching(/:t1 was not deleted: the source's tag has changed since it was listed$/),
      ],
    });
    expect([...sides.to.at("mirror/a").tags.keys()]).toEqual(["t1"]);
    expect(sides.calls.filter((call) => call.startsWith("source"))).toHaveLength(3);
  });

  test("keeps a tag that is dropped when it is listed and pushed anew before it would be deleted", async () => {
    const sides = appSides({ a: "old", b: "new" }, { a: "old", b: "new" });
    const from = sides.from.at("team/app");
    from.pushed.set(digestFor("old"), 1).set(digestFor("new"), 2);
    const run: Run = { ...oneRepository, tags: { newest: 1 }, prune: true };
    const { listing, deletions } = await listed(run, sides);
    expect(deletions).toMatchObject([{ tag: "a" }]);
    from.add({ a: "newest" });
    const pruned = await pruneImages(run, { ...noTotals(), listing }, each(deletions), sides);
    expect(pruned).toMatchObject({ deleted: 0, kept: 1 });
  });

  test("tells whether a dropped tag has moved by the whole image, of which only some platforms are copied", async () => {
    const sides = appSides({ a: "index" }, { a: "part" });
    sides.subsets.set(digestFor("index"), digestFor("part"));
    const run: Run = {
      ...oneRepository,
      platforms: ["linux/amd64"],
      tags: { pushedSince: "1d" },
      prune: true,
    };
    const { listing, deletions } = await listed(run, sides);
    const pruned = await pruneImages(run, { ...noTotals(), listing }, each(deletions), sides);
    expect(pruned).toMatchObject({ deleted: 1, kept: 0 });
  });

  test("asks nothing of dropped tags of a registry whose listing does not say what they stood for", async () => {
    const sides = new MemoryRuleSides();
    sides.from.at("team/a").add({ t0: "old" });
    const deletions = tagsIn(sides, "mirror/a", 1).map((each) => ({ ...each, dropped: {} }));
    expect(await prune(sides, deletions)).toMatchObject({ deleted: 1, kept: 0 });
    expect(sides.calls.filter((call) => call.startsWith("source"))).toEqual([]);
  });

  test("keeps a tag of which the source has the image and does not give it, as one that is archived", async () => {
    const sides = new MemoryRuleSides();
    const deletions = tagsIn(sides, "mirror/a", 2);
    const where = { side: "source", operation: "BatchGetImage", isThere: true } as const;
    sides.failures.set("source resolve team/a t0", new Failure("SourceNotFound", where, "archived"));
    expect(await prune(sides, deletions)).toMatchObject({ deleted: 1, kept: 1 });
    expect([...sides.to.at("mirror/a").tags.keys()]).toEqual(["t0"]);
  });

  test.each(["AccessDenied", "Throttled", "Unavailable"] as const)(
    "tells what was deleted before %s ended it",
    async (name) => {
      const sides = new MemoryRuleSides();
      const deletions = [...tagsIn(sides, "mirror/a", 2), ...tagsIn(sides, "mirror/b", 2)];
      sides.fail("source resolve team/b", name);
      const pruned = await prune(sides, deletions);
      expect(pruned).toMatchObject({ deleted: 2, failure: { name } });
      expect(sides.to.at("mirror/b").tags.size).toBe(2);
    },
  );

  test("counts what an earlier try has deleted though the source is throttled from the first question on", async () => {
    const sides = new MemoryRuleSides();
    const deletions = tagsIn(sides, "mirror/a", 300);
    sides.fail("source resolve team/a t250", "Throttled");
    expect(await prune(sides, deletions)).toMatchObject({ deleted: 200, failure: { name: "Throttled" } });
    sides.fail("source", "Throttled");
    expect(await prune(sides, deletions)).toMatchObject({ deleted: 200, failure: { name: "Throttled" } });
    sides.failures.clear();
    sides.calls.length = 0;
    expect(await prune(sides, deletions)).toMatchObject({ deleted: 300 });
    expect(sides.calls.filter((call) => call.startsWith("source"))).toHaveLength(100);
  });

  test("deletes nothing when the list has become longer than what was counted", async () => {
    const sides = new MemoryRuleSides();
    const deletions = tagsIn(sides, "mirror/a", 50);
    await expect(prune(sides, deletions, { owned: 50, counted: 1 })).rejects.toMatchObject({
      name: "PruneRefused",
      message: expect.stringContaining("longer than the 1 that"),
    });
    expect(sides.to.at("mirror/a").tags.size).toBe(50);
  });

  test.each([2, "29%", 0, "0%"])("deletes nothing when %s allows one less or none", async (maxDeletes) => {
    const sides = new MemoryRuleSides();
    const deletions = tagsIn(sides, "mirror/a", 3);
    await expect(prune(sides, deletions, { owned: 10, maxDeletes })).rejects.toMatchObject({
      name: "PruneRefused",
      operation: "PruneImages",
    });
    expect(sides.to.at("mirror/a").tags.size).toBe(3);
    expect(sides.calls).toEqual([]);
  });

  test("refuses with the tags that would be deleted, of all repositories", async () => {
    const sides = new MemoryRuleSides();
    const deletions = [...tagsIn(sides, "mirror/a", 1), ...tagsIn(sides, "mirror/b", 1)];
    const at = (name: string) => `${hosts.destination}/mirror/${name}:t0`;
    await expect(prune(sides, deletions, { owned: 12, maxDeletes: "10%" })).rejects.toThrow(
      `2 of 12 tags would be deleted, and prune.maxDeletes allows 1; nothing was deleted: ${at("a")}, ${at("b")}`,
    );
  });

  test("refuses with the first twenty, and how many more there are", async () => {
    const sides = new MemoryRuleSides();
    const refused = prune(sides, tagsIn(sides, "mirror/a", 30), { maxDeletes: 29 });
    await expect(refused).rejects.toThrow(/mirror\/a:t19 and 10 more$/);
  });

  test("reads no more of a list that it refuses than it names", async () => {
    const sides = new MemoryRuleSides();
    let read = 0;
    async function* endless(): AsyncIterable<Deletion> {
      for (;;) yield { repository: "mirror/a", tag: `t${read++}`, digest: digestFor("a") };
    }
    const run: Run = { ...anyRepository, prune: true };
    const refused = pruneImages(run, totalsOf(5_000_000, 4_000_000), endless(), sides);
    await expect(refused).rejects.toThrow(/mirror\/a:t19 and 3999980 more$/);
    expect(read).toBe(20);
  });

  test("deletes a hundred of one repository at once, though they come mixed", async () => {
    const sides = new MemoryRuleSides();
    const [a, b] = [tagsIn(sides, "mirror/a", 201), tagsIn(sides, "mirror/b", 100)];
    const mixed = a.flatMap((deletion, n) => [deletion, ...b.slice(n, n + 1)]);
    expect(await prune(sides, mixed)).toMatchObject({ deleted: 301, kept: 0 });
    expect(sides.calls.filter((call) => call.startsWith("destination remove")).sort()).toEqual([
      ...Array(3).fill("destination remove mirror/a"),
      "destination remove mirror/b",
    ]);
    expect(sides.mostAsked).toBe(16);
  });

  test("says what it kept, and why: what has moved since, and what is a part of an index", async () => {
    const sides = new MemoryRuleSides();
    const deletions = tagsIn(sides, "mirror/a", 3);
    const { tags, parts } = sides.to.at("mirror/a");
    tags.set("t0", digestFor("pushed since"));
    parts.add(deletions[1]?.digest ?? "");
    const at = `${hosts.destination}/mirror/a`;
    expect(await prune(sides, deletions)).toEqual({
      deleted: 1,
      kept: 2,
      examples: [`${at}:t2`],
      warnings: [
        `${at}:t0 was not deleted: the tag has moved to ${digestFor("pushed since")}`,
        `${at}:t1 was not deleted: it is part of an index`,
      ],
    });
    expect([...tags.keys()]).toEqual(["t0", "t1"]);
  });

  test("tells a tag that was kept in one repository from the same tag in another", async () => {
    const sides = new MemoryRuleSides();
    const deletions = [...tagsIn(sides, "mirror/a", 1), ...tagsIn(sides, "mirror/b", 1)];
    sides.to.at("mirror/a").tags.set("t0", digestFor("moved"));
    const { examples } = await prune(sides, deletions);
    expect(examples).toEqual([`${hosts.destination}/mirror/b:t0`]);
  });

  test("names the first twenty of all", async () => {
    const sides = new MemoryRuleSides();
    const deletions = ["a", "b", "c"].flatMap((name) => tagsIn(sides, `mirror/${name}`, 30));
    for (const { digest, tag } of deletions) if (tag > "t2") sides.to.at("mirror/b").parts.add(digest);
    const { deleted, kept, examples, warnings } = await prune(sides, deletions);
    expect([deleted + kept, examples.length, warnings.length]).toEqual([90, 20, Math.min(kept, 20)]);
  });

  test("of two runs at a time deletes each tag once, and neither fails", async () => {
    const sides = new MemoryRuleSides();
    const deletions = tagsIn(sides, "mirror/a", 5);
    await Promise.all([prune(sides, deletions), prune(sides, deletions)]);
    expect(sides.to.at("mirror/a").tags.size).toBe(0);
  });

  test("fails as the destination does", async () => {
    const sides = new MemoryRuleSides();
    const deletions = tagsIn(sides, "mirror/a", 1);
    sides.fail("destination remove", "AccessDenied");
    expect(await prune(sides, deletions)).toMatchObject({ deleted: 0, failure: { name: "AccessDenied" } });
  });
});

test("a deletion is shown as the reference of its tag", () => {
  const deletion = { repository: "mirror/a", tag: "1.0", digest: digestFor("a") };
  expect(nameOf(anyRepository, deletion)).toBe(`${hosts.destination}/mirror/a:1.0`);
});
