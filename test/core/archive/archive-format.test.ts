import { gzipSync, zstdCompressSync } from "node:zlib";
import { type ArchiveFormat, archiveFormat } from "../../../core/archive/archive-format.ts";
import { header, tarOf } from "../../fakes/tar.ts";

const hex = (digits: string) => Buffer.from(digits.replaceAll(" ", ""), "hex");

test.each<[ArchiveFormat, string, Uint8Array]>([
  ["tar", "an archive", tarOf({ a: "b" })],
  ["tar", "an archive older than POSIX", header({ name: "a", dialect: "v7" })],
  ["tar", "an archive of nothing", new Uint8Array(10_240)],
  ["tar", "an archive of a file with another format's name", header({ name: "PK\x03\x04", dialect: "v7" })],
  ["gzip", "gzip", gzipSync("some text")],
  ["zstd", "zstd", zstdCompressSync("some text")],
  ["zstd", "zstd after a frame to skip", hex("5d 2a 4d 18 00 00 00 00")],
  ["xz", "xz", hex("fd 37 7a 58 5a 00 00 04")],
  ["bzip2", "bzip2", hex("42 5a 68 39 31 41 59 26 53 59")],
  ["bzip2", "bzip2 of nothing", hex("42 5a 68 39 17 72 45 38 50 90 00 00 00 00")],
  ["zip", "zip", hex("50 4b 03 04 14 00")],
  ["zip", "zip of nothing", hex("50 4b 05 06 00 00")],
  ["empty", "nothing", new Uint8Array()],
  ["other", "a page", Buffer.from("<!DOCTYPE html><html>")],
  ["other", "one byte", hex("1f")],
  ["other", "zeros shorter than a block", new Uint8Array(511)],
  ["other", "a header cut short", header({ name: "a" }).subarray(0, 511)],
  ["other", "a header with a wrong checksum", header({ name: "a", checksum: "wrong" })],
  ["other", "text that begins like bzip2", Buffer.from("BZh9 is how it begins")],
])("recognises %s in %s", (format, _, bytes) => {
  expect(archiveFormat(bytes)).toBe(format);
});
