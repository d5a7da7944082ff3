import fc from "fast-check";
import {
  capture,
  fill,
  overlaps,
  tokensOf,
  type WildcardToken,
  type WildcardTokens,
  wildcard,
} from "../../../core/model/wildcard.ts";

const runs = { seed: 7, numRuns: 1000 };

/** The same pattern, matched by the engine of regular expressions. */
function regexOf(tokens: WildcardTokens): RegExp {
  const sources: Record<string, string> = { one: "[^]", any: "[^]*", anyInPart: "[^/]*" };
  const source = tokens.map((token) =>
    typeof token === "string" ? sources[token] : token.literal.replace(/[^\w\s]/gu, "\\$&"),
  );
  return new RegExp(`^${source.join("")}$`, "u");
}

/** Every text of some characters up to a length. */
function texts(alphabet: string, length: number): string[] {
  if (length === 0) return [""];
  const shorter = texts(alphabet, length - 1);
  const longest = shorter.filter((text) => text.length === length - 1);
  return [...shorter, ...longest.flatMap((text) => [...alphabet].map((character) => text + character))];
}

describe("a wildcard pattern", () => {
  test.each([
    ["", "", true],
    ["", "a", false],
    ["app", "app", true],
    ["app", "App", false],
    ["app", "apps", false],
    ["app", "ap", false],
    ["*", "", true],
    ["*", "team/app", true],
    ["**", "", true],
    ["v*", "v", true],
    ["v*", "1v", false],
    ["*-rc", "1.2-rc", true],
    ["*-rc", "1.2-rc1", false],
    ["*ab", "aab", true],
    ["a*b*c", "a-b-b-c", true],
    ["a*b*c", "acb", false],
    ["team/*/app", "team/a/b/app", true],
    ["team/*/app", "team/app", false],
    ["?", "", false],
    ["?", "a", true],
    ["?", "/", true],
    ["?", "ab", false],
    ["?", "🐋", true],
    ["v?.?", "v1.2", true],
    ["*?", "", false],
    ["*?", "a", true],
    ["?*?", "a", false],
    ["a.c", "abc", false],
    ["[ab]", "a", false],
    ["a*", "a*", true],
    ["*", "a\nb", true],
  ])("%j matches %j: %p", (pattern, text, expected) => {
    expect(wildcard(pattern)(text)).toBe(expected);
  });

  test("matches what the same regular expression does", () => {
    const pattern = fc.string({ unit: fc.constantFrom("a", "b", "/", "*", "?"), maxLength: 8 });
    const text = fc.string({ unit: fc.constantFrom("a", "b", "/", "?", "*"), maxLength: 10 });
    fc.assert(
      fc.property(pattern, text, (pattern, text) => {
        expect(wildcard(pattern)(text)).toBe(regexOf(tokensOf(pattern)).test(text));
      }),
      runs,
    );
  });

  // One that went back to each star would not end.
  test("ends for dozens of stars that match nothing", () => {
    expect(wildcard(`${"*a".repeat(60)}*b`)("a".repeat(256))).toBe(false);
  });
});

describe("two patterns", () => {
  const placeholders = { key: "any", name: "any", basename: "anyInPart", tag: "anyInPart" } as const;

  test.each([
    ["", "", true],
    ["", "*", true],
    ["", "?", false],
    ["app", "app", true],
    ["app", "apps", false],
    ["team/*", "team/app", true],
    ["team/*", "team/", true],
    ["team/*", "team", false],
    ["team/*", "other/*", false],
    ["team/*", "*/app", true],
    ["a*", "*b", true],
    ["a*b", "b*a", false],
    ["v1.*", "v?.2", true],
    ["??", "???", false],
    ["?*", "", false],
    ["{key}", "a/b", true],
    ["in/{name}", "in/a/b", true],
    ["in/{name}", "out/*", false],
    ["{basename}", "app", true],
    ["{basename}", "a/b", false],
    ["{basename}", "*/b", false],
    ["{basename}/{tag}", "a/b", true],
    ["{basename}/{tag}", "a/b/c", false],
    ["{basename}", "?", true],
    ["{basename}a", "{basename}b", false],
    ["a{basename}", "{key}b", true],
    ["{basename}", "{tag}", true],
  ])("%j and %j have a text in common: %p", (a, b, expected) => {
    const [first, second] = [tokensOf(a, { placeholders }), tokensOf(b, { placeholders })];
    expect(overlaps(first, second)).toBe(expected);
    expect(overlaps(second, first)).toBe(expected);
  });

  test("overlap exactly when there is a text that matches both", () => {
    const all = texts("ab/", 7);
    const token = fc.constantFrom<WildcardToken>(
      { literal: "a" },
      { literal: "b" },
      { literal: "/" },
      "one",
      "any",
      "anyInPart",
    );
    // With each character one of the patterns goes on at least: no text has to be longer than both together.
    const [a, b] = [fc.array(token, { maxLength: 4 }), fc.array(token, { maxLength: 3 })];
    fc.assert(
      fc.property(a, b, (a, b) => {
        const [first, second] = [regexOf(a), regexOf(b)];
        const expected = all.some((text) => first.test(text) && second.test(text));
        expect(overlaps(a, b)).toBe(expected);
        expect(overlaps(b, a)).toBe(expected);
      }),
      runs,
    );
  });

  // A comparison that went back to each star would not end.
  test("are compared when they are long", () => {
    const [a, b] = [`${"*a".repeat(256)}b`, `${"*a".repeat(256)}c`];
    expect(overlaps(tokensOf(a), tokensOf(b))).toBe(false);
  });
});

describe("the parts of a pattern", () => {
  test("are characters, wildcards and the placeholders that are named", () => {
    const tokens = tokensOf("a{key}*?{tag}{other}{}", { placeholders: { key: "any", tag: "anyInPart" } });
    const literals = [..."{other}{}"].map((literal) => ({ literal }));
    expect(tokens).toEqual([{ literal: "a" }, "any", "any", "one", "anyInPart", ...literals]);
  });

  test("have braces as characters without placeholders", () => {
    expect(tokensOf("{a}")).toEqual([{ literal: "{" }, { literal: "a" }, { literal: "}" }]);
    expect(tokensOf("{constructor}")).toHaveLength(13);
    expect(tokensOf("")).toEqual([]);
  });

  test("have wildcards between braces of an unknown placeholder", () => {
    expect(tokensOf("{*}")).toEqual([{ literal: "{" }, "any", { literal: "}" }]);
  });
});

describe("what a * stands for", () => {
  test.each([
    ["team/*", "team/app", "app"],
    ["team/*", "team/a/b", "a/b"],
    ["team/*", "team/", undefined],
    ["team/*", "other/app", undefined],
    ["*", "app", "app"],
    ["*", "", undefined],
    ["*/app", "team/app", "team"],
    ["a*a", "a", undefined],
    ["a*a", "aa", undefined],
    ["a*a", "aba", "b"],
    ["app", "app", ""],
    ["app", "apps", undefined],
    ["", "", ""],
    ["v?", "v1", undefined],
    ["v?", "v?", ""],
  ])("%j captures of %j %j", (pattern, text, expected) => {
    expect(capture(pattern, text)).toBe(expected);
  });

  test("is refused of a pattern with more than one", () => {
    expect(() => capture("*/*", "a/b")).toThrow(new RangeError("'*/*' has 2 *; at most one is accepted"));
  });

  test("is put in its place as it is", () => {
    expect(fill("mirror/*", "$&/$1")).toBe("mirror/$&/$1");
    expect(fill("mirror/app", "other")).toBe("mirror/app");
  });

  test("makes the text again, and is found in it again", () => {
    const part = fc.string({ unit: fc.constantFrom("a", "b", "/", "$", "&"), maxLength: 5 });
    const stars = fc.tuple(part, part).map(([before, after]) => `${before}*${after}`);
    fc.assert(
      fc.property(stars, part, part, (pattern, captured, other) => {
        const text = fill(pattern, captured);
        expect(capture(pattern, text)).toBe(captured === "" ? undefined : captured);
        const found = capture(pattern, other);
        if (found !== undefined) expect(fill(pattern, found)).toBe(other);
      }),
      runs,
    );
  });
});
