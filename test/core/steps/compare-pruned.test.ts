import type { Run } from "../../../core/model/run.ts";
import { digestFor } from "../../fakes/memory-catalog.ts";
import { appSides, listed, oneRepository, tagsOf } from "../../fakes/rule-run.ts";

const signature = `${digestFor("old").replace(":", "-")}.sig`;
const now = new Date("2026-03-01T00:00:00Z");

describe("prune", () => {
  const both = { "1.0": "a", "1.1": "b" };

  function pruned(tags: Run["tags"], prune: Run["prune"] = true, more: Record<string, string> = {}) {
    const sides = appSides(both, { ...both, ...more });
    return listed({ ...oneRepository, tags, prune }, sides, { now });
  }

  test("deletes nothing by itself", async () => {
    const { deletions, listing } = await listed(oneRepository, appSides({}, both));
    expect([deletions, listing.owned]).toEqual([[], 0]);
  });

  test("deletes what the source no longer has, as it was listed", async () => {
    const { deletions, listing } = await pruned(undefined, true, { "0.9": "old" });
    expect(deletions).toEqual([{ repository: "mirror/app", tag: "0.9", digest: digestFor("old") }]);
    expect(listing).toMatchObject({ owned: 3, deletions: 1 });
  });

  test("deletes what the rule no longer selects by number or time, and owns", async () => {
    const { deletions, listing } = await pruned({ semver: "*", newest: 1 });
    expect(deletions).toMatchObject([{ tag: "1.0", dropped: { digest: digestFor("a") } }]);
    expect(listing.owned).toBe(2);
    expect((await pruned({ pushedSince: "1d" })).deletions).toHaveLength(2);
  });

  test("leaves what the rule's filters do not name: it is somebody else's", async () => {
    const { deletions, listing } = await pruned({ include: ["1.*"] }, true, { "2.0": "c", dev: "d" });
    expect([deletions, listing.owned]).toEqual([[], 2]);
    expect((await pruned({ exclude: ["dev"] }, true, { dev: "d" })).deletions).toEqual([]);
    expect((await pruned({ semver: "1.x" }, true, { "2.0": "c" })).deletions).toEqual([]);
  });

  test("leaves what is protected, which the rule owns all the same", async () => {
    const prune = { protect: ["stable", "0.*"] };
    const { deletions, listing } = await pruned(undefined, prune, { stable: "c", "0.9": "d", "3.0": "e" });
    expect(deletions.map(({ tag }) => tag)).toEqual(["3.0"]);
    expect(listing.owned).toBe(5);
  });

  test("leaves signatures and the like, also of what it deletes", async () => {
    const { deletions } = await pruned(undefined, true, { "0.9": "old", [signature]: "signature" });
    expect(deletions.map(({ tag }) => tag)).toEqual(["0.9"]);
  });

  test("leaves what is archived at the source: it is not gone", async () => {
    const sides = appSides(both, both);
    sides.from.at("team/app").archived.add(digestFor("a"));
    expect((await listed({ ...oneRepository, prune: true }, sides)).deletions).toEqual([]);
  });

  test.each([undefined, true] as const)(
    "with untagged keeps the tag of an image that the source has without one, with referrers %s",
    async (referrers) => {
      const sides = appSides({ other: "x" }, { other: "x", feature: "moved off", gone: "gone" });
      sides.from.at("team/app").untagged.add(digestFor("moved off"));
      const { deletions, listing } = await listed(
        { ...oneRepository, untagged: true, prune: true, referrers },
        sides,
      );
      expect(deletions.map(({ tag }) => tag)).toEqual(["gone"]);
      expect(listing).toMatchObject({ owned: 3, deletions: 1, kept: 1 });
    },
  );

  test("leaves what is to be copied anew", async () => {
    const sides = appSides({ "1.0": "new" }, { "1.0": "old" });
    const { copies, deletions } = await listed({ ...oneRepository, prune: true }, sides);
    expect([tagsOf(copies), deletions]).toEqual([["1.0"], []]);
  });
});
