import { compareVersions as compareByPackage, satisfies } from "compare-versions";
import fc from "fast-check";
import {
  compareVersions,
  parseVersionRange,
  type Version,
  versionOf,
} from "../../../core/model/version-range.ts";

const runs = { seed: 7, numRuns: 2000 };

function version(tag: string): Version {
  const found = versionOf(tag);
  if (!found) throw new Error(`${tag} is no version`);
  return found;
}

describe("a tag", () => {
  test.each([
    ["1", [1n, 0n, 0n], []],
    ["1.2", [1n, 2n, 0n], []],
    ["1.2.3", [1n, 2n, 3n], []],
    ["v1.2.3", [1n, 2n, 3n], []],
    ["24.04", [24n, 4n, 0n], []],
    ["0.0.0", [0n, 0n, 0n], []],
    ["1.27-alpine", [1n, 27n, 0n], ["alpine"]],
    ["1.2.3-rc.1", [1n, 2n, 3n], ["rc", "1"]],
    ["1.2.3-alpine3-slim", [1n, 2n, 3n], ["alpine3-slim"]],
    ["20240115123456789012", [20240115123456789012n, 0n, 0n], []],
  ])("%j is a version", (tag, numbers, prerelease) => {
    expect(versionOf(tag)).toEqual({ numbers, prerelease });
  });

  test.each([
    "",
    "latest",
    "v",
    "V1",
    "vv1",
    "1.",
    "1.2.",
    "1.2.3.4",
    ".1",
    "1.x",
    "1..2",
    "1.2.3-",
    "1.2.3-rc.",
    "1.2.3_amd64",
    "1.2.3+build",
    "release-1.2",
    "1.2.3 ",
    "1.2.3\n",
    "-1",
  ])("%j is none", (tag) => {
    expect(versionOf(tag)).toBeUndefined();
  });
});

describe("versions", () => {
  test("are in the order of Semantic Versioning", () => {
    const ordered = [
      "0.0.1",
      "0.1.0-0",
      "0.1",
      "1.0.0-2",
      "1.0.0-10",
      "1.0.0-alpha",
      "1.0.0-alpha.1",
      "1.0.0-alpha.beta",
      "1.0.0-beta",
      "1.0.0-beta.2",
      "1.0.0-beta.11",
      "1.0.0-rc.1",
      "1.0.0-x",
      "1",
      "1.0.1",
      "1.9",
      "1.10",
      "2",
      "20240115123456789012",
      "20240115123456789013",
    ];
    for (const [at, low] of ordered.entries()) {
      expect(compareVersions(version(low), version(low))).toBe(0);
      for (const high of ordered.slice(at + 1)) {
        expect(compareVersions(version(low), version(high))).toBeLessThan(0);
        expect(compareVersions(version(high), version(low))).toBeGreaterThan(0);
      }
    }
  });

  test("are equal when absent numbers are 0, and with a v or without", () => {
    expect(compareVersions(version("1"), version("v1.0.0"))).toBe(0);
    expect(compareVersions(version("1.2-rc"), version("1.2.0-rc"))).toBe(0);
    expect(compareVersions(version("24.04"), version("24.4"))).toBe(0);
  });

  test("have an order: what is lower than the lower is lower", () => {
    const part = fc.constantFrom("0", "1", "10", "a", "b", "x", "rc", "rc1", "1a");
    const tag = fc
      .tuple(fc.nat(2), fc.nat(2), fc.array(part, { maxLength: 3 }))
      .map(([major, minor, parts]) => `${major}.${minor}${parts.length > 0 ? "-" : ""}${parts.join(".")}`);
    fc.assert(
      fc.property(tag, tag, tag, (...tags) => {
        const [a, b, c] = tags.map(version).sort(compareVersions) as [Version, Version, Version];
        expect(compareVersions(a, b)).toBeLessThanOrEqual(0);
        expect(compareVersions(b, c)).toBeLessThanOrEqual(0);
        expect(compareVersions(a, c)).toBeLessThanOrEqual(0);
        expect(Math.sign(compareVersions(a, c)) + Math.sign(compareVersions(c, a))).toBe(0);
      }),
      runs,
    );
  });
});

describe("a range", () => {
  const cases: [range: string, within: string, without: string][] = [
    ["1.2.3", "1.2.3 v1.2.3", "1.2.2 1.2.4 1.2 1 latest"],
    ["=1.2.3", "1.2.3", "1.2.4"],
    ["v1.2.3", "1.2.3", "1.2.4"],
    ["1.2", "1.2 1.2.0 1.2.9", "1.1.9 1.3 1"],
    ["1", "1 1.0.0 1.9.9", "0.9 2"],
    ["1.x", "1 1.9.9", "0.9 2"],
    ["1.2.X", "1.2 1.2.9", "1.3"],
    ["1.*.*", "1 1.9.9", "2"],
    ["*", "0 1.2.3 99", "1.2.3-rc latest"],
    ["x.x", "0 1.2.3", "1.2.3-rc"],
    [">=1.2.1", "1.2.1 1.3", "1.2 1.2.0 1"],
    [">=1.2 <2", "1.2 1.2.0 1.99", "1.1 2 2.0.0"],
    [">=  1.2   <2", "1.2", "2"],
    [" >=1.2 ", "1.2", "1.1"],
    [">1.2.3", "1.2.4", "1.2.3"],
    [">1.2", "1.3 2", "1.2 1.2.9"],
    [">1", "2", "1 1.9"],
    ["<1.2", "1.1.9", "1.2 1.2.0"],
    ["<=1.2", "1.2 1.2.9 1", "1.3"],
    ["<=1.2.3", "1.2.3 1.2", "1.2.4"],
    ["<=1.x", "1.9.9", "2"],
    ["^1.4", "1.4 1.9.9", "1.3.9 2"],
    ["^1.2.3", "1.2.3 1.3", "1.2.2 2"],
    ["^0.2.3", "0.2.3 0.2.9", "0.2.2 0.3"],
    ["^0.0.3", "0.0.3", "0.0.2 0.0.4"],
    ["^0.0", "0 0.0.9", "0.1"],
    ["^0", "0 0.9", "1"],
    ["^0.0.0", "0", "0.0.1"],
    ["^1.x", "1 1.9", "2"],
    ["~1.2.3", "1.2.3 1.2.9", "1.2.2 1.3"],
    ["~1.2", "1.2 1.2.9", "1.3"],
    ["~1", "1 1.9", "2"],
    ["1.x || >=3", "1.5 3 4.1", "0.9 2 2.9.9"],
    ["1||2", "1 2.5", "3"],
    ["24.04", "24.04 24.4.1 24.04.1", "24.10 22.04"],
    // Prereleases.
    ["^1.2", "1.3", "1.3.0-alpine 1.3-alpine"],
    [">=1.2.3-rc.1", "1.2.3-rc.1 1.2.3-rc.2 1.2.3 1.3.0-alpine 1.3-alpine 2", "1.2.3-beta 1.2.3-rc.0 1.2"],
    ["^1.2.3-rc.1", "1.2.3-rc.1 1.2.3 1.9.0-a", "2.0.0-rc.1 2.0.0"],
    ["~1.2.3-rc.1", "1.2.9-a 1.2.3", "1.3.0-a"],
    ["1.2.3-rc.1", "1.2.3-rc.1", "1.2.3 1.2.3-rc.2"],
    [">1.2.3-rc.1", "1.2.3 1.2.3-rc.2", "1.2.3-rc.1"],
    ["<=1.2.3-rc.1", "1.2.3-rc.1 1.2.3-beta 1.2.2", "1.2.3 1.2.3-rc.2"],
    ["<1.2.3-rc.1", "1.2.3-beta 1.2.2", "1.2.3-rc.1"],
    [">=1.0.0-0 <2.0.0", "1.0.0-0 1.5.0-rc 1.9", "2.0.0-rc.1 2"],
    [">=1.0.0-0 <2", "1.9.0-rc", "2.0.0-rc.1"],
    [">=1.0.0-0 <=1.4", "1.4.9-rc", "1.5.0-rc"],
    ["^1.4 || >=2.0.0-rc.1", "1.5 2.0.0-rc.1 2.1.0-rc", "1.5.0-rc"],
  ];

  test.each(cases)("%j has %s and not %s", (range, within, without) => {
    const has = parseVersionRange(range);
    const isWithin = (tag: string) => {
      const found = versionOf(tag);
      return found !== undefined && has(found);
    };
    expect(within.split(" ").filter((tag) => !isWithin(tag))).toEqual([]);
    expect(without.split(" ").filter(isWithin)).toEqual([]);
  });

  test.each([
    ["", "is empty; expected versions such as 1, 1.2, 1.x, 1.2.3 or 1.2.3-rc.1"],
    ["  ", "is empty; expected versions"],
    ["foo", "'foo' is no part of a range; expected versions such as"],
    ["<0.1 foo", "'foo' is no part of a range"],
    [">=1 ||", "'>=1 ||' has an alternative that is empty; expected"],
    ["|| 1", "has an alternative that is empty"],
    ["1 || || 2", "has an alternative that is empty"],
    ["1 | 2", "'|' is no part of a range"],
    ["1 - 2", "'-' is no part of a range"],
    ["1, 2", "'1,' is no part of a range"],
    ["=>1", "'=>1' is no part of a range"],
    ["<>1", "'<>1' is no part of a range"],
    ["!=1", "'!=1' is no part of a range"],
    ["==1", "'==1' is no part of a range"],
    ["> =1", "'>' is no part of a range"],
    ["~>1", "'~>1' is no part of a range"],
    ["^", "'^' is no part of a range"],
    [">= || 1", "'>=' is no part of a range"],
    ["1.2.3.4", "'1.2.3.4' is no part of a range"],
    ["1.", "'1.' is no part of a range"],
    ["1.2.3+build", "'1.2.3+build' is no part of a range"],
    ["V1", "'V1' is no part of a range"],
    ["latest", "'latest' is no part of a range"],
    ["1.x.3", "'1.x.3' has a number after an x; expected"],
    ["x.1", "'x.1' has a number after an x"],
    [">=*", "'>=*' compares with any version; expected a number after >="],
    ["^x", "'^x' compares with any version; expected a number after ^"],
    ["1.2-rc", "'1.2-rc' has a prerelease after fewer than three numbers; expected 1.2.3-rc.1"],
    ["1.2.x-rc", "'1.2.x-rc' has a prerelease after fewer than three numbers"],
  ])("%j is refused", (range, message) => {
    expect(() => parseVersionRange(range)).toThrow(RangeError);
    expect(() => parseVersionRange(range)).toThrow(message);
  });

  test("says of releases what the package compare-versions says", () => {
    const release = fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3)).map((numbers) => numbers.join("."));
    const comparator = fc
      .tuple(fc.constantFrom(">=", ">", "<=", "<", "=", "^", "~", ""), release)
      .map((parts) => parts.join(""))
      // Of which npm's semver has 0.0.0 alone, and the package 0.0.1, too.
      .filter((each) => each !== "^0.0.0");
    const range = fc
      .array(fc.array(comparator, { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 2 })
      .map((alternatives) => alternatives.map((all) => all.join(" ")).join(" || "));
    fc.assert(
      fc.property(release, release, range, (tag, other, range) => {
        expect(Math.sign(compareVersions(version(tag), version(other)))).toBe(compareByPackage(tag, other));
        expect(parseVersionRange(range)(version(tag))).toBe(satisfies(tag, range));
      }),
      runs,
    );
  });
});
