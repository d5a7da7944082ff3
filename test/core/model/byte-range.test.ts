import { byteRange, parseContentRange, parts, rangeHeader } from "../../../core/model/byte-range.ts";
import { bytesOf } from "../../fakes/image.ts";

describe("byteRange", () => {
  test.each([
    [0, 1, { first: 0, last: 0 }],
    [0, 10, { first: 0, last: 9 }],
    [9, 1, { first: 9, last: 9 }],
    [54_525_951_999, 1, { first: 54_525_951_999, last: 54_525_951_999 }],
  ])("from %i of %i bytes includes both ends", (offset, length, range) => {
    expect(byteRange(offset, length)).toEqual(range);
  });

  test.each([
    [0, 0],
    [0, -1],
    [-1, 1],
    [0.5, 1],
    [0, 1.5],
    [Number.NaN, 1],
    [0, Number.POSITIVE_INFINITY],
    [2 ** 53, 1],
  ])("refuses offset %d with length %d", (offset, length) => {
    expect(() => byteRange(offset, length)).toThrow(
      new RangeError(`no byte range has offset ${offset} and length ${length}`),
    );
  });

  test("is written as a Range header has it", () => {
    expect(rangeHeader(byteRange(10, 5))).toBe("bytes=10-14");
  });
});

describe("parseContentRange", () => {
  test("reads a complete header", () => {
    expect(parseContentRange("bytes 10-14/100")).toEqual({ first: 10, last: 14, total: 100 });
  });

  test.each([
    undefined,
    "",
    "bytes 10-14/*",
    "bytes */100",
    "bytes=10-14/100",
    "bytes 10-14",
    "items 10-14/100",
    "bytes -1-14/100",
    "bytes 10-14/100 ",
    `bytes 0-${"9".repeat(16)}/1`,
  ])("says nothing of %j", (header) => {
    expect(parseContentRange(header)).toBeUndefined();
  });
});

describe("parts", () => {
  const partSize = 6;
  const sizes = [0, 1, 2, 5, 6, 7, 11, 12, 13, 18, 19, 60];

  async function* chunked(bytes: Uint8Array, chunkSize: number): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += chunkSize) yield bytes.subarray(at, at + chunkSize);
  }

  describe.each([1, 3, 5, 6, 7, 19, 100])("of chunks of %i bytes", (chunkSize) => {
    test.each(sizes)("cut %i bytes into parts of exactly the part size and a rest", async (size) => {
      const bytes = bytesOf(size);
      const cut: Uint8Array[] = [];
      for await (const part of parts(chunked(bytes, chunkSize), partSize, size))
        cut.push(Uint8Array.from(part));
      expect(cut.map(({ length }) => length)).toEqual(lengths(size, partSize));
      expect(Buffer.concat(cut)).toEqual(Buffer.from(bytes));
    });

    test.each(sizes)(
      "leave a part of %i bytes alone until the part after the next is asked for",
      async (size) => {
        const bytes = bytesOf(size);
        let before: { part: Uint8Array; copy: Uint8Array } | undefined;
        for await (const part of parts(chunked(bytes, chunkSize), partSize, size)) {
          if (before) expect(Uint8Array.from(before.part)).toEqual(before.copy);
          before = { part, copy: Uint8Array.from(part) };
        }
        if (before) expect(Uint8Array.from(before.part)).toEqual(before.copy);
      },
    );
  });

  test("pass over empty chunks", async () => {
    async function* sparse() {
      for (const size of [0, 4, 0, 0, 4, 0]) yield bytesOf(size);
    }
    const cut: number[] = [];
    for await (const part of parts(sparse(), partSize, 8)) cut.push(part.length);
    expect(cut).toEqual([6, 2]);
  });

  test("cut more bytes than expected as well", async () => {
    const cut: number[] = [];
    for await (const part of parts(chunked(bytesOf(13), 4), partSize, 6)) cut.push(part.length);
    expect(cut).toEqual([6, 6, 1]);
  });

  test("of a small stream come in a buffer of its size", async () => {
    for await (const part of parts(chunked(bytesOf(3), 1), 10 * 1024 * 1024, 3)) {
      expect(part.buffer.byteLength).toBe(3);
    }
  });

  test("pass on a failure of the stream, and close the stream when they are no longer wanted", async () => {
    let closed = false;
    async function* endless() {
      try {
        for (;;) yield bytesOf(4);
      } finally {
        closed = true;
      }
    }
    for await (const part of parts(endless(), partSize, 100)) {
      expect(part).toHaveLength(6);
      break;
    }
    expect(closed).toBe(true);
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield bytesOf(7);
      throw new Error("broken");
    }
    const read = async () => {
      for await (const part of parts(broken(), partSize, 12)) expect(part).toHaveLength(6);
    };
    await expect(read()).rejects.toThrow("broken");
  });
});

function lengths(size: number, partSize: number): number[] {
  const rest = size % partSize;
  return [...Array<number>(Math.floor(size / partSize)).fill(partSize), ...(rest > 0 ? [rest] : [])];
}
