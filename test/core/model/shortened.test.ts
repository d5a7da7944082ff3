import fc from "fast-check";
import { shortened } from "../../../core/model/shortened.ts";

const sizeOf = (text: string) => Buffer.byteLength(JSON.stringify(text)) - 2;

describe("a shortened text", () => {
  test.each([
    ["", 0, ""],
    ["abc", 3, "abc"],
    ["abcdef", 5, "ab…"],
    ["中中中", 9, "中中中"],
    ["中中中", 8, "中…"],
    ["😀😀", 7, "😀…"],
    ["😀😀", 6, "…"],
    ['""""', 8, '""""'],
    ['""""', 7, '""…'],
    ["\u0001\u0001", 11, "\u0001…"],
  ])("%j in %i bytes is %j", (text, most, expected) => {
    expect(shortened(text, most)).toBe(expected);
  });

  test("fits, is the beginning, and never half a character", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 50 }),
        fc.integer({ min: 3, max: 60 }),
        (text, most) => {
          const short = shortened(text, most);
          expect(sizeOf(short)).toBeLessThanOrEqual(most);
          expect(short.isWellFormed()).toBe(true);
          expect(short === text || text.startsWith(short.slice(0, -1))).toBe(true);
        },
      ),
    );
  });
});
