import { constants, createZstdCompress, gzipSync, zstdCompressSync } from "node:zlib";
import { inflate } from "../../../core/archive/inflate.ts";
import { bytesOf } from "../../fakes/image.ts";
import { chunksOf, collected } from "../../fakes/packed.ts";

const zeros = (length: number) => Buffer.alloc(length);
const raw = Buffer.concat([bytesOf(1_000), zeros(100_000)]);
const [gzip, zstd] = [gzipSync(raw), zstdCompressSync(raw)];
/** A frame of four bytes that mean nothing (RFC 8878, section 3.1.2). */
const skippable = Buffer.from("502a4d1804000000deadbeef", "hex");
const cut = (bytes: Uint8Array, end: number) => Buffer.from(bytes.subarray(0, end));

type Format = "gzip" | "zstd";
const chunkSizes = [1, 333, 10_000_000];
const inflated = (format: Format, bytes: Uint8Array, chunk: number) =>
  collected(inflate(format, chunksOf(bytes, chunk)));

function changed(bytes: Uint8Array, at: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 0xff;
  return copy;
}

const refusal = (message: RegExp) => ({
  name: "UnsupportedImage",
  side: "source",
  message: expect.stringMatching(message),
});

describe.each<[string, Format, Uint8Array, number]>([
  ["one gzip member", "gzip", gzip, 1],
  ["two gzip members", "gzip", Buffer.concat([gzip, gzip]), 2],
  ["a gzip member that is padded with zeros", "gzip", Buffer.concat([gzip, zeros(1_000)]), 1],
  ["a gzip member of nothing", "gzip", gzipSync(""), 0],
  ["one zstd frame", "zstd", zstd, 1],
  ["three zstd frames", "zstd", Buffer.concat([zstd, zstd, zstd]), 3],
  ["a zstd frame between skippable ones", "zstd", Buffer.concat([skippable, zstd, skippable]), 1],
  ["zstd frames with skippable ones between", "zstd", Buffer.concat([zstd, skippable, skippable, zstd]), 2],
  ["a zstd frame of nothing", "zstd", zstdCompressSync(""), 0],
])("%s", (_, format, bytes, times) => {
  const whole = Buffer.concat(Array<Uint8Array>(times).fill(raw));

  test.each(chunkSizes)("is inflated to the last byte, from chunks of %i bytes", async (chunk) => {
    expect((await inflated(format, bytes, chunk)).equals(whole)).toBe(true);
  });
});

describe("what is cut short", () => {
  test.each<[string, Format, Uint8Array]>([
    ["before its first byte", "gzip", zeros(0)],
    ["in its header", "gzip", cut(gzip, 5)],
    ["in its data", "gzip", cut(gzip, 500)],
    ["in its checksum", "gzip", cut(gzip, -5)],
    ["in its length", "gzip", cut(gzip, -1)],
    ["after one byte of a second member", "gzip", Buffer.concat([gzip, cut(gzip, 1)])],
    ["in a second member", "gzip", Buffer.concat([gzip, cut(gzip, -1)])],
    ["before its first byte", "zstd", zeros(0)],
    ["in its header", "zstd", cut(zstd, 5)],
    ["in its data", "zstd", cut(zstd, 500)],
    ["at its last byte", "zstd", cut(zstd, -1)],
    ["in a second frame", "zstd", Buffer.concat([zstd, cut(zstd, -1)])],
    ["in a skippable frame", "zstd", Buffer.concat([zstd, cut(skippable, -1)])],
  ])("%s, in %s, says after how many bytes", async (_, format, bytes) => {
    for (const chunk of chunkSizes) {
      await expect(inflated(format, bytes, chunk)).rejects.toMatchObject(
        refusal(new RegExp(`^the ${format} archive is cut short after ${bytes.length} bytes$`)),
      );
    }
  });
});

describe("what is damaged", () => {
  test.each<[string, Format, Uint8Array]>([
    ["in its header", "gzip", changed(gzip, 2)],
    ["in its data", "gzip", changed(gzip, 500)],
    ["in its checksum", "gzip", changed(gzip, gzip.length - 8)],
    ["in its length", "gzip", changed(gzip, gzip.length - 1)],
    ["in its header", "zstd", changed(zstd, 1)],
    ["in a block's header", "zstd", Buffer.concat([cut(zstd, 9), zeros(3).fill(0xff), zstd.subarray(12)])],
  ])("%s, in %s, is refused", async (_, format, bytes) => {
    for (const chunk of chunkSizes) {
      await expect(inflated(format, bytes, chunk)).rejects.toMatchObject(
        refusal(new RegExp(`^the ${format} archive is damaged at about byte \\d+: `)),
      );
    }
  });

  test("says where, to a chunk", async () => {
    const long = gzipSync(Buffer.from(bytesOf(100_000)).toString("hex"));
    const damaged = Buffer.concat([cut(long, 50_000), zeros(1_000).fill(0xff), long.subarray(51_000)]);
    const error: Error = await inflated("gzip", damaged, 1_000).catch((reason) => reason);
    const at = Number(/about byte (\d+)/.exec(error.message)?.[1]);
    expect(at).toBeGreaterThanOrEqual(49_000);
    expect(at).toBeLessThanOrEqual(60_000);
  });

  test.each<[string, Format, Uint8Array]>([
    ["text", "gzip", Buffer.concat([gzip, Buffer.from("and more")])],
    ["zeros and text", "gzip", Buffer.concat([gzip, zeros(600), Buffer.from("and more")])],
    ["zeros and a member", "gzip", Buffer.concat([gzip, zeros(600), gzip])],
    ["what begins like a member", "gzip", Buffer.concat([gzip, Buffer.from([0x1f, 0x8b, 0xff]), zeros(20)])],
    ["text", "zstd", Buffer.concat([zstd, Buffer.from("and more")])],
    ["zeros", "zstd", Buffer.concat([zstd, zeros(600)])],
  ])("is also what is followed by %s, in %s", async (_, format, bytes) => {
    for (const chunk of chunkSizes) {
      await expect(inflated(format, bytes, chunk)).rejects.toMatchObject(
        refusal(/damaged at about byte \d+/),
      );
    }
  });
});

test("a zstd window of more than 128 MiB is refused, whatever is in it", async () => {
  const compress = createZstdCompress({ params: { [constants.ZSTD_c_windowLog]: 28 } });
  compress.end(zeros(1_000));
  await expect(collected(inflate("zstd", compress))).rejects.toMatchObject(
    refusal(/needs a window of more than 128 MiB; .* --long=27/),
  );
});

test("what is left in the middle lets go of where it comes from", async () => {
  let left = false;
  async function* endless() {
    try {
      for (;;) yield gzip;
    } finally {
      left = true;
    }
  }
  for await (const chunk of inflate("gzip", endless())) {
    expect(chunk.length).toBeGreaterThan(0);
    break;
  }
  expect(left).toBe(true);
});

test("what reading throws is thrown", async () => {
  const broken = new Error("broken");
  async function* breaking() {
    yield cut(gzip, 1_000);
    throw broken;
  }
  await expect(collected(inflate("gzip", breaking()))).rejects.toBe(broken);
});
