import { mayMatchBoth, parseTagPattern } from "../../../core/model/tag-pattern.ts";

describe("a pattern", () => {
  test.each([
    ["latest", "literal", "latest", true],
    ["latest", "literal", "Latest", false],
    ["1.2.3", "literal", "1x2x3", false],
    ["v*", "glob", "v1", true],
    ["v*", "glob", "v", true],
    ["v*", "glob", "1-v", false],
    ["v?", "glob", "v10", false],
    ["_a-b.c*", "glob", "_a-b.c", true],
    ["/^v\\d+$/", "regex", "v10", true],
    ["/^v\\d+$/", "regex", "v1.0", false],
    ["/rc/", "regex", "1.2-rc1", true],
    ["/RC/", "regex", "1.2-rc1", false],
    ["/RC/i", "regex", "1.2-rc1", true],
    ["/a|/", "regex", "b", true],
    ["/a/b/", "regex", "a/b", true],
  ])("%j is a %s, and %j matches: %p", (text, kind, tag, expected) => {
    const pattern = parseTagPattern(text);
    expect(pattern).toMatchObject({ text, kind });
    // A second time: a regular expression has no memory of the first.
    expect([pattern.matches(tag), pattern.matches(tag)]).toEqual([expected, expected]);
  });

  test.each([
    ["", "is empty; expected letters, digits, '_', '.' and '-', with * for any of them and ? for one, or a"],
    ["v1,v2", "'v1,v2' has ',', which no tag has; expected letters, digits"],
    [" v1", "' v1' has ' ', which no tag has"],
    ["v[12]", "'v[12]' has '[', which no tag has"],
    ["v1|v2", "has '|', which no tag has"],
    ["app:v1", "has ':', which no tag has"],
    ["v1/", "has '/', which no tag has"],
    ["é", "has 'é', which no tag has"],
    ["🐋", "has '🐋', which no tag has"],
    ["v1\n", "has '\n', which no tag has"],
    ["/", "'/' is no regular expression; expected it between slashes, as in /^v\\d+$/"],
    ["//", "'//' is no regular expression"],
    ["//i", "'//i' is no regular expression"],
    ["/v1", "'/v1' is no regular expression"],
    ["/a/g", "'/a/g' has 'g' after the last slash; expected nothing, or i for either case"],
    ["/a/ii", "'/a/ii' has 'ii' after the last slash"],
    ["/a/I", "'/a/I' has 'I' after the last slash"],
    ["/a/ ", "'/a/ ' has ' ' after the last slash"],
    ["/(/", "'/(/' cannot be read: Invalid regular expression: /(/: Unterminated group"],
    ["/a**/", "'/a**/' cannot be read: Invalid regular expression: /a**/: Nothing to repeat"],
    ["/[z-a]/i", "'/[z-a]/i' cannot be read"],
  ])("%j is refused", (text, message) => {
    expect(() => parseTagPattern(text)).toThrow(RangeError);
    expect(() => parseTagPattern(text)).toThrow(message);
  });
});

test.each([
  ["latest", "latest", true],
  ["latest", "nightly", false],
  ["v1", "v*", true],
  ["v1", "w*", false],
  ["v1", "/^v/", true],
  ["v1", "/^w/", false],
  ["v*", "*-rc", true],
  ["v*", "w*", false],
  ["v*", "/^w/", true],
  ["/^v/", "/^w/", true],
])("a tag may match both %j and %j: %p", (a, b, expected) => {
  expect(mayMatchBoth(parseTagPattern(a), parseTagPattern(b))).toBe(expected);
  expect(mayMatchBoth(parseTagPattern(b), parseTagPattern(a))).toBe(expected);
});
