import { gunzipSync, gzipSync, zstdCompressSync } from "node:zlib";
import { maxSending } from "../../../core/archive/part-writer.ts";
import { digestOf } from "../../../core/model/digest.ts";
import { partSize, type UntarWatch, untar } from "../../../core/steps/untar.ts";
import { bytesOf } from "../../fakes/image.ts";
import { breakConnection, interrupted } from "../../fakes/interruption.ts";
import { chunksOf, MemoryOutput, MemoryPacked } from "../../fakes/packed.ts";
import { end, header, member, tar, tarOf } from "../../fakes/tar.ts";

const MiB = 1024 * 1024;
const unhurried: UntarWatch = { timeLeft: () => Number.POSITIVE_INFINITY };
const small = tarOf({ "manifest.json": "[]", "layer.tar": bytesOf(100_000) });
/** A mebibyte of zeros as one gzip member: any number of them, one after the other, are a stream. */
const zeros = gzipSync(new Uint8Array(MiB));

/** An archive of one file of zeros, inflated to so many mebibytes and a little, that is nowhere as a whole. */
function zeroArchive(
  mebibytes: number,
  first: Uint8Array = header({ name: "layer.tar", size: mebibytes * MiB }),
) {
  const [start, rest] = [gzipSync(first), gzipSync(end)];
  const size = start.length + zeros.length * mebibytes + rest.length;
  return new MemoryPacked("gzip", {
    size,
    async *chunks() {
      yield start;
      for (let count = 0; count < mebibytes; count++) yield zeros;
      yield rest;
    },
  });
}

async function expectRefused(
  archive: MemoryPacked,
  message: RegExp,
  { watch = unhurried, limit = 2 ** 40 } = {},
) {
  const output = new MemoryOutput({ keep: false });
  await expect(untar(archive, output, watch, limit)).rejects.toMatchObject({
    name: "UnsupportedImage",
    side: "source",
    message: expect.stringMatching(message),
  });
  expect(output.state).toBe("aborted");
  expect(archive.open).toBe(0);
  return output;
}

describe("an archive is inflated", () => {
  test.each([
    ["gzip", gzipSync(small)],
    ["zstd", zstdCompressSync(small)],
  ] as const)("from %s, byte for byte", async (format, bytes) => {
    const output = new MemoryOutput();
    const archive = new MemoryPacked(format, bytes);
    expect(await untar(archive, output, unhurried)).toEqual({
      etag: '"of the test"',
      size: bytes.length,
      inflated: small.length,
    });
    expect([output.state, output.digest]).toEqual(["complete", digestOf(small)]);
    expect(archive.open).toBe(0);
  });

  test("in parts of one size and a last one, a few at a time", async () => {
    const whole = tarOf({ "layer.tar": Buffer.alloc(9 * partSize, bytesOf(MiB + 1)) });
    const output = new MemoryOutput();
    await untar(new MemoryPacked("zstd", zstdCompressSync(whole)), output, unhurried);
    expect(output.sizes).toEqual([...Array<number>(9).fill(partSize), 512 + 1024]);
    expect(output.digest).toBe(digestOf(whole));
    expect(output.peak).toBeLessThanOrEqual(maxSending);
  });

  test("without an empty part when its size is that of whole parts", async () => {
    const whole = tarOf({ "layer.tar": Buffer.alloc(partSize - 512 - 1024) });
    const output = new MemoryOutput();
    await untar(new MemoryPacked("gzip", gzipSync(whole)), output, unhurried);
    expect(output.sizes).toEqual([partSize]);
  });

  test.each([
    ["without the blocks at its end", small.subarray(0, -1024)],
    ["with more behind its end", Buffer.concat([small, bytesOf(5_000)])],
  ])("%s, as it is", async (_, bytes) => {
    const output = new MemoryOutput();
    await untar(new MemoryPacked("gzip", gzipSync(bytes)), output, unhurried);
    expect(output.digest).toBe(digestOf(bytes));
  });

  test("and tells how much of it has been read", async () => {
    const bytes = gzipSync(tarOf({ "layer.tar": bytesOf(200_000) }));
    const told: number[] = [];
    await untar(new MemoryPacked("gzip", bytes), new MemoryOutput(), {
      ...unhurried,
      read: (at) => told.push(at),
    });
    expect(told).toEqual([65_536, 131_072, 196_608, bytes.length]);
  });
});

describe("an archive is refused, and nothing of it left,", () => {
  test("when zeros without end follow its end", async () => {
    const archive = zeroArchive(100, Buffer.concat([member({ name: "a", data: "1" }), end]));
    await expectRefused(archive, /holds goes on for more than 67108864 bytes after the end of the archive$/);
  });

  test.each<[string, Uint8Array, RegExp]>([
    [
      "when it holds gzip again",
      gzipSync(small),
      /^what the gzip archive holds is no tar archive: .* with gzip$/,
    ],
    ["when it holds nothing", new Uint8Array(), /holds is no tar archive: it is empty$/],
    ["when it holds text", Buffer.from("SELECT 1;"), /no tar archive: it does not begin with a tar header$/],
    [
      "when a header is damaged",
      tar({ name: "a", data: "1" }, { name: "b", checksum: "wrong" }),
      /damaged: the header at byte 1024/,
    ],
    ["when a file is sparse", tar({ name: "a", type: "S" }), /entry 'a' at byte 0 is a sparse file/],
    [
      "when its tar is cut in a file",
      small.subarray(0, -5_000),
      /cut short: entry 'layer.tar' at byte 1024 says it has 100000/,
    ],
    [
      "when its tar is cut in a header",
      small.subarray(0, 1_200),
      /its last header, at byte 1024, has only 176 bytes/,
    ],
    [
      "when its tar is cut in a long name",
      member({ name: "x", type: "L", data: "n".repeat(600) }).subarray(0, 900),
      /cut short: entry 'x'/,
    ],
  ])("%s", async (_, bytes, message) => {
    await expectRefused(new MemoryPacked("gzip", gzipSync(bytes)), message);
  });

  test.each<[string, Uint8Array, RegExp]>([
    ["is cut short", gzipSync(small).subarray(0, -1), /^the gzip archive is cut short after \d+ bytes$/],
    ["is damaged", gzipSync(small).fill(0xff, 500, 600), /^the gzip archive is damaged at about byte \d+/],
    ["is no gzip", gunzipSync(gzipSync(small)), /^the gzip archive is damaged at about byte 0/],
  ])("when what it is compressed in %s", async (_, bytes, message) => {
    await expectRefused(new MemoryPacked("gzip", bytes), message);
  });

  test("when 10 GiB of zeros are said to follow, before any of them are inflated", async () => {
    const archive = zeroArchive(10 * 1024);
    const output = await expectRefused(
      archive,
      /^the archive is too large: with entry 'layer.tar', of 10737418240 bytes, .* more than 1048576 bytes$/,
      { limit: MiB },
    );
    expect(output.sizes).toEqual([]);
    expect(archive.read).toBeLessThan(1_000_000);
  });

  test("when 10 GiB of zeros follow its end, at the limit", async () => {
    const archive = zeroArchive(10 * 1024, tarOf({}));
    const output = await expectRefused(
      archive,
      /^the archive is too large: it inflates to more than 67108864 bytes$/,
      { limit: 64 * MiB },
    );
    expect(output.sizes.length).toBeLessThanOrEqual(4);
  });

  test("when it has more entries than an image can have", async () => {
    const one = gzipSync(Buffer.concat(Array<Uint8Array>(1_000).fill(member({ name: "a" }))));
    const archive = new MemoryPacked("gzip", {
      size: one.length * 1_000,
      async *chunks() {
        for (let count = 0; count < 1_000; count++) yield one;
      },
    });
    await expectRefused(archive, /more than 100000 entries/);
    expect(archive.read).toBeLessThan(one.length * 200);
  });
});

test("an archive of the size of the limit is inflated", async () => {
  const output = new MemoryOutput();
  await untar(new MemoryPacked("gzip", gzipSync(small)), output, unhurried, small.length);
  expect(output.state).toBe("complete");
});

describe("a part that cannot be written", () => {
  test.each([1, 2, 6])("ends it, with what writing part %i threw", async (call) => {
    const output = new MemoryOutput({ keep: false });
    const archive = zeroArchive(500);
    const failing = interrupted(output, { operation: "write", call, when: "before" }, breakConnection);
    await expect(untar(archive, failing, unhurried)).rejects.toMatchObject({ name: "Unavailable" });
    expect([output.state, archive.open]).toEqual(["aborted", 0]);
    expect(output.sizes.length).toBeLessThanOrEqual(call + maxSending);
  });

  test("is what is thrown, even when it cannot be aborted either", async () => {
    const output = Object.assign(new MemoryOutput(), {
      write: () => Promise.reject(new Error("the first")),
      abort: () => Promise.reject(new Error("the second")),
    });
    await expect(untar(new MemoryPacked("gzip", gzipSync(small)), output, unhurried)).rejects.toThrow(
      "the first",
    );
  });

  test("may be all of it that is refused: completing", async () => {
    const output = new MemoryOutput();
    const failing = interrupted(output, { operation: "complete", call: 1, when: "before" }, breakConnection);
    await expect(untar(new MemoryPacked("gzip", gzipSync(small)), failing, unhurried)).rejects.toMatchObject({
      name: "Unavailable",
    });
    expect(output.state).toBe("aborted");
  });
});

test("a source that breaks ends it, with what it threw", async () => {
  const output = new MemoryOutput();
  const bytes = gzipSync(small);
  const archive = new MemoryPacked("gzip", {
    size: bytes.length,
    async *chunks() {
      yield* chunksOf(bytes.subarray(0, 1_000), 500);
      breakConnection();
    },
  });
  await expect(untar(archive, output, unhurried)).rejects.toMatchObject({ name: "Unavailable" });
  expect([output.state, archive.open]).toEqual(["aborted", 0]);
});

describe("in the time of a function, of fifteen minutes,", () => {
  /** A clock that goes on by so many milliseconds with each chunk of 64 KiB, of an archive of 100 chunks. */
  function pace(millis: (chunk: number) => number): { archive: MemoryPacked; watch: UntarWatch } {
    const bytes = gzipSync(tarOf({ "layer.tar": bytesOf(100 * 65_536) }));
    let left = 900_000;
    let chunk = 0;
    const archive = new MemoryPacked("gzip", {
      size: bytes.length,
      async *chunks() {
        for await (const each of chunksOf(bytes, 65_536)) {
          left -= millis(++chunk);
          yield each;
        }
      },
    });
    return { archive, watch: { timeLeft: () => left } };
  }

  test("what needs fourteen is inflated", async () => {
    const { archive, watch } = pace(() => 8_300);
    const output = new MemoryOutput();
    await untar(archive, output, watch);
    expect(output.state).toBe("complete");
  });

  test("what seems to need an hour is refused after twenty seconds, with the size that would do", async () => {
    const { archive, watch } = pace(() => 36_000);
    await expectRefused(
      archive,
      /^the archive is too large to be inflated in the time of one function: 0 of its 6 MiB took 36 s, and at that rate 1 MiB could be; put it into the bucket without compression, or give the untar function more memory$/,
      { watch },
    );
    expect(archive.read).toBe(65_536);
  });

  test("what seems slow at first is borne with for twenty seconds", async () => {
    const { archive, watch } = pace((chunk) => (chunk === 1 ? 20_000 : 5_000));
    const output = new MemoryOutput();
    await untar(archive, output, watch);
    expect(output.state).toBe("complete");
  });

  test("what may just not do goes on, and is refused a minute before the end", async () => {
    const { archive, watch } = pace(() => 12_000);
    await expectRefused(archive, /: 4 of its 6 MiB took 852 s, and at that rate 4 MiB could be;/, { watch });
    expect(watch.timeLeft()).toBe(48_000);
  });

  test("what has been read as a whole is inflated, however late it is", async () => {
    const { archive, watch } = pace((chunk) => (chunk > 100 ? 839_000 : 0));
    const output = new MemoryOutput();
    await untar(archive, output, watch);
    expect(output.state).toBe("complete");
  });
});
