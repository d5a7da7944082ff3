import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { largestMember, type Member, memberSize, members } from "../../../core/archive/members.ts";
import type { Compression } from "../../../core/model/making.ts";
import { bytesOf } from "../../fakes/image.ts";

const opened: Record<Compression, (bytes: Uint8Array) => Uint8Array> = {
  gzip: (bytes) => gunzipSync(bytes),
  zstd: (bytes) => zstdDecompressSync(bytes),
  copy: (bytes) => bytes,
};
const compressions = Object.keys(opened) as Compression[];

/** The bytes in chunks that share one buffer, as a source may yield them. */
async function* inChunks(bytes: Uint8Array, chunkSize: number): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.alloc(chunkSize);
  for (let at = 0; at < bytes.length; at += chunkSize) {
    const chunk = bytes.subarray(at, at + chunkSize);
    buffer.set(chunk);
    yield buffer.subarray(0, chunk.length);
    buffer.fill(0xee);
  }
}

async function made(bytes: Uint8Array, compression: Compression, chunkSize = 65_536): Promise<Member[]> {
  const all: Member[] = [];
  for await (const { raw, bytes: blob } of members(inChunks(bytes, chunkSize), compression, bytes.length)) {
    all.push({ raw: Uint8Array.from(raw), bytes: Uint8Array.from(blob) });
  }
  return all;
}

function joined(parts: readonly Uint8Array[]): Buffer {
  return Buffer.concat(parts);
}

// Not toEqual: it takes minutes over some megabytes.
function expectSame(actual: Uint8Array, expected: Uint8Array): void {
  expect([actual.length, Buffer.compare(actual, expected)]).toEqual([expected.length, 0]);
}

/** Bytes that no compression makes fewer. */
const hard = bytesOf(8 * memberSize);
const first = (size: number): Uint8Array => hard.subarray(0, size);

const sizes = [0, 1, memberSize - 1, memberSize, memberSize + 1, 3 * memberSize, 4 * memberSize + 5];

describe.each(compressions)("members with %s", (compression) => {
  test.each(sizes)("of %i bytes open, one after the other, to what was there", async (size) => {
    const bytes = first(size);
    const all = await made(bytes, compression);
    expectSame(opened[compression](joined(all.map((member) => member.bytes))), bytes);
    expectSame(joined(all.map(({ raw }) => raw)), bytes);
  });

  test.each(sizes)("of %i bytes are of the member size each, but for the last", async (size) => {
    const all = await made(first(size), compression);
    const lengths = all.map(({ raw }) => raw.length);
    const rest = size % memberSize;
    expect(lengths).toEqual([
      ...Array<number>(Math.floor(size / memberSize)).fill(memberSize),
      ...(rest > 0 || size === 0 ? [rest] : []),
    ]);
  });

  test("open each by itself", async () => {
    for (const { raw, bytes } of await made(first(2 * memberSize + 9), compression)) {
      expectSame(opened[compression](bytes), raw);
    }
  });

  test.each([1_000, memberSize - 1, memberSize, memberSize + 1, 8 * memberSize])(
    "are the same whether the bytes come in chunks of %i or not",
    async (chunkSize) => {
      const bytes = first(2 * memberSize + 9);
      const [one, other] = [await made(bytes, compression), await made(bytes, compression, chunkSize)];
      expect(other.map(({ bytes }) => bytes.length)).toEqual(one.map(({ bytes }) => bytes.length));
      expectSame(joined(other.map(({ bytes }) => bytes)), joined(one.map(({ bytes }) => bytes)));
    },
  );

  test("that begin at a member's boundary are those of the whole from there", async () => {
    const bytes = first(3 * memberSize + 9);
    const whole = (await made(bytes, compression)).slice(1);
    const rest = await made(bytes.subarray(memberSize), compression);
    expectSame(joined(rest.map(({ bytes }) => bytes)), joined(whole.map(({ bytes }) => bytes)));
  });

  test("are never larger than the largest, however little there is to gain", async () => {
    for (const { bytes } of await made(first(2 * memberSize), compression)) {
      expect(bytes.length).toBeLessThanOrEqual(largestMember);
    }
  });

  test("end with the failure of the read, after the members that were ready", async () => {
    const chunks = (async function* () {
      yield first(2 * memberSize + 1);
      throw new Error("the read broke");
    })();
    const ready: number[] = [];
    const reading = async () => {
      for await (const { raw } of members(chunks, compression, 4 * memberSize)) ready.push(raw.length);
    };
    await expect(reading()).rejects.toThrow("the read broke");
    expect(ready).toEqual([memberSize]);
  });

  test("let go of the source when no more are wanted", async () => {
    let closed = false;
    const chunks = (async function* () {
      try {
        for (;;) yield first(memberSize);
      } finally {
        closed = true;
      }
    })();
    for await (const _ of members(chunks, compression, 9 * memberSize)) break;
    expect(closed).toBe(true);
  });
});

test.each(["gzip", "zstd"] as const)(
  "members with %s are small where there is much to gain",
  async (name) => {
    const [only] = await made(new Uint8Array(memberSize), name);
    expect(only?.bytes.length).toBeLessThan(memberSize / 500);
  },
);

test.each(compressions)("%s makes nothing of a layer that should have bytes and has none", async (name) => {
  const nothing = (async function* () {})();
  const all: Member[] = [];
  for await (const member of members(nothing, name, 5)) all.push(member);
  expect(all).toEqual([]);
});
