import { ForwardReader } from "../../../core/archive/forward-reader.ts";
import {
  maxExtension,
  maxHeaders,
  readTarEntries,
  type TarEntry,
  walkTar,
} from "../../../core/archive/tar-entries.ts";
import { chunksOf } from "../../fakes/packed.ts";
import {
  base256,
  CountedArchive,
  end,
  gnuLong,
  header,
  member,
  pax,
  type TarMember,
  tar,
} from "../../fakes/tar.ts";

const long = `${"d".repeat(90)}/${"é".repeat(100)}/file`;

/** What is found by ranges, which must be what is found as the archive goes by. */
async function entriesOf(archive: Uint8Array): Promise<TarEntry[]> {
  const ranged = readTarEntries(new CountedArchive(archive));
  const forward = walkTar(new ForwardReader(chunksOf(archive, 1_000)));
  const [found, same] = await Promise.allSettled([listed(ranged), listed(forward)]);
  expect(same).toEqual(found);
  if (found.status === "rejected") throw found.reason;
  return found.value;
}

async function listed(entries: AsyncIterable<TarEntry>): Promise<TarEntry[]> {
  const list: TarEntry[] = [];
  for await (const entry of entries) list.push(entry);
  return list;
}

const read = (...members: (TarMember | Uint8Array)[]) => entriesOf(tar(...members));

const refusal = (message: RegExp) =>
  expect.objectContaining({
    name: "UnsupportedImage",
    side: "source",
    operation: "ReadArchive",
    message: expect.stringMatching(message),
  });

describe("readTarEntries", () => {
  test("finds files where they lie", async () => {
    const archive = tar({ name: "a", data: "one" }, { name: "b", data: "" }, { name: "c", data: "three" });
    const entries = await entriesOf(archive);
    expect(entries.map(({ name, kind, place }) => [name, kind, place])).toEqual([
      ["a", "file", { offset: 512, size: 3 }],
      ["b", "file", { offset: 1536, size: 0 }],
      ["c", "file", { offset: 2048, size: 5 }],
    ]);
  });

  test.each([0, 1, 511, 512, 513, 1024, 4095, 4096, 4097])("goes on after %d bytes of data", async (size) => {
    const entries = await read({ name: "a", data: new Uint8Array(size).fill(7) }, { name: "b", data: "b" });
    expect(entries.map((entry) => entry.place.size)).toEqual([size, 1]);
  });

  test.each(["0", "\0", "7"])("takes the type %j for a file", async (type) => {
    expect(await read({ name: "a", type, data: "x" })).toMatchObject([{ kind: "file" }]);
  });

  test.each(["3", "4", "5", "6", "V"])("ignores what is of the type %s", async (type) => {
    expect(await read({ name: "a", type }, { name: "b" })).toMatchObject([{ name: "b" }]);
  });

  test("ignores a directory as archives before POSIX have it", async () => {
    expect(await read({ name: "a/", type: "\0", dialect: "v7" }, { name: "b" })).toMatchObject([
      { name: "b" },
    ]);
  });

  test("takes links to have no data, whatever their size says", async () => {
    const entries = await read(
      { name: "soft", type: "2", linkName: "a", size: 512 },
      { name: "hard", type: "1", linkName: "a", size: 512 },
      { name: "a", data: "x" },
    );
    expect(entries).toMatchObject([
      { kind: "symlink", name: "soft", linkName: "a" },
      { kind: "hardLink", name: "hard", linkName: "a" },
      { kind: "file", name: "a", linkName: "" },
    ]);
  });

  test("reads long names of PAX, whose lengths count bytes", async () => {
    const entries = await read(
      pax({ path: long, linkpath: long, "SCHILY.xattr.user.a": "b=c\nd" }),
      { name: "x", type: "2", linkName: "y" },
      { name: "after" },
    );
    expect(entries).toMatchObject([{ name: long, linkName: long }, { name: "after" }]);
  });

  test("reads long names of GNU", async () => {
    const entries = await read(
      gnuLong("K", `${long}2`),
      gnuLong("L", long),
      { name: "x", type: "2", linkName: "y", dialect: "gnu" },
      { name: "after" },
    );
    expect(entries).toMatchObject([{ name: long, linkName: `${long}2` }, { name: "after" }]);
  });

  test("reads a name of many blocks", async () => {
    const name = "n".repeat(9_000);
    expect(await read(gnuLong("L", name), { name: "x", data: "y" })).toMatchObject([
      { name, place: { size: 1 } },
    ]);
    expect(await read(pax({ path: name }), { name: "x", data: "y" })).toMatchObject([
      { name, place: { size: 1 } },
    ]);
  });

  test("takes a size of PAX before the header's", async () => {
    const entries = await read(
      pax({ size: "600" }),
      { name: "a", size: 0, data: "x".repeat(600) },
      { name: "b" },
    );
    expect(entries).toMatchObject([{ name: "a", place: { offset: 1536, size: 600 } }, { name: "b" }]);
  });

  test("takes global records for every entry, unless its own say otherwise or take them back", async () => {
    const entries = await read(
      pax({ path: "all", comment: "of a commit" }, "g"),
      { name: "a" },
      pax({ path: "own" }),
      { name: "b" },
      pax({ path: "" }),
      { name: "c" },
      { name: "d" },
    );
    expect(entries.map(({ name }) => name)).toEqual(["all", "own", "c", "all"]);
  });

  test("joins what several extended headers say about one entry", async () => {
    expect(
      await read(pax({ path: "p" }), pax({ size: "1" }), { name: "a", size: 0, data: "x" }),
    ).toMatchObject([{ name: "p", place: { size: 1 } }]);
  });

  test.each([
    ["one zero block", (archive: Uint8Array) => archive.subarray(0, -512)],
    ["no zero block", (archive: Uint8Array) => archive.subarray(0, -1024)],
    ["no padding after its last file", (archive: Uint8Array) => archive.subarray(0, -1024 - 511)],
    ["less than one zero block", (archive: Uint8Array) => archive.subarray(0, -1000)],
    ["anything after its end", (archive: Uint8Array) => Buffer.concat([archive, Buffer.from("junk")])],
  ])("reads an archive with %s", async (_, cut) => {
    expect(await entriesOf(cut(tar({ name: "a" }, { name: "b", data: "x" })))).toHaveLength(2);
  });

  test("finds nothing in an archive of nothing", async () => {
    expect(await entriesOf(end)).toEqual([]);
  });

  test("refuses an archive cut short in a file's data, naming the file", async () => {
    const archive = tar({ name: "a" }, { name: "b", data: "x".repeat(600) }).subarray(0, 1024 + 599);
    await expect(entriesOf(archive)).rejects.toEqual(
      refusal(/^the archive is cut short: entry 'b' at byte 512 says it has 600 bytes, and 599 follow$/),
    );
  });

  test("refuses an archive cut short in a header", async () => {
    await expect(entriesOf(tar({ name: "a" }, { name: "b" }).subarray(0, 612))).rejects.toEqual(
      refusal(/cut short: its last header, at byte 512, has only 100 bytes/),
    );
  });

  test.each([2 ** 40, 2 ** 53 - 1])("refuses a file of %d bytes that are not there", async (size) => {
    await expect(entriesOf(member({ name: "a", size: base256(BigInt(size)) }))).rejects.toEqual(
      refusal(/entry 'a' at byte 0 says it has \d+ bytes, and 0 follow/),
    );
  });

  test("refuses what stands where a header should", async () => {
    const archive = Buffer.concat([member({ name: "a" }), Buffer.alloc(512, "x"), end]);
    await expect(entriesOf(archive)).rejects.toEqual(refusal(/damaged: the header at byte 512/));
  });

  test.each([
    ["it is empty", new Uint8Array()],
    ["it is compressed with gzip", Buffer.from([0x1f, 0x8b, 8, 0])],
    ["it is a zip file", Buffer.from("PK\x03\x04")],
    ["it does not begin with a tar header", Buffer.from("<!DOCTYPE html>")],
    ["it does not begin with a tar header", Buffer.alloc(600, "x")],
  ])("says of what is no archive that %s", async (what, bytes) => {
    await expect(entriesOf(bytes)).rejects.toEqual(
      refusal(new RegExp(`^the object is no tar archive: ${what}$`)),
    );
  });

  test.each([
    ["S", "a sparse file"],
    ["M", "the rest of a file from another volume"],
    ["D", "a directory of an incremental archive"],
    ["Q", "of the type 'Q', which is not known"],
    ["\n", "of the type '\ufffd', which is not known"],
  ])("refuses an entry of the type %j, naming it", async (type, what) => {
    await expect(read({ name: "a" }, { name: "odd", type })).rejects.toEqual(
      refusal(new RegExp(`^entry 'odd' at byte 512 is ${what}`)),
    );
  });

  test("refuses a sparse file of PAX, naming its header", async () => {
    const archive = read(pax({ "GNU.sparse.major": "1", "GNU.sparse.name": "real" }), { name: "a" });
    await expect(archive).rejects.toEqual(
      refusal(/^entry 'PaxHeaders\/0' at byte 0 begins a sparse file, which is not read/),
    );
  });

  test.each(["-1", "1.5", "0x10", "9007199254740992", "99999999999999999999", "12 "])(
    "refuses the size %j in PAX",
    async (size) => {
      await expect(read(pax({ size }), { name: "a" })).rejects.toEqual(
        refusal(/^entry 'a' at byte 1024 has the size/),
      );
    },
  );

  test.each([
    ["no length", "path=a\n"],
    ["a length of nothing", "0 path=a\n"],
    ["a length beyond the header", "99 path=a\n"],
    ["a length short of the line", "8 path=a\n"],
    ["a length past all numbers", "999999999999 path=a\n"],
    ["no keyword", "6 =ab\n"],
    ["no equals sign", "8 pathx\n"],
    ["no line's end", "9 path=ab"],
    ["a NUL after the last", "9 path=a\n\0\0"],
  ])("refuses a record with %s", async (_, data) => {
    await expect(read({ name: "p", type: "x", data }, { name: "a" })).rejects.toEqual(
      refusal(/^entry 'p' at byte 0 has a malformed record after \d bytes/),
    );
  });

  test.each(["x", "g", "L", "K"])(
    "refuses an extension of type %s that is too long to hold",
    async (type) => {
      const data = new Uint8Array(maxExtension + 1).fill(0x61);
      await expect(read({ name: "ext", type, data }, { name: "a" })).rejects.toEqual(
        refusal(/^entry 'ext' at byte 0 holds 1048577 bytes about the entry after it, and at most 1048576/),
      );
    },
  );

  test("refuses names that together are too long to hold", async () => {
    const name = gnuLong("L", "n".repeat(maxExtension - 1));
    const members = Array.from({ length: 17 }, () => [name, { name: "a" }]).flat();
    await expect(read(...members)).rejects.toEqual(refusal(/more than 33554432 bytes of names/));
  });

  test("reads as many entries as it says, and refuses one more", async () => {
    const most = Buffer.alloc(maxHeaders * 512, header({ name: "a" }));
    expect(await entriesOf(most)).toHaveLength(maxHeaders);
    const archive = Buffer.concat([most, header({ name: "b" })]);
    await expect(entriesOf(archive)).rejects.toEqual(refusal(/more than 100000 entries/));
  });

  test("shows names from the archive on one line, and cut", async () => {
    const name = `\u001b[2J${"n".repeat(300)}`;
    await expect(read(pax({ path: name }), { name: "a", size: 10 ** 9 })).rejects.toEqual(
      refusal(/entry '\ufffd\[2Jn{196}…' at/),
    );
  });
});
