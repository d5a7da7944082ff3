import { maxLinks, maxTarget } from "../../../core/archive/archive-index.ts";
import { indexTar } from "../../../core/archive/tar-index.ts";
import { CountedArchive, pax, type TarMember, tar } from "../../fakes/tar.ts";

const file = (name: string, data = name): TarMember => ({ name, data });
const symlink = (name: string, linkName: string): TarMember => ({ name, linkName, type: "2" });
const hardLink = (name: string, linkName: string): TarMember => ({ name, linkName, type: "1" });

/** Finds what an archive has under a path, as text. */
async function finder(...members: (TarMember | Uint8Array)[]): Promise<(path: string) => string | undefined> {
  const archive = tar(...members);
  const index = await indexTar(new CountedArchive(archive));
  return (path) => {
    const place = index.find(path);
    return place && Buffer.from(archive).toString("utf8", place.offset, place.offset + place.size);
  };
}

describe("ArchiveIndex", () => {
  test.each(["a/b", "./a/b", "././a//b", "a/./b", "a/b/"])(
    "finds %s under each way to write it",
    async (name) => {
      const find = await finder(file(name, "content"));
      for (const path of ["a/b", "./a/b", "a//b"]) expect(find(path)).toBe("content");
    },
  );

  test("finds nothing under another name, nor under a directory's", async () => {
    const find = await finder({ name: "a/", type: "5" }, file("a/b"));
    expect([find("c"), find("a"), find(""), find("."), find("A/B")]).toEqual(Array(5).fill(undefined));
  });

  test.each(["constructor", "__proto__", "toString"])("finds %s only when it is there", async (name) => {
    expect((await finder())(name)).toBeUndefined();
    expect((await finder(file(name, "x")))(name)).toBe("x");
  });

  test("takes the last of several entries with one name", async () => {
    const find = await finder(file("a", "old"), file("./a", "new"), file("b"), symlink("b", "a"));
    expect([find("a"), find("b")]).toEqual(["new", "new"]);
  });

  test("lists names once, cleaned", async () => {
    const archive = tar(file("./b"), file("a"), file("b"), symlink("c", "nowhere"), file("../d"));
    const index = await indexTar(new CountedArchive(archive));
    expect([[...index.names()], index.size]).toEqual([["b", "a", "c"], 3]);
  });

  test("follows a symlink from its own folder, to what comes before or after", async () => {
    const find = await finder(
      file("x/layer.tar", "layer"),
      symlink("y/layer.tar", "../x/layer.tar"),
      symlink("z/layer.tar", "./../z/.//later"),
      file("z/later", "later"),
    );
    expect([find("y/layer.tar"), find("z/layer.tar")]).toEqual(["layer", "later"]);
  });

  test("follows a hard link from the archive's root", async () => {
    const find = await finder(file("x/a", "one"), hardLink("y/b", "x/a"), hardLink("y/c", "./x/a"));
    expect([find("y/b"), find("y/c")]).toEqual(["one", "one"]);
  });

  test("takes a hard link for what its target was when the link was made", async () => {
    const find = await finder(file("a", "old"), hardLink("b", "a"), file("a", "new"));
    expect([find("a"), find("b")]).toEqual(["new", "old"]);
  });

  test("takes a hard link to a symlink for the same symlink in another folder", async () => {
    const find = await finder(
      symlink("x/a", "c"),
      hardLink("y/b", "x/a"),
      file("x/c", "x"),
      file("y/c", "y"),
    );
    expect([find("x/a"), find("y/b")]).toEqual(["x", "y"]);
  });

  test("follows a hard link to what comes later", async () => {
    expect((await finder(hardLink("b", "a"), file("a", "later")))("b")).toBe("later");
  });

  test("follows links over links, up to a limit", async () => {
    const chain = (length: number) =>
      Array.from({ length }, (_, position) => symlink(`l${position}`, `l${position + 1}`));
    const find = await finder(...chain(maxLinks), file(`l${maxLinks}`, "end"));
    expect(find("l0")).toBe("end");
    const further = await finder(...chain(maxLinks + 1), file(`l${maxLinks + 1}`, "end"));
    expect(() => further("l0")).toThrow(/the link 'l0' leads over more than 8 other links, or to itself/);
    expect(further("l1")).toBe("end");
  });

  test.each([
    ["in a circle", [symlink("a", "b"), symlink("b", "a")], /over more than 8 other links, or to itself/],
    ["to itself", [hardLink("a", "a")], /or to itself/],
    ["nowhere", [symlink("a", "gone")], /the link 'a' leads to 'gone', which the archive does not have/],
    ["to a directory", [{ name: "d", type: "5" }, symlink("a", "d")], /leads to 'd', which/],
    ["to the archive's root", [symlink("a", ".")], /leads to '', which/],
    ["to an absolute path", [symlink("a", "/etc/passwd")], /out of the archive, to '\/etc\/passwd'/],
    ["above the archive", [symlink("a", "../a")], /out of the archive, to '..\/a'/],
    ["above the archive and back", [symlink("d/a", "../../d/b"), file("d/b")], /out of the archive/],
    ["to an absolute path, hard", [hardLink("a", "/b"), file("b")], /out of the archive, to '\/b'/],
    ["above the archive, hard", [hardLink("d/a", "../b"), file("b")], /out of the archive, to '..\/b'/],
  ] as [string, TarMember[], RegExp][])(
    "refuses a link that leads %s, and only when it is used",
    async (...row) => {
      const [, members, message] = row;
      const find = await finder(...members, file("other"));
      expect(find("other")).toBe("other");
      expect(() => find(members.some(({ name }) => name === "d/a") ? "d/a" : "a")).toThrow(
        expect.objectContaining({ name: "UnsupportedImage", message: expect.stringMatching(message) }),
      );
    },
  );

  test("follows no link whose target is longer than any that Linux has", async () => {
    const path = (length: number) => "./".repeat((length - 2) / 2).concat("ab");
    const long = (name: string, length: number) => [pax({ linkpath: path(length) }), symlink(name, "")];
    const find = await finder(...long("a", maxTarget), ...long("b", maxTarget + 2), file("ab"));
    expect(find("a")).toBe("ab");
    expect(() => find("b")).toThrow(/^the link 'b' has a target of over 4096 characters, '\.\/\.\//);
  });

  test("follows a long chain of long targets as fast for the thousandth layer as for the first", async () => {
    const target = (name: string) => "x/../".repeat(800).concat(name);
    const chain = Array.from({ length: maxLinks }, (_, at) => [
      pax({ linkpath: target(`l${at + 1}`) }),
      symlink(`l${at}`, ""),
    ]).flat();
    const find = await finder(...chain, file(`l${maxLinks}`, "end"));
    const begun = process.cpuUsage();
    // Few of what manifests can list: it takes half a second, and to find each target anew takes a minute.
    for (let count = 0; count < 30_000; count++) find("l0");
    const { user } = process.cpuUsage(begun);
    expect(user / 1_000_000).toBeLessThan(20);
  });

  test("says whether there is an entry, be it a link to nowhere", async () => {
    const index = await indexTar(new CountedArchive(tar(file("a/b"), symlink("c", "gone"))));
    expect(["a/b", "./a//b", "c", "a", "", "../a/b"].map((path) => index.has(path))).toEqual([
      ...[true, true, true],
      ...[false, false, false],
    ]);
  });

  test("leaves out entries that would be unpacked elsewhere, and refuses to look for them", async () => {
    const find = await finder(file("../a"), file("/b"), file("c/../d"), file("d"));
    expect(find("d")).toBe("d");
    expect(() => find("../a")).toThrow(/the path '..\/a' leads out of the archive/);
    expect(() => find("/b")).toThrow(/the path '\/b' leads out of the archive/);
  });
});
