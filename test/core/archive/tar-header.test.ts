import { isTarHeader, isZeroBlock, parseTarHeader } from "../../../core/archive/tar-header.ts";
import { base256, header, type TarMember } from "../../fakes/tar.ts";

const parse = (shape: TarMember) => parseTarHeader(header(shape), 1024);

describe("parseTarHeader", () => {
  test.each(["ustar", "gnu", "v7"] as const)("reads name, size, type and link of %s", (dialect) => {
    expect(parse({ name: "a/b", size: 1234, type: "2", linkName: "../c", dialect })).toEqual({
      name: "a/b",
      size: 1234,
      type: "2",
      linkName: "../c",
    });
  });

  test("reads names that fill their fields and so have no NUL", () => {
    const [name, linkName, prefix] = ["n".repeat(100), "l".repeat(100), "p".repeat(155)];
    expect(parse({ name, linkName, prefix, type: "1" })).toMatchObject({
      name: `${prefix}/${name}`,
      linkName,
    });
  });

  test("reads names in UTF-8, by bytes", () => {
    expect(parse({ name: "schön/😀.json" }).name).toBe("schön/😀.json");
  });

  test("has no prefix where GNU keeps times", () => {
    expect(parse({ name: "a", prefix: "01234567", dialect: "gnu" }).name).toBe("a");
  });

  test("stops the prefix where star keeps times", () => {
    const block = Buffer.from(header({ name: "a", prefix: `${"p".repeat(131)}12345678901\x00` }));
    block.write("tar\0", 508);
    block.write("        ", 148);
    const sum = block.reduce((total, byte) => total + byte, 0);
    block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
    expect(parseTarHeader(block, 0).name).toBe(`${"p".repeat(131)}/a`);
  });

  test.each([
    ["zeros before and a NUL after", "00000000012\0", 10],
    ["spaces before", "         12\0", 10],
    ["spaces after", "12         \0", 10],
    ["all twelve digits", "777777777777", 8 ** 12 - 1],
    ["nothing", "\0\0\0\0\0\0\0\0\0\0\0\0", 0],
    ["something left over after the NUL", "00000000012\x007", 10],
  ])("reads an octal size with %s", (_, field, expected) => {
    expect(parse({ name: "a", size: Buffer.from(field.slice(0, 12)) }).size).toBe(expected);
  });

  test.each([0n, 1n, 8n ** 11n, 8n ** 12n, 2n ** 53n - 1n])("reads %d in base-256", (size) => {
    expect(parse({ name: "a", size: base256(size) }).size).toBe(Number(size));
  });

  test.each([
    ["over 2^53", base256(2n ** 53n)],
    ["as large as the field", base256(2n ** 95n - 1n)],
    ["negative", base256(-1n)],
    ["not octal", Buffer.from("00000000018\0")],
    ["not a number", Buffer.from("-0000000001\0")],
    ["octal with a hole", Buffer.from("00 00000001\0")],
  ])("refuses a size that is %s, naming entry and offset", (_, size) => {
    expect(() => parse({ name: "big", size })).toThrow(
      expect.objectContaining({
        name: "UnsupportedImage",
        side: "source",
        operation: "ReadArchive",
        message: expect.stringMatching(
          /^entry 'big' at byte 1024 has the size .*; expected a size from 0 to/,
        ),
      }),
    );
  });

  test.each(["unsigned", "signed"] as const)("takes a checksum of %s characters", (checksum) => {
    expect(parse({ name: "schön", checksum }).name).toBe("schön");
  });

  test("refuses a wrong checksum", () => {
    expect(() => parse({ name: "a", checksum: "wrong" })).toThrow(/header at byte 1024 has a wrong checksum/);
  });

  test("refuses a header of which any one byte has changed", () => {
    const good = header({ name: "a", size: 5 });
    for (let position = 0; position < 512; position++) {
      const bad = Buffer.from(good);
      bad[position] = (bad[position] ?? 0) ^ 0x02;
      const harmless = position === 154 || position === 155; // The padding of the checksum itself.
      if (!harmless) expect([position, isTarHeader(bad)]).toEqual([position, false]);
    }
  });

  test("reads a block in the middle of a larger buffer", () => {
    const block = Buffer.concat([Buffer.alloc(512, 1), header({ name: "inside" }), Buffer.alloc(512, 1)]);
    expect(parseTarHeader(block.subarray(512, 1024), 512).name).toBe("inside");
  });
});

test("a block is a zero block when no byte is set", () => {
  const block = new Uint8Array(512);
  expect(isZeroBlock(block)).toBe(true);
  expect(isTarHeader(block)).toBe(false);
  block[511] = 1;
  expect(isZeroBlock(block)).toBe(false);
});

test.each([0, 1, 511, 513])("%d bytes are no header", (length) => {
  expect(isTarHeader(Buffer.concat([header({ name: "a" }), new Uint8Array(1)]).subarray(0, length))).toBe(
    false,
  );
});
