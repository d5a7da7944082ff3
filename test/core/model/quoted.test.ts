import { quoted, quotedValue } from "../../../core/model/quoted.ts";

describe("quoted", () => {
  test.each([
    ["a/b:1", "'a/b:1'"],
    ["", "''"],
    ["é😀", "'é😀'"],
    ["it's", "'it's'"],
    ["\u001b[2J", "'\ufffd[2J'"],
    ["two\r\nlines\u0085\u2028\u2029\u0000\u007f", `'two${"\ufffd".repeat(2)}lines${"\ufffd".repeat(5)}'`],
    ["exe\u202egnp", "'exe\ufffdgnp'"],
    ["half \ud83d", "'half \ufffd'"],
  ])("shows %j as %j", (text, shown) => {
    expect(quoted(text)).toBe(shown);
  });

  test("cuts what is longer than 200 characters", () => {
    expect(quoted("x".repeat(200))).toBe(`'${"x".repeat(200)}'`);
    expect(quoted("x".repeat(201))).toBe(`'${"x".repeat(200)}…'`);
    expect(quoted(`${"x".repeat(199)}😀`)).toBe(`'${"x".repeat(199)}\ufffd…'`);
  });
});

test.each<[unknown, string]>([
  ["x", "'x'"],
  [7, "'7'"],
  [null, "'null'"],
  [undefined, "'undefined'"],
  [[1], "a list"],
  [{ toString: 1, valueOf: 1 }, "an object"],
])("quotedValue shows %p as %s", (value, shown) => {
  expect(quotedValue(value)).toBe(shown);
});
