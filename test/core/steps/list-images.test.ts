import fc from "fast-check";
import type { Run } from "../../../core/model/run.ts";
import { noTotals } from "../../../core/model/totals.ts";
import { nextOf, tallyImages } from "../../../core/steps/tally-images.ts";
import { digestFor, MemoryRuleSides } from "../../fakes/memory-catalog.ts";
import { anyRepository, type Found, hosts, listed, tagsOf } from "../../fakes/rule-run.ts";

const run: Run = { ...anyRepository, createRepository: true };

/** Sides with repositories of one image each at the source. */
function sidesWith(...names: string[]): MemoryRuleSides {
  const sides = new MemoryRuleSides();
  for (const name of names) sides.from.at(name).add({ "1.0": name });
  return sides;
}

/** Names of repositories from a number. */
function repositories(count: number): string[] {
  return Array.from({ length: count }, (_, n) => `team/r${String(n).padStart(4, "0")}`);
}

function namesOf({ copies }: Found): string[] {
  return copies.map(({ source }) => source.slice(hosts.source.length + 1).replace(/:.*/, ""));
}

describe("a rule with a pattern", () => {
  test("compares the repositories that match, each with its own", async () => {
    const sides = sidesWith("team/a", "team/b/c", "team", "other/a", "teams/a");
    const found = await listed(run, sides);
    expect(found.copies.map(({ destination }) => destination).sort()).toEqual([
      `${hosts.destination}/mirror/a:1.0`,
      `${hosts.destination}/mirror/b/c:1.0`,
    ]);
    expect(found.listing).toMatchObject({ repositories: 2, selected: 2, differing: 2 });
  });

  test("says which repositories are to be created", async () => {
    const sides = sidesWith("team/a", "team/b");
    sides.to.at("mirror/a");
    expect((await listed(run, sides)).listing.created).toEqual([`${hosts.destination}/mirror/b`]);
  });

  test("that matches nothing selects nothing, and is no failure", async () => {
    const { listing } = await listed(run, sidesWith("other/a"));
    expect(listing).toMatchObject({ repositories: 0, selected: 0, failures: 0 });
    expect(listing).not.toHaveProperty("after");
  });

  test("asks each side for pages alone: two listings of repositories, and two for each pair", async () => {
    const names = repositories(1_500);
    const sides = sidesWith(...names);
    for (const name of names) sides.to.at(name.replace("team", "mirror")).add({ "1.0": name });
    expect((await listed(run, sides)).listing).toMatchObject({ repositories: 1_500, inSync: 1_500 });
    expect(sides.calls).toHaveLength(2 + 2 * 1_500);
  });

  test("goes on where one repository cannot be compared, and says why", async () => {
    const sides = sidesWith("team/a", "team/b", "team/c");
    sides.fail("source images team/b", "AccessDenied");
    const found = await listed(run, sides);
    expect(namesOf(found).sort()).toEqual(["team/a", "team/c"]);
    expect(found.listing).toMatchObject({ repositories: 3, failures: 1, errors: { AccessDenied: 1 } });
    expect(found.listing.failed).toEqual([
      {
        source: `${hosts.source}/team/b`,
        destination: `${hosts.destination}/mirror/b`,
        error: "AccessDenied",
        message: "source images team/b fails",
      },
    ]);
  });

  test("counts all repositories that fail, and names the first", async () => {
    const sides = sidesWith(...repositories(50));
    for (const name of repositories(10)) sides.to.at(name.replace("team", "mirror"));
    for (const name of repositories(10)) sides.fail(`source images ${name}`, "AccessDenied");
    const { listing } = await listed(anyRepository, sides);
    expect(listing.errors).toEqual({ AccessDenied: 10, RepositoryNotFound: 40 });
    expect([listing.failures, listing.failed.length]).toEqual([50, 10]);
  });

  test("says of a repository whose name makes none at the destination what is wrong with it", async () => {
    const sides = sidesWith("teamwork", "team/x");
    const found = await listed({ ...run, source: `${hosts.source}/team*` }, sides);
    expect(namesOf(found)).toEqual(["teamwork"]);
    expect(found.listing.failed).toMatchObject([
      {
        source: `${hosts.source}/team/x`,
        error: "RequestInvalid",
        message: expect.stringMatching(
          /^'mirror\/\/x' is no ECR repository name.*exclude the repository team\/x/,
        ),
      },
    ]);
  });

  test.each(["Throttled", "Unavailable"] as const)("is tried again as a whole after %s", async (name) => {
    const sides = sidesWith("team/a", "team/b");
    sides.fail("source images team/b", name);
    await expect(listed(run, sides)).rejects.toMatchObject({ name });
  });

  test("fails when repositories cannot be listed", async () => {
    const sides = sidesWith("team/a");
    sides.fail("source repositories", "AccessDenied");
    await expect(listed(run, sides)).rejects.toMatchObject({ name: "AccessDenied", side: "source" });
  });
});

describe("repositories that only the destination has", () => {
  function gone(): MemoryRuleSides {
    const sides = sidesWith("team/a");
    sides.to.at("mirror/a").add({ "1.0": "team/a" });
    sides.to.at("mirror/gone").add({ "1.0": "x", latest: "x" });
    sides.to.at("elsewhere").add({ "1.0": "x" });
    return sides;
  }

  test.each([undefined, true, {}] as const)(
    "are let alone with prune %j: they may be others'",
    async (prune) => {
      const sides = gone();
      const { listing } = await listed({ ...run, ...(prune && { prune }) }, sides);
      expect(listing).toMatchObject({ repositories: 1, deletions: 0 });
      expect(sides.calls).not.toContain("destination repositories");
    },
  );

  test("are pruned of what the rule owns, without asking the source for them", async () => {
    const sides = gone();
    const { deletions, listing } = await listed(
      { ...run, prune: { protect: ["latest"], repositories: true } },
      sides,
    );
    expect(deletions).toEqual([{ repository: "mirror/gone", tag: "1.0", digest: digestFor("x") }]);
    expect(listing).toMatchObject({ repositories: 2, owned: 3, deletions: 1, failures: 0 });
    expect(sides.calls).not.toContain("source images team/gone");
  });

  test("are not taken for gone when the source's cannot be listed", async () => {
    const sides = gone();
    sides.fail("source repositories", "Unavailable");
    await expect(listed({ ...run, prune: { repositories: true } }, sides)).rejects.toMatchObject({
      name: "Unavailable",
    });
  });

  test("are not deleted from while any other could not be compared", async () => {
    const sides = gone();
    sides.fail("source images team/a", "AccessDenied");
    const pruning: Run = { ...run, prune: { repositories: true } };
    const { listing } = await listed(pruning, sides);
    expect(listing).toMatchObject({ deletions: 2, failures: 1 });
    const totals = await tallyImages({ run: pruning, listing }, none());
    expect(totals.next).toBe("FinishImages");
  });
});

async function* none(): AsyncIterable<never> {}

describe("a comparison that has no time for all repositories", () => {
  test("ends after the eight under way, and says after which to go on", async () => {
    const sides = sidesWith(...repositories(20));
    const found = await listed(run, sides, { timeLeft: () => 299_999 });
    expect(namesOf(found).sort()).toEqual(repositories(8));
    expect(found.listing).toMatchObject({ repositories: 8, after: "team/r0007" });
  });

  test("goes on with just enough time", async () => {
    const found = await listed(run, sidesWith(...repositories(20)), { timeLeft: () => 300_000 });
    expect(found.listing.repositories).toBe(20);
    expect(found.listing).not.toHaveProperty("after");
  });

  test("says nothing of going on after the last", async () => {
    const { listing } = await listed(run, sidesWith(...repositories(8)), { timeLeft: () => 0 });
    expect(listing).not.toHaveProperty("after");
  });

  test("goes on after a repository that is gone by then", async () => {
    const sides = sidesWith("team/a", "team/c");
    expect(namesOf(await listed(run, sides, { after: "team/b" }))).toEqual(["team/c"]);
    expect(namesOf(await listed(run, sides, { after: "team/c" }))).toEqual([]);
  });

  test("finds every repository exactly once, however often it ends", async () => {
    const name = fc.stringMatching(/^[a-z0-9]{1,3}(\/[a-z0-9]{1,2})?$/);
    const settings = fc.record({
      names: fc.uniqueArray(name, { maxLength: 60 }),
      gone: fc.uniqueArray(name, { maxLength: 10 }),
      ends: fc.array(fc.boolean(), { minLength: 1 }),
    });
    await fc.assert(
      fc.asyncProperty(settings, async ({ names, gone, ends }) => {
        const sides = sidesWith(...names.map((each) => `team/${each}`));
        for (const each of gone) sides.to.at(`mirror/${each}`).add({ old: each });
        const pruning: Run = { ...run, prune: { repositories: true } };
        const [copied, deleted]: [string[], string[]] = [[], []];
        let [totals, turn] = [noTotals(), 0];
        do {
          const timeLeft = () => (ends[turn++ % ends.length] ? 0 : 900_000);
          const found = await listed(pruning, sides, { after: totals.listing.after, timeLeft });
          copied.push(...namesOf(found));
          deleted.push(...found.deletions.map(({ repository }) => repository));
          totals = await tallyImages({ run: pruning, listing: found.listing, totals }, none());
        } while (nextOf(pruning, totals) === "ListImages");
        expect(copied.sort()).toEqual(names.map((each) => `team/${each}`).sort());
        expect(deleted.sort()).toEqual(gone.map((each) => `mirror/${each}`).sort());
        expect(totals.listing.repositories).toBe(new Set([...names, ...gone]).size);
        expect(totals.listing.selected).toBe(names.length);
      }),
      { numRuns: 50 },
    );
  });
});

test("two runs at a time ask for the same, and whoever comes second finds it there", async () => {
  const sides = sidesWith("team/a", "team/b");
  const [one, other] = await Promise.all([listed(run, sides), listed(run, sides)]);
  expect(other?.copies).toEqual(one?.copies);
  for (const request of [...(one?.copies ?? []), ...(other?.copies ?? [])]) sides.copy(request);
  const { copies, listing } = await listed(run, sides);
  expect([tagsOf(copies), listing.inSync]).toEqual([[], 2]);
});
