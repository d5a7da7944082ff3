import { Failure, Incomplete } from "../../../core/errors.ts";
import type { Plan } from "../../../core/model/plan.ts";
import { putManifests } from "../../../core/steps/put-manifests.ts";
import { attestedIndex, bytesOf, type Content, image, imageOf } from "../../fakes/image.ts";
import { interrupted } from "../../fakes/interruption.ts";
import { MemoryDestination, type Rules } from "../../fakes/memory-destination.ts";
import { MemorySource } from "../../fakes/memory-source.ts";
import { request } from "../../fakes/request.ts";

const content = attestedIndex();
const none = { copied: 0, present: 0, bytesCopied: 0, bytesPresent: 0 };

function stage(rules?: Rules) {
  const [source, destination] = [new MemorySource(), new MemoryDestination(rules)];
  source.add(content, "1.0");
  for (const [digest, bytes] of content.blobs) destination.layers.set(digest, bytes);
  return { source, destination, input: { plan: planOf(content) } };
}

function planOf({ root }: Content): Plan {
  return {
    next: "PutManifests",
    request,
    root,
    tasks: [],
    layers: none,
    manifests: { copied: 0, present: 0 },
  };
}

describe("putManifests", () => {
  test("puts each child once without a tag, and the root last with it", async () => {
    const { source, destination, input } = stage();
    expect(await putManifests(input, source, destination)).toEqual({ image: 0, copied: 4, present: 0 });
    expect(destination.puts.map(({ tag }) => tag)).toEqual([undefined, undefined, undefined, "1.0"]);
    expect(destination.images).toEqual(content.manifests);
  });

  test("puts only what is missing", async () => {
    const { source, destination, input } = stage();
    const [digest = "", bytes = new Uint8Array()] = [...content.manifests][0] ?? [];
    destination.images.set(digest, bytes);
    expect(await putManifests(input, source, destination)).toEqual({ image: 0, copied: 3, present: 1 });
    expect(destination.puts.map((put) => put.digest)).not.toContain(digest);
  });

  test("moves the tag though every manifest is there", async () => {
    const { source, destination, input } = stage();
    for (const [digest, bytes] of content.manifests) destination.images.set(digest, bytes);
    expect(await putManifests(input, source, destination)).toEqual({ image: 0, copied: 0, present: 4 });
    expect(destination.puts).toEqual([{ digest: content.root.digest, tag: "1.0" }]);
  });

  test("puts nothing of an untagged image that is there", async () => {
    const { source, destination, input } = stage();
    for (const [digest, bytes] of content.manifests) destination.images.set(digest, bytes);
    const untagged = { ...request, source: `${request.source.replace(":1.0", "")}@${content.root.digest}` };
    await putManifests({ plan: { ...input.plan, request: untagged } }, source, destination);
    expect(destination.puts).toEqual([]);
  });

  test("is a success when it is repeated", async () => {
    const { source, destination, input } = stage({ immutable: true });
    await putManifests(input, source, destination);
    expect(await putManifests(input, source, destination)).toEqual({ image: 0, copied: 0, present: 4 });
  });

  test.each([1, 2, 3, 4])("leaves the tag as it was when put %i fails", async (call) => {
    const { source, destination, input } = stage();
    const old = imageOf([3], 8).root.digest;
    destination.tags.set("1.0", old);
    const throttled = new Failure("Throttled", { side: "destination", operation: "PutImage" }, "slower");
    const faulty = interrupted(destination, { operation: "putManifest", call, when: "before" }, () => {
      throw throttled;
    });
    await expect(putManifests(input, source, faulty)).rejects.toBe(throttled);
    expect(destination.tags.get("1.0")).toBe(old);
  });

  test("refuses to move an immutable tag, and says which", async () => {
    const { source, destination, input } = stage({ immutable: true });
    destination.tags.set("1.0", imageOf([3], 8).root.digest);
    await expect(putManifests(input, source, destination)).rejects.toMatchObject({ name: "TagImmutable" });
  });

  test("asks for another plan the first time that something is missing", async () => {
    const { source, destination, input } = stage();
    destination.layers.delete([...content.blobs.keys()].at(-1) ?? "");
    await expect(putManifests(input, source, destination)).rejects.toThrow(Incomplete);
    expect(destination.tags.size).toBe(0);
  });

  test("gives up the second time, says what was missing, and keeps the cause", async () => {
    const { source, destination, input } = stage();
    const digest = [...content.blobs.keys()].at(-1) ?? "";
    destination.layers.delete(digest);
    const again = putManifests({ plan: { ...input.plan, healing: true } }, source, destination);
    await expect(again).rejects.toMatchObject({
      name: "UploadLost",
      side: "destination",
      operation: "PutImage",
      message: expect.stringContaining(digest),
      cause: expect.any(Incomplete),
    });
  });

  test("reads by the plan's digest when the tag has moved", async () => {
    const { source, destination, input } = stage();
    source.add(imageOf([9], 70), "1.0");
    const put = await putManifests(input, source, destination);
    expect(destination.tags.get("1.0")).toBe(content.root.digest);
    expect(put.moved).toBe(imageOf([9], 70).root.digest);
  });

  test("says nothing of a move when the tag is as it was, is gone, or was not asked for", async () => {
    const { source, destination, input } = stage();
    expect(await putManifests(input, source, destination)).not.toHaveProperty("moved");
    source.tags.delete("1.0");
    expect(await putManifests(input, source, destination)).not.toHaveProperty("moved");
    source.add(imageOf([9], 70), "1.0");
    const byDigest = `${input.plan.request.source.split(":")[0]}@${content.root.digest}`;
    const byDigestRequest = { ...request, source: byDigest };
    const plan = { ...input.plan, request: byDigestRequest };
    expect(await putManifests({ plan }, source, destination)).not.toHaveProperty("moved");
  });

  describe("when the tag has moved to an image that the destination has", () => {
    const [newer, newest] = [imageOf([9], 70), imageOf([9, 4], 71)];
    function overtaken(rules?: Rules) {
      const staged = stage(rules);
      for (const { blobs, manifests } of [newer, newest]) {
        for (const [digest, bytes] of blobs) staged.destination.layers.set(digest, bytes);
        for (const [digest, bytes] of manifests) staged.destination.images.set(digest, bytes);
      }
      staged.source.add(newer, "1.0");
      return staged;
    }

    test("puts that under the tag in the end", async () => {
      const { source, destination, input } = overtaken();
      const put = await putManifests(input, source, destination);
      expect(put).toMatchObject({ copied: 4, moved: newer.root.digest, followed: true });
      expect(destination.images.has(content.root.digest)).toBe(true);
      expect(destination.tags.get("1.0")).toBe(newer.root.digest);
    });

    test("leaves a tag that may not move, and says no more than that the source's has moved", async () => {
      const { source, destination, input } = overtaken({ immutable: true });
      const put = await putManifests(input, source, destination);
      expect(put).toMatchObject({ moved: newer.root.digest });
      expect(put).not.toHaveProperty("followed");
      expect(destination.tags.get("1.0")).toBe(content.root.digest);
    });

    test.each(["gone", "damaged"])("leaves the tag when that image is %s at the source", async (what) => {
      const { source, destination, input } = overtaken();
      if (what === "gone") source.manifests.delete(newer.root.digest);
      else source.manifests.set(newer.root.digest, new TextEncoder().encode("{}"));
      expect(await putManifests(input, source, destination)).not.toHaveProperty("followed");
      expect(destination.tags.get("1.0")).toBe(content.root.digest);
    });

    test("goes after it when it moves on meanwhile", async () => {
      const { source, destination, input } = overtaken();
      const moving = interrupted(destination, { operation: "putManifest", call: 5, when: "before" }, () => {
        source.add(newest, "1.0");
      });
      const put = await putManifests(input, source, moving);
      expect(put).toMatchObject({ moved: newest.root.digest, followed: true });
      expect(destination.tags.get("1.0")).toBe(newest.root.digest);
    });

    test("says where it has moved when it never stands still", async () => {
      const { source, destination, input } = overtaken();
      let time = 0;
      const moving = interrupted(
        destination,
        { operation: "putManifest", call: "every", when: "after" },
        () => {
          source.add(time++ % 2 === 0 ? newest : newer, "1.0");
        },
      );
      const put = await putManifests(input, source, moving);
      expect(put).not.toHaveProperty("followed");
      expect(put.moved).toBe(source.tags.get("1.0"));
      expect(destination.puts).toHaveLength(4 + 3);
    });

    test("says nothing of a move when it has come back", async () => {
      const { source, destination, input } = overtaken();
      const moving = interrupted(destination, { operation: "putManifest", call: 5, when: "after" }, () => {
        source.add(content, "1.0");
      });
      expect(await putManifests(input, source, moving)).toEqual({ image: 0, copied: 4, present: 0 });
      expect(destination.tags.get("1.0")).toBe(content.root.digest);
    });

    test("leaves the tag when the destination throttles", async () => {
      const { source, destination, input } = overtaken();
      const throttled = new Failure("Throttled", { side: "destination", operation: "PutImage" }, "slower");
      const faulty = interrupted(destination, { operation: "putManifest", call: 5, when: "before" }, () => {
        throw throttled;
      });
      const put = await putManifests(input, source, faulty);
      expect(put).toMatchObject({ copied: 4, moved: newer.root.digest });
      expect(put).not.toHaveProperty("followed");
      expect(destination.tags.get("1.0")).toBe(content.root.digest);
    });
  });

  test("puts nothing when a manifest of the source is damaged", async () => {
    const { source, destination, input } = stage();
    source.manifests.set([...content.manifests.keys()][0] ?? "", new TextEncoder().encode("{}"));
    await expect(putManifests(input, source, destination)).rejects.toMatchObject({ name: "DigestMismatch" });
    expect(destination.puts).toEqual([]);
  });
});

describe("an image with a layer that may not be distributed", () => {
  const foreign = {
    mediaType: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
    digest: `sha256:${"f".repeat(64)}`,
    size: 1_234,
    urls: ["https://example.com/layer"],
  };
  const windows = image({ layers: [bytesOf(6)], family: "docker", foreign: [foreign] });

  function staged(refused?: () => Error) {
    const [source, destination] = [new MemorySource(), new MemoryDestination()];
    source.add(windows, "1.0");
    if (refused) destination.putManifest = async () => Promise.reject(refused());
    for (const [digest, bytes] of windows.blobs) destination.layers.set(digest, bytes);
    return { source, destination };
  }

  test("is put with the layer as a reference, which is never read", async () => {
    const { source, destination } = staged();
    await putManifests({ plan: planOf(windows) }, source, destination);
    expect(destination.images).toEqual(windows.manifests);
    expect(destination.layers.has(foreign.digest)).toBe(false);
    expect(source.calls).not.toContain("readBlob");
  });

  test.each([true, undefined] as const)(
    "is unsupported where the destination wants the layer, and not tried again (healing: %p)",
    async (healing) => {
      const { source, destination } = staged(
        () => new Incomplete(`layers '[${foreign.digest}]' do not exist`),
      );
      const put = putManifests({ plan: { ...planOf(windows), healing } }, source, destination);
      await expect(put).rejects.toMatchObject({
        name: "UnsupportedImage",
        side: "destination",
        operation: "PutImage",
        message: expect.stringMatching(/layer sha256:f{64} may not be distributed .* do not exist$/),
      });
    },
  );

  test("is unsupported where the destination refuses its manifest, with the reason", async () => {
    const where = { side: "destination", operation: "PutImage" } as const;
    const { source, destination } = staged(() => new Failure("UnsupportedImage", where, "no such layers"));
    await expect(putManifests({ plan: planOf(windows) }, source, destination)).rejects.toMatchObject({
      name: "UnsupportedImage",
      message: "no such layers",
    });
  });

  test("is planned anew when another layer has vanished", async () => {
    const { source, destination } = staged(() => new Incomplete("layers '[sha256:0]' do not exist"));
    await expect(putManifests({ plan: planOf(windows) }, source, destination)).rejects.toThrow(Incomplete);
  });
});
