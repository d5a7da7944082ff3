import type { Destination } from "../../core/ports.ts";
import { bytesOf, type Family, index } from "../fakes/image.ts";
import { configText, layeredImage, type Packing, packed } from "../fakes/layered-image.ts";
import { push } from "../fakes/push.ts";

const [one, other, third] = [packed(bytesOf(40, 1)), packed(bytesOf(41, 2)), packed(bytesOf(42, 3))];
const diffIds = [one.found.diffId, other.found.diffId];
const kinds: [Family, Packing][] = (["docker", "oci"] as const).flatMap((family) =>
  (["gzip", "zstd", "none"] as const).map((packing): [Family, Packing] => [family, packing]),
);

/** What every destination promises of a search for layers by diff_id. */
export function describeLayerSearch(name: string, make: () => Promise<Destination>): void {
  describe(`${name}, searched for layers`, () => {
    let destination: Destination;
    beforeEach(async () => {
      destination = await make();
    });
    const find = (wanted: readonly string[]) => destination.findLayers(wanted);

    test.each(kinds)(
      "finds one of an image of the %s family, compressed with %s",
      async (family, packing) => {
        const layer = packed(bytesOf(40), packing);
        await push(destination, layeredImage([layer, other], { family }), "1.0");
        expect(await find([layer.found.diffId])).toEqual([layer.found]);
      },
    );

    test("finds nothing when it has no image", async () => {
      expect(await find(diffIds)).toEqual([]);
    });

    test("finds nothing that no image has, and nothing when nothing is wanted", async () => {
      await push(destination, layeredImage([one]), "1.0");
      expect(await find([other.found.diffId])).toEqual([]);
      expect(await find([one.found.digest])).toEqual([]);
      expect(await find([])).toEqual([]);
    });

    test("finds each layer once, in whichever images they are", async () => {
      await push(destination, layeredImage([one, other, one]), "1.0");
      await push(destination, layeredImage([one, third]), "1.1");
      const found = await find([...diffIds, third.found.diffId, one.found.diffId]);
      expect(found).toHaveLength(3);
      expect(found).toEqual(expect.arrayContaining([one.found, other.found, third.found]));
    });

    test("gives a layer in every compression that it has of it", async () => {
      const [zstd, none] = [packed(bytesOf(40, 1), "zstd"), packed(bytesOf(40, 1), "none")];
      for (const layer of [one, zstd, none]) await push(destination, layeredImage([layer]));
      const found = await find([one.found.diffId]);
      expect(found).toHaveLength(3);
      expect(found).toEqual(expect.arrayContaining([one.found, zstd.found, none.found]));
    });

    test("gives the newest of several blobs of a layer", async () => {
      const text = Buffer.alloc(9_000, "a layer of text ");
      const [fast, small] = [packed(text, "gzip", 1), packed(text, "gzip", 9)];
      expect(fast.found.digest).not.toBe(small.found.digest);
      for (const [layer, tag] of [
        [small, "1.0"],
        [fast, "1.1"],
      ] as const) {
        await push(destination, layeredImage([layer]), tag);
        expect(await find([layer.found.diffId])).toEqual([layer.found]);
      }
    });

    test("finds those of an index's children, and of an image whose tag has moved on", async () => {
      await push(destination, index([layeredImage([one]), layeredImage([other])]), "1.0");
      await push(destination, layeredImage([third]), "1.0");
      const found = await find([...diffIds, third.found.diffId]);
      expect(found).toEqual(expect.arrayContaining([one.found, other.found, third.found]));
    });

    test("finds those of a manifest without mediaType", async () => {
      await push(destination, layeredImage([one], { typed: false }), "1.0");
      expect(await find(diffIds)).toEqual([one.found]);
    });

    test.each([
      ["is not JSON", "{"],
      ["is not text", "\uFFFF\u0000"],
      ["is a list", "[]"],
      ["is null", "null"],
      ["has no rootfs", "{}"],
      ["has no diff_ids", '{"rootfs":{"type":"layers"}}'],
      ["lists too few", configText(diffIds.slice(1))],
      ["lists too many", configText([...diffIds, one.found.diffId])],
      ["lists one that is no digest", configText([diffIds[0], "sha256:0"])],
      ["lists a number", configText([diffIds[0], 5])],
    ])("passes over an image whose config %s, and finds what an older one has", async (_, config) => {
      await push(destination, layeredImage([one, third]), "1.0");
      await push(destination, layeredImage([one, other], { config }), "1.1");
      expect(await find(diffIds)).toEqual([one.found]);
    });

    test("passes over an artifact, even if what is in it looks like a config", async () => {
      await push(destination, layeredImage([one], { configType: "application/vnd.example+json" }), "1.0");
      expect(await find(diffIds)).toEqual([]);
    });

    test("does not give a layer that is kept elsewhere, and finds those that follow it", async () => {
      const first = {
        mediaType: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        digest: other.found.digest,
        size: other.found.size,
        urls: ["https://example.com/layer"],
      };
      const config = configText([other.found.diffId, one.found.diffId]);
      await push(destination, layeredImage([one], { family: "docker", config, first }), "1.0");
      expect(await find(diffIds)).toEqual([one.found]);
    });
  });
}
