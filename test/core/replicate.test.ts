import type { Next } from "../../core/model/plan.ts";
import { replicate, type Surroundings } from "../../core/replicate.ts";
import { attestedIndex, imageOf, index } from "../fakes/image.ts";
import { breakConnection, interrupted } from "../fakes/interruption.ts";
import { MemoryDestination } from "../fakes/memory-destination.ts";
import { MemorySource } from "../fakes/memory-source.ts";
import { request } from "../fakes/request.ts";
import { sidesOf } from "../fakes/sides.ts";

const content = attestedIndex();
const layer = [...content.blobs.keys()][0] ?? "";

function stage(of = content) {
  const [source, destination] = [new MemorySource(), new MemoryDestination()];
  source.add(of, "1.0");
  const plans: Next[] = [];
  const told = new Map<string, number>();
  const surroundings: Surroundings = {
    now: () => new Date("2026-03-01T10:00:00Z"),
    workers: 3,
    untar: () => Promise.reject(new Error("nothing is packed")),
    planned: ({ next }) => plans.push(next),
    took: ({ digest }, at) => told.set(digest, at),
  };
  return { source, destination, surroundings, plans, told };
}

describe("replicate", () => {
  test("takes an image down the whole path, and tells of every plan and every layer", async () => {
    const { source, destination, surroundings, plans, told } = stage();
    const report = await replicate(request, sidesOf(source, destination), surroundings);
    expect(report).toMatchObject({ status: "Replicated", startedAt: "2026-03-01T10:00:00.000Z", seconds: 0 });
    expect(plans).toEqual(["CopyLayers", "PutManifests"]);
    expect(destination.images).toEqual(content.manifests);
    expect(destination.tags.get("1.0")).toBe(content.root.digest);
    const sizes = [...content.blobs].map(([digest, { length }]) => [digest, length] as const);
    expect(told).toEqual(new Map(sizes));
  });

  test("is in sync the second time, with one plan", async () => {
    const { source, destination, surroundings, plans } = stage();
    await replicate(request, sidesOf(source, destination), surroundings);
    expect((await replicate(request, sidesOf(source, destination), surroundings)).status).toBe("InSync");
    expect(plans).toEqual(["CopyLayers", "PutManifests", "Report"]);
  });

  test("changes nothing in plan mode", async () => {
    const { source, destination, surroundings } = stage();
    const report = await replicate({ ...request, mode: "plan" }, sidesOf(source, destination), surroundings);
    expect(report).toMatchObject({
      status: "Planned",
      manifests: { copied: 4 },
      layers: { copied: content.blobs.size },
    });
    expect([destination.opened, destination.puts.length]).toEqual([0, 0]);
  });

  test("finishes in a second call what a failed one began", async () => {
    const { source, destination, surroundings } = stage();
    const faulty = interrupted(
      destination,
      { operation: "writePart", call: 5, when: "after" },
      breakConnection,
    );
    await expect(replicate(request, sidesOf(source, faulty), surroundings)).rejects.toMatchObject({
      name: "Unavailable",
    });
    expect(destination.tags.size).toBe(0);
    await replicate(request, sidesOf(source, faulty), surroundings);
    expect(destination.tags.get("1.0")).toBe(content.root.digest);
  });

  test("stops all workers after the first failure, with the parts on their way", async () => {
    const { source, destination, surroundings } = stage(imageOf(new Array(24).fill(400)));
    const second = { operation: "writePart", call: 2, when: "before" } as const;
    const faulty = interrupted(destination, second, breakConnection);
    await expect(replicate(request, sidesOf(source, faulty), surroundings)).rejects.toMatchObject({
      name: "Unavailable",
    });
    expect(destination.bytesOffered).toBeLessThanOrEqual(
      2 * surroundings.workers * destination.rules.partSize,
    );
    expect(destination.layers.size).toBe(0);
  });

  test("copies again what vanished before the manifests were put, once", async () => {
    const { source, destination, surroundings, plans } = stage();
    const vanish = () => void destination.layers.delete(layer);
    const once = interrupted(destination, { operation: "putManifest", call: 1, when: "before" }, vanish);
    await replicate(request, sidesOf(source, once), surroundings);
    expect(plans).toEqual(["CopyLayers", "PutManifests", "CopyLayers", "PutManifests"]);
    const other = stage();
    const always = { operation: "putManifest", call: "every", when: "before" } as const;
    const never = interrupted(other.destination, always, () => void other.destination.layers.delete(layer));
    await expect(replicate(request, sidesOf(other.source, never), other.surroundings)).rejects.toMatchObject({
      name: "UploadLost",
    });
  });

  test("copies no more tasks at once than it has workers", async () => {
    const large = index(Array.from({ length: 12 }, (_, seed) => imageOf([60], seed)));
    const { source, destination, surroundings } = stage(large);
    let [open, most] = [0, 0];
    const write = destination.writePart.bind(destination);
    destination.writePart = async (...input) => {
      most = Math.max(most, ++open);
      return write(...input).finally(() => open--);
    };
    await replicate(request, sidesOf(source, destination), surroundings);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(3);
  });
});
