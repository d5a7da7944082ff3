import fc from "fast-check";
import * as z from "zod";
import { problemsOf } from "../../../core/model/problem.ts";
import {
  mayOverlap,
  nameFilter,
  needsTimes,
  newestOf,
  sinceOf,
  type TagFilter,
  tagFilterDefinition,
} from "../../../core/model/tag-filter.ts";

const runs = { seed: 7, numRuns: 1000 };
const now = new Date("2026-03-01T12:00:00Z");

function problems(filter: unknown): string[] {
  return problemsOf(tagFilterDefinition, filter).map(({ path, message }) => `${path.join(".")}: ${message}`);
}

describe("a filter", () => {
  test.each([
    {},
    { include: ["v*"] },
    { include: ["*", "v?", "/^v\\d+$/", "/rc/i"], exclude: ["nightly"] },
    { include: ["a".repeat(128)] },
    { include: Array(50).fill("a") },
    { semver: ">=1.2 <2" },
    { semver: `1${" ".repeat(126)}2` },
    { newest: 1 },
    { newest: 100_000 },
    ...["1d", "10000d", "1h", "10000h", "2026-01-31", "2024-02-29"].map((pushedSince) => ({ pushedSince })),
    { pushedSince: "2026-01-31T06:00:00Z" },
    { pushedSince: "2026-01-31T06:00:00.123Z" },
    { pushedSince: "2026-01-31T06:00:00+02:00" },
    { include: ["v*"], exclude: ["*-rc"], semver: "^1", newest: 3, pushedSince: "30d" },
  ])("may be %j", (filter) => {
    expect(problems(filter)).toEqual([]);
  });

  const none = "expected a whole number from 1 to 100,000";
  const since =
    "expected 1d to 10000d, 1h to 10000h, a date such as 2026-01-31, or a date with a time and its zone such as 2026-01-31T06:00:00Z";
  const refused: [filter: unknown, ...messages: string[]][] = [
    [[], ": expected an object with fields, and it is a list"],
    ["v*", ": expected an object with fields, and it is a text"],
    [null, ": expected an object with fields, and it is empty"],
    [{ tags: ["v*"] }, "tags: no such field; the fields are include, exclude, semver, newest, pushedSince"],
    [{ include: "v*" }, "include: expected a list, and it is a text"],
    [
      { include: [] },
      "include: is empty; leave it out, or give patterns: letters, digits, '_', '.' and '-', with * for any of them and ? for one, or a regular expression between slashes",
    ],
    [{ exclude: [] }, "exclude: is empty; leave it out"],
    [{ include: ["v*", 7] }, "include.1: 7 is a number; put it in quotes"],
    [{ include: [null] }, "include.0: expected a text, and it is empty"],
    [{ include: ["ok", ""] }, "include.1: is empty; expected letters"],
    [{ exclude: ["v1,v2", "/(/"] }, "exclude.0: 'v1,v2' has ','", "exclude.1: '/(/' cannot be read"],
    [{ exclude: Array(51).fill("a") }, "exclude: has more than 50 patterns"],
    [{ include: ["a".repeat(129)] }, "include.0: is 129 characters long; expected 128 at most"],
    [{ include: ["(".repeat(129)] }, "include.0: is 129 characters long; expected 128 at most"],
    [{ semver: "" }, "semver: is empty; expected versions such as 1"],
    [{ semver: "latest" }, "semver: 'latest' is no part of a range; expected versions such as 1"],
    [{ semver: 1.2 }, "semver: 1.2 is a number; put it in quotes"],
    [{ semver: "1".repeat(513) }, "semver: is 513 characters long"],
    ...[0, -1, 1.5, 100_001, Number.NaN, Number.POSITIVE_INFINITY].map((newest): [unknown, string] => [
      { newest },
      `newest: is ${newest}; ${none}`,
    ]),
    [{ newest: "3" }, "newest: expected a number, and it is "],
    [{ newest: null }, "newest: expected a number, and it is "],
    ...[
      "",
      "0d",
      "10001d",
      "10001h",
      "01d",
      "1.5d",
      "-1d",
      "d",
      "30",
      "30m",
      "30D",
      "30 d",
      "d30",
      "1d1h",
      "yesterday",
      "2026",
      "2026-1-31",
      "2026-02-29",
      "2026-13-01",
      "31.01.2026",
      "2026-01-31T06:00:00",
      "2026-01-31 06:00:00Z",
      "2026-01-31T25:00:00Z",
      "2026-01-31T06Z",
      "2026-01-31T06:00Z",
      "2026-01-31T23:59:60Z",
      "2026-01-31T06:00:00+24:00",
    ].map((pushedSince): [unknown, string] => [
      { pushedSince },
      `pushedSince: '${pushedSince}' is no time; ${since}`,
    ]),
  ];
  test.each(refused)("is not %j", (filter, ...messages) => {
    expect(problems(filter)).toEqual(messages.map((message) => expect.stringContaining(message)));
  });

  test("has a schema that says what it accepts", () => {
    expect(z.toJSONSchema(tagFilterDefinition)).toMatchObject({
      additionalProperties: false,
      properties: {
        include: { type: "array", minItems: 1, maxItems: 50, items: { type: "string", maxLength: 128 } },
        newest: { type: "integer", minimum: 1, maximum: 100_000 },
      },
    });
  });
});

describe("by the name alone", () => {
  const passing = (filter: TagFilter | undefined, ...tags: string[]) => tags.filter(nameFilter(filter));

  test("every tag passes no filter, an empty one and one that asks only for times", () => {
    for (const filter of [undefined, {}, { newest: 1, pushedSince: "1d" }]) {
      expect(passing(filter, "latest", "v1")).toEqual(["latest", "v1"]);
    }
  });

  test("a tag passes that is included and not excluded", () => {
    const filter = { include: ["v*", "/^release-\\d+$/", "latest"], exclude: ["*-rc*", "/nightly/i"] };
    expect(passing(filter, "v1", "v1-rc1", "v-Nightly", "release-7", "release-x", "latest", "edge")).toEqual([
      "v1",
      "release-7",
      "latest",
    ]);
    expect(passing({ exclude: ["v*"] }, "v1", "1")).toEqual(["1"]);
  });

  test("a tag passes that is a version in the range", () => {
    const tags = ["1.1", "1.2", "v1.9.9", "2", "1.5-alpine", "1.5.0-rc.1", "latest"];
    expect(passing({ semver: ">=1.2 <2" }, ...tags)).toEqual(["1.2", "v1.9.9"]);
    expect(passing({ semver: ">=1.2.0-0 <2" }, ...tags)).toEqual([
      "1.2",
      "v1.9.9",
      "1.5-alpine",
      "1.5.0-rc.1",
    ]);
    expect(passing({ semver: "*", include: ["v*"] }, ...tags)).toEqual(["v1.9.9"]);
    expect(passing({ semver: ">=1.2.1" }, "1.2", "1.2.1")).toEqual(["1.2.1"]);
  });
});

describe("since when images were pushed", () => {
  test.each([
    ["1h", "2026-03-01T11:00:00Z"],
    ["12h", "2026-03-01T00:00:00Z"],
    ["1d", "2026-02-28T12:00:00Z"],
    ["30d", "2026-01-30T12:00:00Z"],
    ["10000d", "1998-10-14T12:00:00Z"],
    ["2026-01-31", "2026-01-31T00:00:00Z"],
    ["2026-01-31T06:00:00Z", "2026-01-31T06:00:00Z"],
    ["2026-01-31T06:00:00.500Z", "2026-01-31T06:00:00.500Z"],
    ["2026-01-31T06:00:00+02:00", "2026-01-31T04:00:00Z"],
    ["2030-01-01", "2030-01-01T00:00:00Z"],
  ])("%j is %s", (pushedSince, expected) => {
    expect(sinceOf({ pushedSince }, now)).toBe(Date.parse(expected));
  });

  test("is not said by other filters", () => {
    expect([sinceOf(undefined, now), sinceOf({}, now), sinceOf({ newest: 1 }, now)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test.each<[TagFilter | undefined, boolean]>([
    [undefined, false],
    [{}, false],
    [{ include: ["v*"], semver: "^1" }, false],
    [{ newest: 3 }, true],
    [{ newest: 3, semver: "^1" }, false],
    [{ pushedSince: "1d" }, true],
    [{ pushedSince: "1d", newest: 3, semver: "^1" }, true],
  ])("must be known for %j: %p", (filter, expected) => {
    expect(needsTimes(filter)).toBe(expected);
  });
});

describe("the newest images", () => {
  const tagged = (...tags: string[]) => tags.map((tag) => ({ tag }));
  const tagsOf = (images: readonly { tag: string }[]) => images.map(({ tag }) => tag);

  test("are all of them, as they come, where no number is given", () => {
    const images = tagged("b", "a", "c");
    expect(newestOf(images, undefined)).toEqual(images);
    expect(newestOf(images, { semver: "*" })).toEqual(images);
  });

  test("are the highest versions where there is a range", () => {
    const images = tagged("1.9", "1.10", "v2", "1.2", "latest", "2.0.0-rc.1");
    expect(tagsOf(newestOf(images, { semver: "*", newest: 3 }))).toEqual(["v2", "2.0.0-rc.1", "1.10"]);
    expect(tagsOf(newestOf(images, { semver: "*", newest: 9 })).at(-1)).toBe("latest");
    const pushed = [
      { tag: "1", pushedAt: 9 },
      { tag: "2", pushedAt: 1 },
    ];
    expect(tagsOf(newestOf(pushed, { semver: "*", newest: 1 }))).toEqual(["2"]);
  });

  test("are the last pushed where there is no range", () => {
    const images = [
      { tag: "9", pushedAt: 1 },
      { tag: "old" },
      { tag: "1", pushedAt: 3 },
      { tag: "zero", pushedAt: 0 },
      { tag: "5", pushedAt: 2 },
    ];
    expect(tagsOf(newestOf(images, { newest: 2 }))).toEqual(["1", "5"]);
    expect(tagsOf(newestOf(images, { newest: 9 }))).toEqual(["1", "5", "9", "zero", "old"]);
    expect(newestOf([], { newest: 2 })).toEqual([]);
  });

  test("are among equals those whose tags sort higher", () => {
    const semver = { semver: "*", newest: 2 };
    expect(tagsOf(newestOf(tagged("1.2", "v1.2.0", "1.2.0", "1"), semver))).toEqual(["v1.2.0", "1.2.0"]);
    const images = ["a", "c", "b"].map((tag) => ({ tag, pushedAt: 7 }));
    expect(tagsOf(newestOf(images, { newest: 2 }))).toEqual(["c", "b"]);
    expect(tagsOf(newestOf(tagged("a", "c", "b"), { newest: 2 }))).toEqual(["c", "b"]);
  });

  test("are the same whatever the order they come in, and when they are found page by page", () => {
    const image = fc.record({
      tag: fc.constantFrom("1", "1.0", "v1", "1.1", "2-rc", "2", "x", "y"),
      pushedAt: fc.option(fc.nat(3), { nil: undefined }),
    });
    const images = fc.uniqueArray(image, { selector: ({ tag }) => tag });
    const filter = fc.record({
      newest: fc.integer({ min: 1, max: 4 }),
      semver: fc.constantFrom(undefined, "*"),
    });
    fc.assert(
      fc.property(images, filter, (images, filter) => {
        const expected = newestOf(images, { ...filter, newest: 100 }).slice(0, filter.newest);
        expect(newestOf([...images].reverse(), filter)).toEqual(expected);
        const half = newestOf(images.slice(0, 3), filter);
        expect(newestOf([...half, ...images.slice(3)], filter)).toEqual(expected);
      }),
      runs,
    );
  });

  test("are found among a hundred thousand", () => {
    function* images() {
      for (let at = 0; at < 100_000; at++) yield { tag: `1.0.${(at * 7919) % 100_000}` };
    }
    const newest = newestOf(images(), { semver: "*", newest: 3 });
    expect(tagsOf(newest)).toEqual(["1.0.99999", "1.0.99998", "1.0.99997"]);
  });
});

describe("of two filters", () => {
  test.each<[TagFilter | undefined, TagFilter | undefined, boolean]>([
    [undefined, undefined, true],
    [{}, { include: ["v*"] }, true],
    [{ include: ["v*"] }, { include: ["w*"] }, false],
    [{ include: ["v*"] }, { include: ["*-rc"] }, true],
    [{ include: ["v*", "latest"] }, { include: ["w*", "nightly"] }, false],
    [{ include: ["v*", "latest"] }, { include: ["w*", "latest"] }, true],
    [{ include: ["/^v/"] }, { include: ["/^w/"] }, true],
    [{ include: ["/^v/"] }, { include: ["w*"] }, true],
    [{ include: ["/^v/"] }, { include: ["w1", "latest"] }, false],
    [{ include: ["/^v/"] }, { include: ["v1"] }, true],
    [{ include: ["latest"] }, undefined, true],
    [{ include: ["latest"] }, { exclude: ["latest"] }, false],
    [{ include: ["latest"] }, { exclude: ["/LATEST/i"] }, false],
    [{ include: ["latest"] }, { exclude: ["lat*"] }, false],
    [{ include: ["latest"] }, { exclude: ["v*"] }, true],
    [{ include: ["latest", "v1"] }, { exclude: ["latest"] }, true],
    [{ include: ["latest"] }, { semver: "*" }, false],
    [{ include: ["1.2"] }, { semver: ">=1.2.1" }, false],
    [{ include: ["1.2"] }, { semver: "1.2" }, true],
    [{ include: ["1.2"], exclude: ["1.2"] }, undefined, false],
    [{ include: ["v*"] }, { exclude: ["v*"] }, false],
    [{ include: ["/^v/"] }, { exclude: ["/^v/"] }, false],
    [{ include: ["v*", "w*"] }, { exclude: ["v*"] }, true],
    [undefined, { exclude: ["*"] }, false],
    [{ semver: "^1" }, { semver: "^2" }, true],
    [{ pushedSince: "1d" }, { pushedSince: "2d" }, true],
  ])("%j and %j may have a tag in common: %p", (a, b, expected) => {
    expect(mayOverlap(a, b)).toBe(expected);
    expect(mayOverlap(b, a)).toBe(expected);
  });

  test("none is said to have no tag in common when there is one", () => {
    const pattern = fc.constantFrom("a", "b", "a*", "*b", "?", "??", "*", "/^a/", "/b$/", "1", "1*");
    const list = fc.option(fc.array(pattern, { minLength: 1, maxLength: 3 }), { nil: undefined });
    const semver = fc.constantFrom(undefined, undefined, "*");
    const filter = fc.record({ include: list, exclude: list, semver });
    const tags = ["a", "b", "c", "1", "2", "aa", "ab", "ba", "1b", "a1"];
    fc.assert(
      fc.property(filter, filter, (a, b) => {
        const isCommon = tags.some((tag) => nameFilter(a)(tag) && nameFilter(b)(tag));
        if (isCommon) expect(mayOverlap(a, b)).toBe(true);
      }),
      runs,
    );
  });
});
