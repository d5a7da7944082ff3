import { constants, gzipSync, zstdCompressSync } from "node:zlib";
import type { LocalAws } from "../../local/aws.ts";
import { ociFiles } from "../fakes/archive.ts";
import { bytesOf, imageOf } from "../fakes/image.ts";
import { base256, end, header, member, tar, tarOf } from "../fakes/tar.ts";
import { createBucket, createDestination, expectReplicated, putArchive, requestFrom } from "./bucket.ts";
import { execute } from "./execution.ts";
import { MiB } from "./layer.ts";
import { machines, startPipeline } from "./pipeline.ts";
import { tagsOf } from "./repository.ts";
import { operations } from "./traffic.ts";
import { WorkBucket } from "./work-bucket.ts";

const content = imageOf([4, 60], 95);
const files = ociFiles({ content });
/** Of bytes that no compression makes fewer, so that its middle is in the middle of the file. */
const archive = tarOf({ ...files, large: bytesOf(20 * MiB) });
const zeros = Buffer.alloc(20 * MiB);
const gzipped = gzipSync(archive, { level: 1 });
const zstd = zstdCompressSync(archive, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
let aws: LocalAws;
let work: WorkBucket;
let own: WorkBucket;

beforeAll(async () => {
  // A function stops when less than a minute is left; that of the other state machine is late from the beginning.
  aws = await startPipeline({ timeouts: { "OwnRoles-ImageReplicatorUntar": 60_001 } });
  await createBucket(aws);
  work = await WorkBucket.of(aws);
  own = await WorkBucket.of(aws, "OwnRoles");
});
afterAll(() => aws.stop());

function damaged(bytes: Uint8Array): Uint8Array {
  const half = Math.floor(bytes.length / 2);
  return Buffer.from(bytes).fill(0x55, half, half + 1000);
}

/** A member of zeros, compressed without ever being whole. */
function bomb(mebibytes: number): Uint8Array {
  const size = mebibytes * MiB;
  const some = gzipSync(zeros);
  const data = Array.from({ length: size / zeros.length }, () => some);
  return Buffer.concat([gzipSync(header({ name: "bomb", size })), ...data, gzipSync(end)]);
}

/** Copies an archive that must be refused: what is said of it. Nothing is called at the destination, tagged, or left. */
async function refused(bytes: Uint8Array, machine = machines.ReplicateImage, bucket = work) {
  const [to, before] = [await createDestination(aws), await bucket.keys()];
  const request = requestFrom(await putArchive(aws, bytes), to);
  const { status, error, cause, retries } = await execute(aws, request, machine);
  expect({ status, retries, side: cause?.side }).toEqual({ status: "FAILED", retries: 0, side: "source" });
  expect([operations(to), await tagsOf(to)]).toEqual([[], []]);
  expect([await bucket.keys(), bucket.unfinished()]).toEqual([before, 0]);
  return { error, message: cause?.message };
}

describe("an archive that cannot be inflated", () => {
  test.each<[string, () => Uint8Array, RegExp]>([
    ["gzip, cut short", () => gzipped.subarray(0, -9), /^the gzip archive is cut short after \d+ bytes$/],
    ["zstd, cut short", () => zstd.subarray(0, -9), /^the zstd archive is cut short after \d+ bytes$/],
    [
      "gzip, cut short at once",
      () => gzipped.subarray(0, 12),
      /^the gzip archive is cut short after 12 bytes$/,
    ],
    ["gzip, damaged", () => damaged(gzipped), /^the gzip archive is damaged at about byte \d+: /],
    ["zstd, damaged", () => damaged(zstd), /^the zstd archive is damaged at about byte \d+: /],
    [
      "gzip, followed by something",
      () => Buffer.concat([gzipSync(tarOf(files)), Buffer.from("and more")]),
      /^the gzip archive is damaged at about byte \d+: /,
    ],
    ["gzip of nothing", () => gzipSync(""), /what the gzip archive holds is no tar archive/],
    [
      "gzip of no tar",
      () => gzipSync("SELECT 1;\n".repeat(1000)),
      /what the gzip archive holds is no tar archive/,
    ],
    [
      "zstd of a gzip archive",
      () => zstdCompressSync(gzipped),
      /what the zstd archive holds is no tar archive/,
    ],
    [
      "gzip of a tar that is cut short",
      () => gzipSync(archive.subarray(0, -100_000)),
      /cut short: entry 'large' at byte \d+ says it has 20971520 bytes, and \d+ follow$/,
    ],
    [
      "gzip of a header with a wrong checksum",
      () => gzipSync(tar({ name: "a", data: "a" }, { name: "b", checksum: "wrong" })),
      /the header at byte 1024 has a wrong checksum/,
    ],
    [
      "gzip of more entries than are read",
      () => {
        const one = member({ name: "a" });
        return gzipSync(Buffer.alloc(100_001 * one.length, one), { level: 1 });
      },
      /has more than 100000 entries/,
    ],
    [
      "gzip of more than can be kept",
      () => gzipSync(Buffer.concat([header({ name: "huge", size: base256(200n * 10n ** 9n) }), zeros])),
      /too large: with entry 'huge', of 200000000000 bytes, it inflates to more than 167772160000 bytes/,
    ],
  ])("since it is %s says so", async (_, make, message) => {
    expect(await refused(make())).toEqual({
      error: "UnsupportedImage",
      message: expect.stringMatching(message),
    });
  });

  test("in the time of one function says so, and what could be", async () => {
    expect(await refused(gzipped, machines.OwnRoles, own)).toEqual({
      error: "UnsupportedImage",
      message: expect.stringMatching(
        /^the archive is too large to be inflated in the time of one function: \d+ of its 2\d MiB took \d+ s, .* put it into the bucket without compression, or give the untar function more memory$/,
      ),
    });
  });
});

test("an archive that inflates to a thousand times its size needs no more memory for it", async () => {
  const bytes = bomb(300);
  expect(bytes.length).toBeLessThan(0.4 * MiB);
  const to = await createDestination(aws);
  const { error, cause } = await execute(aws, requestFrom(await putArchive(aws, bytes), to));
  expect({ error, message: cause?.message }).toEqual({
    error: "UnsupportedImage",
    message: expect.stringMatching(/holds no image/),
  });
  expect(operations(to)).toEqual([]);
  const untar = aws.functions().find(({ name }) => name.startsWith("EcrReplicator-ImageReplicatorUntar"));
  expect(untar?.peakKiB).toBeLessThan(300 * 1024);
});

test("a layer that was damaged where its archive has no checksum is found all the same, and nothing is tagged", async () => {
  const image = imageOf([7, 2 * MiB], 96);
  const to = await createDestination(aws);
  const bytes = damaged(zstdCompressSync(tarOf(ociFiles({ content: image }))));
  const { error, cause } = await execute(aws, requestFrom(await putArchive(aws, bytes), to));
  const [layer] = [...image.blobs.keys()].slice(-1);
  expect({ error, message: cause?.message }).toEqual({
    error: "DigestMismatch",
    message: expect.stringContaining(layer ?? ""),
  });
  expect(await tagsOf(to)).toEqual([]);
});

test("an archive behind which zeros follow, as tapes have them, is read", async () => {
  const to = await createDestination(aws);
  const padded = Buffer.concat([gzipSync(tarOf(files)), Buffer.alloc(10_240)]);
  await expectReplicated(requestFrom(await putArchive(aws, padded), to), to, content);
});
