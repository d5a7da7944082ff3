import { newEvent } from "../../../local/events/event.ts";
import { parsePattern } from "../../../local/events/pattern.ts";

function matches(pattern: object, detail: Record<string, unknown>): boolean {
  const event = newEvent({
    "detail-type": "Object Created",
    source: "aws.s3",
    account: "333333333333",
    region: "eu-central-1",
    resources: ["arn:aws:s3:::one", "arn:aws:s3:::two"],
    detail,
  });
  return parsePattern(pattern, "Rule: EventPattern")(event);
}

const field = (alternatives: unknown[], value: unknown) =>
  matches({ detail: { x: alternatives } }, { x: value });

describe("values", () => {
  test.each([
    [["a", "b"], "b", true],
    [["a"], "A", false],
    [["1"], 1, false],
    [[1], 1, true],
    [[1], 1.5, false],
    [[null], null, true],
    [[null], "null", false],
    [[""], "", true],
    [[true], true, true],
    [[true], "true", false],
    [["b"], ["a", "b"], true],
    [["c"], ["a", "b"], false],
    [["a"], { a: "a" }, false],
  ])("%j of %j: %s", (alternatives, value, expected) => {
    expect(field(alternatives, value)).toBe(expected);
  });

  test("are of the envelope too, where one of several resources is enough", () => {
    expect(matches({ source: ["aws.s3"], resources: ["arn:aws:s3:::two"] }, {})).toBe(true);
    expect(matches({ source: ["aws.s3"], resources: ["arn:aws:s3:::three"] }, {})).toBe(false);
  });

  test("of every field must match", () => {
    const pattern = { "detail-type": ["Object Created"], detail: { a: ["1"], b: { c: ["2"] } } };
    expect(matches(pattern, { a: "1", b: { c: "2" }, other: 1 })).toBe(true);
    expect(matches(pattern, { a: "1", b: { c: "3" } })).toBe(false);
    expect(matches(pattern, { a: "1" })).toBe(false);
    expect(matches(pattern, { a: "1", b: "2" })).toBe(false);
  });

  test("of a list of objects match within one and the same object", () => {
    const pattern = { detail: { list: { a: ["1"], b: ["2"] } } };
    expect(matches(pattern, { list: [{ a: "1" }, { a: "1", b: "2" }] })).toBe(true);
    expect(matches(pattern, { list: [{ a: "1" }, { b: "2" }] })).toBe(false);
  });

  test("are never those that every object inherits", () => {
    expect(matches({ detail: { constructor: [{ exists: true }] } }, {})).toBe(false);
  });
});

describe("operators", () => {
  test.each([
    ["prefix", "images/", "images/a.tar", true],
    ["prefix", "images/", "image/a.tar", false],
    ["prefix", "images/", "IMAGES/a", false],
    ["prefix", "", "anything", true],
    ["prefix", "", 5, false],
    ["prefix", { "equals-ignore-case": "Images/" }, "IMAGES/a", true],
    ["suffix", ".tar", "a.tar", true],
    ["suffix", ".tar", "a.tar.gz", false],
    ["suffix", { "equals-ignore-case": ".TAR" }, "a.tar", true],
    ["equals-ignore-case", "Tar", "tAR", true],
    ["equals-ignore-case", "tar", "tarx", false],
    ["wildcard", "images/*.tar", "images/a/b.tar", true],
    ["wildcard", "images/*.tar", "images/.tar", true],
    ["wildcard", "images/*.tar", "images/a.tar.gz", false],
    ["wildcard", "images/*.tar", "ximages/a.tar", false],
    ["wildcard", "*.tar", "line\nbreak.tar", true],
    ["wildcard", "a.c", "abc", false],
    ["wildcard", "a+(b)[c]{1}^$|?", "a+(b)[c]{1}^$|?", true],
    ["wildcard", "a\\*b", "a*b", true],
    ["wildcard", "a\\*b", "axb", false],
    ["wildcard", "a\\\\*", "a\\z", true],
    ["wildcard", "*a*b*", "xaxbx", true],
    ["wildcard", "", "", true],
    ["wildcard", "*", 5, false],
    ["exists", true, "x", true],
    ["exists", true, null, true],
    ["exists", true, [], false],
    ["exists", true, { a: 1 }, false],
    ["exists", false, "x", false],
    ["exists", false, { a: 1 }, true],
    ["numeric", ["=", 5], 5, true],
    ["numeric", ["<", 5], 5, false],
    ["numeric", ["<=", 5], 5, true],
    ["numeric", [">", 0, "<=", 5], 5, true],
    ["numeric", [">", 0, "<=", 5], 0, false],
    ["numeric", [">=", 0, "<", 5], 0, true],
    ["numeric", [">", 0], "1", false],
    ["anything-but", "a", "b", true],
    ["anything-but", "a", "a", false],
    ["anything-but", ["a", "b"], "b", false],
    ["anything-but", [1, 2], 3, true],
    ["anything-but", [1, 2], 2, false],
    ["anything-but", "a", null, true],
    ["anything-but", "a", ["a", "b"], true],
    ["anything-but", { prefix: "tmp/" }, "tmp/a", false],
    ["anything-but", { prefix: "tmp/" }, "images/a", true],
    ["anything-but", { suffix: [".gz", ".zst"] }, "a.zst", false],
    ["anything-but", { suffix: [".gz", ".zst"] }, "a.tar", true],
    ["anything-but", { "equals-ignore-case": "a" }, "A", false],
    ["anything-but", { wildcard: "*/tmp/*" }, "a/tmp/b", false],
    ["anything-but", { wildcard: "*/tmp/*" }, "a/b", true],
  ])("%s %j of %j: %s", (operator, operand, value, expected) => {
    expect(field([{ [operator]: operand }], value)).toBe(expected);
  });

  test("of a field that is absent match only as exists: false, also where its parent is absent", () => {
    expect(matches({ detail: { x: [{ exists: false }] } }, {})).toBe(true);
    expect(matches({ detail: { a: { b: { x: [{ exists: false }] } } } }, {})).toBe(true);
    expect(matches({ detail: { x: [{ "anything-but": "a" }] } }, {})).toBe(false);
    expect(matches({ detail: { x: [{ wildcard: "*" }] } }, {})).toBe(false);
  });

  test("are alternatives beside values", () => {
    expect(field(["exact", { suffix: ".tar" }], "exact")).toBe(true);
    expect(field(["exact", { suffix: ".tar" }], "a.tar")).toBe(true);
    expect(field(["exact", { suffix: ".tar" }], "a.zip")).toBe(false);
  });

  test("$or needs one of its patterns besides the other fields", () => {
    const detail = { kind: ["image"], $or: [{ a: ["1"] }, { b: [{ prefix: "2" }] }] };
    expect(matches({ detail }, { kind: "image", b: "22" })).toBe(true);
    expect(matches({ detail }, { kind: "image", a: "2" })).toBe(false);
    expect(matches({ detail }, { kind: "chart", a: "1" })).toBe(false);
  });
});

describe("refused by name:", () => {
  test.each([
    [{ detail: { x: "text" } }, "EventPattern.detail.x"],
    [{ detail: { x: [] } }, "EventPattern.detail.x is []"],
    [{ detail: {} }, "EventPattern.detail is {}"],
    [{}, "EventPattern is {}"],
    [null, "EventPattern is null"],
    [{ detail: { x: [{ cidr: "10.0.0.0/24" }] } }, "operator cidr is not supported"],
    [{ detail: { x: [{ toString: "10.0.0.0/24" }] } }, "operator toString is not supported"],
    [{ detail: { x: [{ prefix: "a", suffix: "b" }] } }, "EventPattern.detail.x"],
    [{ detail: { x: [{}] } }, "EventPattern.detail.x"],
    [{ detail: { x: [["a"]] } }, "EventPattern.detail.x"],
    [{ detail: { x: [{ prefix: 1 }] } }, "detail.x.prefix is 1"],
    [{ detail: { x: [{ prefix: { wildcard: "a" } }] } }, "detail.x.prefix"],
    [{ detail: { x: [{ exists: "true" }] } }, "detail.x.exists"],
    [{ detail: { x: [{ wildcard: "a**b" }] } }, 'detail.x.wildcard is "a**b"'],
    [{ detail: { x: [{ wildcard: "a\\b" }] } }, "detail.x.wildcard"],
    [{ detail: { x: [{ wildcard: "a\\" }] } }, "detail.x.wildcard"],
    [{ detail: { x: [{ numeric: [">"] }] } }, "detail.x.numeric"],
    [{ detail: { x: [{ numeric: ["~", 1] }] } }, "detail.x.numeric"],
    [{ detail: { x: [{ numeric: ["<", 5, ">", 0] }] } }, "detail.x.numeric"],
    [{ detail: { x: [{ numeric: [">", 5, "<", 5] }] } }, "detail.x.numeric"],
    [{ detail: { x: [{ "anything-but": ["a", 1] }] } }, "detail.x.anything-but"],
    [{ detail: { x: [{ "anything-but": null }] } }, "detail.x.anything-but"],
    [{ detail: { x: [{ "anything-but": [] }] } }, "detail.x.anything-but"],
    [{ detail: { x: [{ "anything-but": { prefix: "" } }] } }, "anything-but.prefix"],
    [{ detail: { x: [{ "anything-but": { numeric: ["=", 1] } }] } }, "anything-but.numeric"],
    [{ detail: { $or: [{ a: ["1"] }] } }, "detail.$or"],
    [{ detail: { x: ["y".repeat(4096)] } }, "4096 at most"],
  ])("%j", (pattern, text) => {
    expect(() => parsePattern(pattern, "Rule: EventPattern")).toThrow(text);
  });
});
