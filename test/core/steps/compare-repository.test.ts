import type { Failure } from "../../../core/errors.ts";
import { parseRequest } from "../../../core/model/request.ts";
import type { Run } from "../../../core/model/run.ts";
import { digestFor, MemoryRuleSides } from "../../fakes/memory-catalog.ts";
import {
  appSides,
  hosts,
  listed,
  nginxRepository,
  oneRepository,
  registrySides,
  tagsOf,
} from "../../fakes/rule-run.ts";

const day = 24 * 60 * 60 * 1000;
const now = new Date("2026-03-01T00:00:00Z");

describe("compareRepository", () => {
  test("finds nothing to do where both sides have the same", async () => {
    const sides = appSides({ "1.0": "a", latest: "a" }, { "1.0": "a", latest: "a", other: "b" });
    const { listing, copies, deletions } = await listed(oneRepository, sides);
    expect([copies, deletions]).toEqual([[], []]);
    expect(listing).toMatchObject({ repositories: 1, selected: 2, inSync: 2, differing: 0, owned: 0 });
  });

  test("asks ECR for pages of listings, and for nothing of any image", async () => {
    const images = Object.fromEntries(Array.from({ length: 2_001 }, (_, n) => [`1.${n}`, `${n}`]));
    const sides = appSides(images, images);
    expect((await listed(oneRepository, sides)).listing.inSync).toBe(2_001);
    expect(sides.calls).toEqual([
      ...Array(3).fill("destination images mirror/app"),
      ...Array(3).fill("source images team/app"),
    ]);
  });

  test("asks for what is absent, and for what is another, by its tag", async () => {
    const sides = appSides({ same: "a", moved: "new", added: "c" }, { same: "a", moved: "old" });
    const { listing, copies } = await listed({ ...oneRepository, platforms: undefined }, sides);
    expect(tagsOf(copies)).toEqual(["added", "moved"]);
    expect(copies).toContainEqual({
      rule: "app",
      source: `${hosts.source}/team/app:moved`,
      destination: `${hosts.destination}/mirror/app:moved`,
    });
    expect(listing).toMatchObject({ selected: 3, inSync: 1, differing: 2 });
  });

  test("tells which image of an empty repository is the first, and of none where there are images, or for a plan", async () => {
    const images = { "1": "a", "2": "b", "3": "c" };
    const { firsts, copies } = await listed(oneRepository, appSides(images, {}));
    expect([firsts.length, copies.length]).toEqual([1, 3]);
    expect(copies[0]).toBe(firsts[0]);
    expect((await listed(oneRepository, appSides(images, { other: "z" }))).firsts).toEqual([]);
    expect((await listed({ ...oneRepository, mode: "plan" }, appSides(images, {}))).firsts).toEqual([]);
  });

  test("has nothing left to find when everything was copied", async () => {
    const sides = appSides(
      { "1.0": "a", "1.1": "b", [`${digestFor("a").replace(":", "-")}.sig`]: "signature" },
      { "1.1": "a" },
    );
    for (const request of (await listed(oneRepository, sides)).copies) sides.copy(request);
    expect((await listed(oneRepository, sides)).copies).toEqual([]);
  });

  test("does not tell anything of a source without images", async () => {
    const { listing, copies } = await listed(oneRepository, appSides({}, { "1.0": "a" }));
    expect([listing.selected, copies]).toEqual([0, []]);
  });
});

describe("a destination's repository that is absent", () => {
  test("is said to be, and what can be done about it", async () => {
    await expect(listed(oneRepository, appSides({ "1.0": "a" }))).rejects.toMatchObject({
      name: "RepositoryNotFound",
      side: "destination",
      message: "there is no repository mirror/app; create it, or give the rule createRepository",
    });
  });

  test("is missed by nobody where nothing is to be copied into it", async () => {
    const run: Run = { ...oneRepository, tags: { include: ["v*"] }, prune: true };
    const { listing } = await listed(run, appSides({ dev: "a" }));
    expect(listing).toMatchObject({ selected: 0, deletions: 0, created: [] });
  });

  test("is created with the first image, when the rule says so", async () => {
    const run: Run = { ...oneRepository, createRepository: true };
    const { listing, copies } = await listed(run, appSides({ "1.0": "a" }));
    expect(listing).toMatchObject({ differing: 1, created: [`${hosts.destination}/mirror/app`] });
    expect(copies[0]).toMatchObject({ createRepository: true });
  });

  test("is not created for nothing", async () => {
    const run: Run = { ...oneRepository, createRepository: true, tags: { include: ["v*"] } };
    expect((await listed(run, appSides({ "1.0": "a" }))).listing.created).toEqual([]);
  });
});

test("a source's repository that is absent is said to be", async () => {
  const sides = new MemoryRuleSides();
  sides.to.at("mirror/app");
  await expect(listed(oneRepository, sides)).rejects.toMatchObject({
    name: "RepositoryNotFound",
    side: "source",
    message: "there is no repository team/app",
  });
});

describe("what a rule selects", () => {
  const images = { "1.0.0": "a", "1.1.0": "b", "2.0.0": "c", "2.1.0-rc.1": "d", latest: "c" };
  const all = Object.keys(images).sort();

  const filters: [NonNullable<Run["tags"]>, string[]][] = [
    [{}, all],
    [{ include: ["1.*", "latest"] }, ["1.0.0", "1.1.0", "latest"]],
    [{ exclude: ["/-rc\\./", "latest"] }, ["1.0.0", "1.1.0", "2.0.0"]],
    [{ include: ["2.*"], exclude: ["*-rc*"] }, ["2.0.0"]],
    [{ semver: ">=1.1" }, ["1.1.0", "2.0.0"]],
    [{ semver: "*", newest: 2 }, ["1.1.0", "2.0.0"]],
    [{ newest: 1 }, ["2.1.0-rc.1"]],
    [{ newest: 100 }, all],
    [{ include: ["1.*"], newest: 1 }, ["1.1.0"]],
    [{ pushedSince: "2d" }, ["2.0.0", "2.1.0-rc.1", "latest"]],
    [{ pushedSince: "2d", newest: 1, exclude: ["2.1*", "latest"] }, ["2.0.0"]],
    [{ include: ["none"] }, []],
  ];
  test.each(filters)("by %j", async (tags, expected) => {
    const sides = appSides(images, {});
    const { pushed } = sides.from.at("team/app");
    for (const [at, name] of ["a", "b", "c", "d"].entries()) {
      pushed.set(digestFor(name), now.getTime() - (4 - at) * day + (name === "c" ? day : 0) - 1);
    }
    pushed.set(digestFor("d"), now.getTime());
    const { listing, copies } = await listed({ ...oneRepository, tags }, sides, { now });
    expect(tagsOf(copies)).toEqual(expected);
    expect(listing.selected).toBe(expected.length);
  });

  test("by when it was pushed has the very moment in it, and not the millisecond before", async () => {
    const sides = appSides({ at: "a", before: "b" }, {});
    const { pushed } = sides.from.at("team/app");
    pushed.set(digestFor("a"), now.getTime() - day).set(digestFor("b"), now.getTime() - day - 1);
    const run: Run = { ...oneRepository, tags: { pushedSince: "24h" } };
    expect(tagsOf((await listed(run, sides, { now })).copies)).toEqual(["at"]);
  });

  test("is the newest of all pages, not of each", async () => {
    const versions = Array.from({ length: 2_500 }, (_, n) => [`1.${n}`, `${n}`]);
    const sides = appSides(Object.fromEntries(versions), {});
    const run: Run = { ...oneRepository, tags: { semver: "*", newest: 3 } };
    expect(tagsOf((await listed(run, sides)).copies)).toEqual(["1.2497", "1.2498", "1.2499"]);
  });

  test("has images without a tag only by choice, whatever the tags of others", async () => {
    const sides = appSides({ "1.0": "a" }, {});
    sides.from.at("team/app").untagged.add(digestFor("loose")).add(digestFor("there"));
    sides.to.at("mirror/app").untagged.add(digestFor("there"));
    expect(tagsOf((await listed(oneRepository, sides)).copies)).toEqual(["1.0"]);
    const run: Run = { ...oneRepository, untagged: true, tags: { include: ["none"], newest: 1 } };
    const { listing, copies } = await listed(run, sides);
    expect(listing).toMatchObject({ selected: 2, inSync: 1, differing: 1 });
    expect(copies).toEqual([
      {
        rule: "app",
        source: `${hosts.source}/team/app@${digestFor("loose")}`,
        destination: `${hosts.destination}/mirror/app`,
      },
    ]);
  });

  test("without a tag may have one at the destination", async () => {
    const sides = appSides({}, { kept: "loose" });
    sides.from.at("team/app").untagged.add(digestFor("loose"));
    expect((await listed({ ...oneRepository, untagged: true }, sides)).listing.inSync).toBe(1);
  });

  test("is nothing that is archived at the source", async () => {
    const sides = appSides({ old: "a", new: "b" }, {});
    sides.from.at("team/app").archived.add(digestFor("a"));
    for (const run of [oneRepository, { ...oneRepository, tags: { newest: 5 } }]) {
      expect(tagsOf((await listed(run, sides)).copies)).toEqual(["new"]);
    }
  });
});

describe("a registry that lists tags alone", () => {
  test("is asked what each selected tag stands for", async () => {
    const sides = registrySides({ "1.0": "a", "1.1": "new", dev: "c" }, { "1.0": "a", "1.1": "old" });
    const run: Run = { ...nginxRepository, tags: { semver: "1.x" } };
    const { listing, copies } = await listed(run, sides);
    expect(copies).toEqual([
      {
        rule: "app",
        source: "docker.io/library/nginx:1.1",
        destination: `${hosts.destination}/mirror/app:1.1`,
      },
    ]);
    expect(listing).toMatchObject({ selected: 2, inSync: 1, differing: 1 });
    expect(sides.calls.filter((call) => call.includes("resolve")).sort()).toEqual([
      "source resolve library/nginx 1.0",
      "source resolve library/nginx 1.1",
    ]);
  });

  test("is asked about sixteen at a time at most", async () => {
    const tags = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`1.${n}`, `${n}`]));
    const sides = registrySides(tags, tags);
    expect((await listed(nginxRepository, sides)).listing.inSync).toBe(100);
    expect(sides.mostAsked).toBe(16);
  });

  test("may not give an image that it lists, which then fails alone, and is not deleted", async () => {
    const sides = registrySides({ here: "a", dead: "b" }, { here: "a", dead: "b" });
    sides.fail("source resolve library/nginx dead", "SourceNotFound");
    const { listing, copies, deletions } = await listed({ ...nginxRepository, prune: true }, sides);
    expect([listing.selected, tagsOf(copies), deletions]).toEqual([2, ["dead"], []]);
  });

  test.each(["UnsupportedImage", "DigestMismatch"] as const)(
    "may have one image that fails with %s, alone and not before it is copied",
    async (name) => {
      const sides = registrySides({ good: "a", old: "b" }, { good: "a", old: "b" });
      sides.fail("source resolve library/nginx old", name);
      const { listing, copies, deletions } = await listed({ ...nginxRepository, prune: true }, sides);
      expect(tagsOf(copies)).toEqual(["old"]);
      expect(listing).toMatchObject({ selected: 2, inSync: 1, differing: 1 });
      expect(deletions).toEqual([]);
    },
  );

  test.each(["Throttled", "Unavailable", "AccessDenied"] as const)("may fail with %s", async (name) => {
    const sides = registrySides({ a: "a", b: "b" }, {});
    sides.fail("source resolve library/nginx b", name);
    await expect(listed(nginxRepository, sides)).rejects.toMatchObject({ name });
  });

  test("may fail as nobody expects", async () => {
    const sides = registrySides({ a: "a" }, {});
    sides.failures.set("source resolve", new TypeError("boom") as unknown as Failure);
    await expect(listed(nginxRepository, sides)).rejects.toThrow("boom");
  });
});

describe("platforms", () => {
  const run: Run = { ...oneRepository, platforms: ["linux/amd64"] };

  test("let each image be looked at, and be compared with the part that is wanted", async () => {
    const sides = appSides({ same: "a", other: "b" }, { same: "part of a", other: "b" });
    sides.subsets.set(digestFor("a"), digestFor("part of a")).set(digestFor("b"), digestFor("part of b"));
    const { listing, copies } = await listed(run, sides);
    expect(listing).toMatchObject({ selected: 2, inSync: 1 });
    expect(copies).toEqual([
      {
        rule: "app",
        source: `${hosts.source}/team/app:other`,
        destination: `${hosts.destination}/mirror/app:other`,
        platforms: ["linux/amd64"],
      },
    ]);
  });

  test("that an image with a tag is not there for are that image's own failure", async () => {
    const sides = appSides({ windows: "a" }, { windows: "a" });
    sides.fail("source resolve", "SourceNotFound", "SelectPlatforms");
    const { listing, copies, deletions } = await listed({ ...run, prune: true }, sides);
    expect([tagsOf(copies), deletions, listing.selected]).toEqual([["windows"], [], 1]);
  });

  test("that an image without a tag is not there for are nobody's failure", async () => {
    const sides = appSides({}, {});
    sides.from.at("team/app").untagged.add(digestFor("for arm64"));
    sides.fail("source resolve", "SourceNotFound", "SelectPlatforms");
    const { listing, copies } = await listed({ ...run, untagged: true }, sides);
    expect([copies, listing.selected]).toEqual([[], 0]);
  });
});

test("every request for an image of a rule is valid", async () => {
  const sides = appSides({ "1.0": "a", [`${"t".repeat(128)}`]: "b" }, {});
  sides.from.at("team/app").untagged.add(digestFor("loose"));
  const run: Run = { ...oneRepository, untagged: true, mode: "plan", createRepository: { like: "source" } };
  const { copies } = await listed(run, sides);
  expect(copies).toHaveLength(3);
  for (const request of copies) expect(parseRequest(request)).toEqual(request);
});
