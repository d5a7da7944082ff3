/*
 * Versions as tags have them, and ranges of them, in the words of npm's.
 */

/** A version that a tag names: numbers that are left out are 0. */
export interface Version {
  readonly numbers: readonly [bigint, bigint, bigint];
  /** What stands after the hyphen, between dots; empty for a release. */
  readonly prerelease: readonly string[];
}

/** What a range looks like, for messages. */
export const versionRangeForm =
  "versions such as 1, 1.2, 1.x, 1.2.3 or 1.2.3-rc.1, each after >=, >, <=, <, =, ^, ~ or nothing; with spaces between those that all hold, and || between alternatives";

const prereleasePart = "(?:-([0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*))?";
const versionPattern = new RegExp(`^v?(\\d+)(?:\\.(\\d+))?(?:\\.(\\d+))?${prereleasePart}$`);
const comparatorPattern = new RegExp(
  `^(>=|>|<=|<|=|\\^|~)?v?(\\d+|[xX*])(?:\\.(\\d+|[xX*]))?(?:\\.(\\d+|[xX*]))?${prereleasePart}$`,
);

/** The version that a tag names: 1 to 3 numbers, with a `v` before them or a prerelease after them; or undefined. */
export function versionOf(tag: string): Version | undefined {
  const match = versionPattern.exec(tag);
  if (!match) return undefined;
  const [, major = "", minor = "0", patch = "0", prerelease] = match;
  return {
    numbers: [BigInt(major), BigInt(minor), BigInt(patch)],
    prerelease: prerelease?.split(".") ?? [],
  };
}

/** Less than 0, 0 or more than 0: which of two versions is the higher (Semantic Versioning 2.0.0, 11). */
export function compareVersions(a: Version, b: Version): number {
  for (const [at, number] of a.numbers.entries()) {
    const order = compare(number, b.numbers[at] ?? 0n);
    if (order !== 0) return order;
  }
  const [mine, other] = [a.prerelease, b.prerelease];
  if (mine.length === 0 || other.length === 0) return other.length - mine.length;
  for (const [at, part] of mine.entries()) {
    const order = compareParts(part, other[at]);
    if (order !== 0) return order;
  }
  return mine.length - other.length;
}

function compare<T extends bigint | string>(a: T, b: T): number {
  return a < b ? -1 : Number(a > b);
}

function compareParts(a: string, b: string | undefined): number {
  if (b === undefined) return 1;
  const [isNumber, otherIsNumber] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (isNumber && otherIsNumber) return compare(BigInt(a), BigInt(b));
  return isNumber === otherIsNumber ? compare(a, b) : Number(otherIsNumber) - Number(isNumber);
}

type Test = (version: Version) => boolean;

/**
 * Reads a range. A version with a prerelease is only ever in an alternative that names a prerelease itself, and never
 * below a bound whose prerelease it is: `<2.0.0` has no 2.0.0-rc.1. Throws RangeError saying what is wrong and what was
 * expected.
 */
export function parseVersionRange(text: string): Test {
  const alternatives = text.split("||").map((part) => parseAlternative(part, text));
  return (version) => alternatives.some((contains) => contains(version));
}

function parseAlternative(text: string, range: string): Test {
  const words = text
    .replace(/([<>=^~])\s+(?=[\dvxX*])/g, "$1")
    .split(/\s+/)
    .filter((word) => word !== "");
  if (words.length === 0) {
    const what = range.trim() === "" ? "is empty" : `'${range}' has an alternative that is empty`;
    throw new RangeError(`${what}; expected ${versionRangeForm}`);
  }
  const tests = words.map(parseComparator);
  const namesPrerelease = words.some((word) => word.includes("-"));
  return (version) =>
    (namesPrerelease || version.prerelease.length === 0) && tests.every((holds) => holds(version));
}

function parseComparator(word: string): Test {
  const match = comparatorPattern.exec(word);
  if (!match) throw new RangeError(`'${word}' is no part of a range; expected ${versionRangeForm}`);
  const [, operator = "=", ...rest] = match;
  const parts = rest.slice(0, 3).filter((part) => part !== undefined);
  const given = parts.filter((part) => /\d/.test(part)).map((part) => BigInt(part));
  if (parts.slice(0, given.length).some((part) => !/\d/.test(part))) {
    throw new RangeError(`'${word}' has a number after an x; expected ${versionRangeForm}`);
  }
  if (given.length === 0 && match[1] !== undefined) {
    throw new RangeError(`'${word}' compares with any version; expected a number after ${operator}`);
  }
  if (rest[3] !== undefined && given.length < 3) {
    throw new RangeError(`'${word}' has a prerelease after fewer than three numbers; expected 1.2.3-rc.1`);
  }
  return testFor(operator, given, rest[3]?.split(".") ?? []);
}

/** What a comparator says of as many numbers as are given: fewer than three stand for all versions that begin so. */
function testFor(operator: string, given: readonly bigint[], prerelease: readonly string[]): Test {
  const [major = 0n, minor = 0n, patch = 0n] = given;
  const bound: Version = { numbers: [major, minor, patch], prerelease };
  const order = (version: Version) => compareVersions(version, bound);
  const from: Test = (version) => order(version) >= 0;
  if (operator === ">=") return from;
  if (operator === "<") return below(bound);
  if (operator === "^") return both(from, below(next(given, firstNonZero(given))));
  if (operator === "~") return both(from, below(next(given, 2)));
  if (given.length < 3) {
    const upTo = below(next(given, 3));
    if (operator === "<=") return upTo;
    return operator === "=" ? both(from, upTo) : both(from, (version) => !upTo(version));
  }
  if (operator === "=") return (version) => order(version) === 0;
  return operator === ">" ? (version) => order(version) > 0 : (version) => order(version) <= 0;
}

function both(a: Test, b: Test): Test {
  return (version) => a(version) && b(version);
}

/** What is lower than a version and, if that is a release, none of its prereleases. Everything is below nothing. */
function below(bound: Version | undefined): Test {
  if (!bound) return () => true;
  // 0 is the lowest prerelease.
  const { numbers, prerelease } = bound;
  const end = { numbers, prerelease: prerelease.length > 0 ? prerelease : ["0"] };
  return (version) => compareVersions(version, end) < 0;
}

/** The first release that has not the same numbers at its beginning, as many as are kept and given. */
function next(given: readonly bigint[], kept: number): Version | undefined {
  const last = Math.min(kept, given.length) - 1;
  if (last < 0) return undefined;
  const [major = 0n, minor = 0n, patch = 0n] = given.map((number, at) => {
    if (at === last) return number + 1n;
    return at < last ? number : 0n;
  });
  return { numbers: [major, minor, patch], prerelease: [] };
}

/** How many numbers a caret keeps: up to the first that is not 0. */
function firstNonZero(given: readonly bigint[]): number {
  const at = given.findIndex((number) => number !== 0n);
  return at < 0 ? given.length : at + 1;
}
