import { gunzipSync, gzipSync, zstdDecompressSync } from "node:zlib";
import { ArchiveSource } from "../../core/archive/archive-source.ts";
import { digestOf } from "../../core/model/digest.ts";
import { maxRawLayers } from "../../core/model/limits.ts";
import type { Request } from "../../core/model/request.ts";
import { type DockerLayerFile, dockerConfig, dockerFiles, MemoryArchive } from "../fakes/archive.ts";
import { execute, type Sides } from "../fakes/execution.ts";
import { bytesOf } from "../fakes/image.ts";
import { breakConnection, interrupted } from "../fakes/interruption.ts";
import { MemoryDestination } from "../fakes/memory-destination.ts";
import { tarOf } from "../fakes/tar.ts";

const MiB = 1024 * 1024;
const request: Request = {
  source: "s3://my-bucket/app.tar#team/app:1.0",
  destination: "222222222222.dkr.ecr.eu-central-1.amazonaws.com/mirror/app",
};

/** A layer of one file, as docker save writes it. */
function layerFile(name: string, content: Uint8Array = bytesOf(2_000, name.length)): DockerLayerFile {
  return { path: `${name}/layer.tar`, bytes: tarOf({ [`${name}.txt`]: content }) };
}

const layers = [layerFile("base", bytesOf(5 * MiB)), layerFile("middle"), layerFile("top")];
const config = dockerConfig(layers);

interface Stage extends Sides {
  readonly destination: MemoryDestination;
  readonly archive: MemoryArchive;
}

/** An archive of these layers, whose source is opened anew for every step, and an empty destination. */
function stage(files: readonly DockerLayerFile[] = layers, choice: Partial<Request> = {}): Stage {
  const archive = new MemoryArchive(tarOf(dockerFiles(files, "team/app:1.0")));
  const { layerCompression } = choice;
  const image = "team/app:1.0";
  return {
    archive,
    source: () => new ArchiveSource(async () => archive, { image, layerCompression }),
    destination: new MemoryDestination({ partSize: 3 * MiB, minimumPartSize: MiB }),
  };
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** The manifest that a tag stands for at the destination. */
function manifestOf({ images, tags }: MemoryDestination): { config: Descriptor; layers: Descriptor[] } {
  return JSON.parse(new TextDecoder().decode(images.get(tags.get("1.0") ?? "")));
}

const open: Record<string, (bytes: Uint8Array) => Uint8Array> = {
  "+gzip": (bytes) => gunzipSync(bytes),
  "+zstd": (bytes) => zstdDecompressSync(bytes),
  "": (bytes) => bytes,
};

/** The config is there as it lies in the archive, and the layers unpack to those of the archive, in their order. */
function expectWhole(destination: MemoryDestination, files = layers, suffix = "+gzip"): void {
  const manifest = manifestOf(destination);
  const expected = dockerConfig(files);
  expect(manifest.config).toMatchObject({ digest: digestOf(expected), size: expected.length });
  expect(Buffer.compare(destination.layers.get(manifest.config.digest) ?? Buffer.of(), expected)).toBe(0);
  const unpacked = manifest.layers.map(({ digest, size, mediaType }) => {
    const bytes = destination.layers.get(digest) ?? new Uint8Array();
    expect([size, mediaType]).toEqual([bytes.length, `application/vnd.oci.image.layer.v1.tar${suffix}`]);
    return digestOf((open[suffix] as typeof gunzipSync)(bytes));
  });
  expect(unpacked).toEqual(files.map(({ bytes }) => digestOf(bytes)));
}

const suffixes = [
  [undefined, "+gzip"],
  ["gzip", "+gzip"],
  ["zstd", "+zstd"],
  ["none", ""],
] as const;

describe("an image of an archive whose layers are not compressed", () => {
  test.each(suffixes)("arrives whole with layerCompression %s", async (layerCompression, suffix) => {
    const choice = layerCompression && { layerCompression };
    const at = stage(layers, choice);
    const { report, states } = await execute({ ...request, ...choice }, at);
    expectWhole(at.destination, layers, suffix);
    expect(report).toMatchObject({
      status: "Replicated",
      digest: at.destination.tags.get("1.0"),
      manifests: { copied: 1, present: 0 },
      layers: { copied: 4, present: 0, bytesPresent: 0 },
    });
    const bytes = [...at.destination.layers.values()].reduce((sum, { length }) => sum + length, 0);
    expect([report?.layers.bytesCopied, at.destination.bytesOffered]).toEqual([bytes, bytes]);
    const rounds = suffix === "" ? 1 : 2;
    expect(states.filter((state) => state === "CopyLayers")).toHaveLength(rounds);
  });

  test.each(suffixes)("is in sync afterwards with layerCompression %s", async (layerCompression) => {
    const choice = layerCompression && { layerCompression };
    const at = stage(layers, choice);
    const first = await execute({ ...request, ...choice }, at);
    at.destination.calls.length = 0;
    const { report, states } = await execute({ ...request, ...choice }, at);
    expect(report).toMatchObject({ status: "InSync", digest: first.report?.digest, layers: { copied: 0 } });
    expect(report?.mediaType).toBe("application/vnd.oci.image.manifest.v1+json");
    expect(states).toEqual(["Plan", "Report"]);
    expect(at.destination.calls).toEqual([layerCompression === "none" ? "resolve" : "imageOf"]);
  });

  test.each([
    ["gzip", "zstd"],
    ["zstd", "gzip"],
    ["none", "gzip"],
  ] as const)("is in sync when it was put with %s and is asked for with %s", async (before, now) => {
    const at = stage(layers, { layerCompression: before });
    await execute({ ...request, layerCompression: before }, at);
    const digest = at.destination.tags.get("1.0");
    const again = { ...stage(layers, { layerCompression: now }), destination: at.destination };
    const { report } = await execute({ ...request, layerCompression: now }, again);
    expect(report).toMatchObject({ status: "InSync", digest });
  });

  test("is put under a second tag as the same image", async () => {
    const at = stage();
    const first = await execute(request, at);
    const second = await execute({ ...request, destination: `${request.destination}:stable` }, at);
    expect(second.report).toMatchObject({ status: "Replicated", digest: first.report?.digest });
    expect(at.destination.tags.get("stable")).toBe(first.report?.digest);
  });

  test("goes through many pauses to the same image, each byte sent once", async () => {
    const at = stage();
    const { report } = await execute(request, { ...at, timeLeft: () => 0 });
    expectWhole(at.destination);
    expect(at.destination.bytesOffered).toBe(report?.layers.bytesCopied);
    const other = stage();
    expect((await execute(request, other)).report?.digest).toBe(report?.digest);
  });

  test("has a layer once that it lists twice", async () => {
    const files = [layerFile("base"), layerFile("top"), { ...layerFile("base"), path: "again/layer.tar" }];
    const at = stage(files);
    const { report } = await execute(request, at);
    expectWhole(at.destination, files);
    expect(report?.layers.copied).toBe(3);
    expect(at.destination.opened).toBe(3);
  });

  test("may have an empty layer", async () => {
    const files = [layerFile("base"), { path: "empty/layer.tar", bytes: new Uint8Array() }];
    const at = stage(files);
    expect((await execute(request, at)).report?.status).toBe("Replicated");
    expectWhole(at.destination, files);
  });

  test("may have some that are compressed, of which those with unknown digests are copied as they are", async () => {
    const plain = layerFile("plain");
    const [named, unnamed] = [gzipSync(layerFile("named").bytes), gzipSync(layerFile("unnamed").bytes)];
    const files = [
      plain,
      { path: `${digestOf(named).slice(7)}.tar.gz`, bytes: named, diffId: digestOf(gunzipSync(named)) },
      { path: "unnamed/layer.tar", bytes: unnamed, diffId: digestOf(gunzipSync(unnamed)) },
    ];
    const at = stage(files);
    expect((await execute(request, at)).report?.status).toBe("Replicated");
    const digests = manifestOf(at.destination).layers.map(({ digest }) => digest);
    expect(digests.slice(1)).toEqual([digestOf(named), digestOf(unnamed)]);
    for (const bytes of [named, unnamed]) {
      expect(Buffer.compare(at.destination.layers.get(digestOf(bytes)) ?? Buffer.of(), bytes)).toBe(0);
    }
  });

  test("of 200 layers is made in rounds of as many as travel in a state", async () => {
    const files = Array.from({ length: maxRawLayers }, (_, at) => layerFile(`layer-${at}`, bytesOf(100, at)));
    const at = stage(files);
    const { report, states } = await execute(request, at);
    expectWhole(at.destination, files);
    expect(report?.layers.copied).toBe(201);
    expect(at.destination.opened).toBe(201);
    expect(states.filter((state) => state === "CopyLayers")).toHaveLength(3);
  });

  test("of more layers than can be made is refused before one is", async () => {
    const at = stage(
      Array.from({ length: maxRawLayers + 1 }, (_, n) => layerFile(`layer-${n}`, bytesOf(1, n))),
    );
    const { failure } = await execute(request, at);
    expect(failure).toMatchObject({ error: "UnsupportedImage", cause: { side: "source" } });
    expect(at.destination.opened).toBe(0);
  });
});

describe("a plan of an archive whose layers are not compressed", () => {
  test("reads only, and says how many layers would be made", async () => {
    const at = stage();
    const { report, states } = await execute({ ...request, mode: "plan" }, at);
    const bytesCopied = layers.reduce((sum, { bytes }) => sum + bytes.length, 0);
    expect(report).toMatchObject({
      status: "Planned",
      digest: digestOf(config),
      layers: { copied: 3, bytesCopied, present: 0 },
      manifests: { copied: 1, present: 0 },
    });
    expect(states).toEqual(["Plan", "Report"]);
    expect(at.destination.calls).toEqual(["imageOf", "findLayers"]);
    expect(at.archive.bytesRead).toBeLessThan(100_000);
  });

  test("is in sync when the image is there", async () => {
    const at = stage();
    await execute(request, at);
    expect((await execute({ ...request, mode: "plan" }, at)).report?.status).toBe("InSync");
  });
});

describe("an image that is made, when it is interrupted", () => {
  const operations = [
    "imageOf",
    "missingBlobs",
    "missingManifests",
    "openUpload",
    "expected",
    "writePart",
    "closeUpload",
    "putManifest",
  ] as const;
  const cases = operations.flatMap((operation) =>
    [1, 2].flatMap((call) => (["before", "after"] as const).map((when) => ({ operation, call, when }))),
  );

  test.each(cases)("$when $operation number $call ends whole when the step is repeated", async (where) => {
    const at = stage();
    const destination = interrupted(at.destination, where, breakConnection);
    const { report } = await execute(request, { ...at, destination, retries: 1 });
    expect(report?.status).toBe("Replicated");
    expectWhole(at.destination);
  });

  test.each(cases)(
    "$when $operation number $call leaves the tag until it is started again",
    async (where) => {
      const at = stage([layerFile("old")]);
      await execute(request, at);
      const old = at.destination.tags.get("1.0");
      const destination = interrupted(at.destination, where, breakConnection);
      const sides = { ...stage(), destination };
      const { failure } = await execute(request, sides);
      const putDone = where.operation === "putManifest" && where.when === "after";
      if (failure && !putDone) expect(at.destination.tags.get("1.0")).toBe(old);
      await execute(request, sides);
      expectWhole(at.destination);
    },
  );

  const vanish = ({ destination }: Stage) => {
    for (const [digest, { length }] of destination.layers)
      if (length > MiB) destination.layers.delete(digest);
  };

  test("makes a layer again that vanished before the manifest was put", async () => {
    const at = stage();
    const put = { operation: "putManifest", call: 1, when: "before" } as const;
    const destination = interrupted(at.destination, put, () => vanish(at));
    const { report, states } = await execute(request, { ...at, destination });
    expect(report).toMatchObject({ status: "Replicated", layers: { copied: 4 } });
    expect(states.filter((state) => state === "PutManifests")).toHaveLength(2);
    expectWhole(at.destination);
  });

  test("makes a layer again that vanished before the config was copied", async () => {
    const at = stage();
    const look = { operation: "missingBlobs", call: 1, when: "before" } as const;
    const destination = interrupted(at.destination, look, () => vanish(at));
    expect((await execute(request, { ...at, destination })).report?.status).toBe("Replicated");
    expectWhole(at.destination);
  });

  test("gives up a layer that vanishes each time the manifest is put, and puts no tag", async () => {
    const at = stage();
    const put = { operation: "putManifest", call: "every", when: "before" } as const;
    const destination = interrupted(at.destination, put, () => vanish(at));
    const { failure } = await execute(request, { ...at, destination });
    expect(failure).toMatchObject({ error: "UploadLost", cause: { operation: "PutImage" } });
    expect(at.destination.tags.size).toBe(0);
  });

  test("ends at a destination that forgets what was made for ever", async () => {
    const at = stage();
    const close = { operation: "closeUpload", call: "every", when: "after" } as const;
    const destination = interrupted(at.destination, close, () => at.destination.layers.clear());
    const { failure, states } = await execute(request, { ...at, destination });
    expect(failure).toMatchObject({ error: "UploadLost", cause: { operation: "CopyLayers" } });
    expect(states.filter((state) => state === "CopyLayers")).toHaveLength(3);
  });

  test("fails with a layer that is not what its config lists, and leaves the tag", async () => {
    const at = stage([layerFile("old")]);
    await execute(request, at);
    const old = at.destination.tags.get("1.0");
    const wrong = [layers[0] as DockerLayerFile, { ...layerFile("top"), diffId: digestOf(bytesOf(9)) }];
    const { failure } = await execute(request, { ...stage(wrong), destination: at.destination });
    expect(failure).toMatchObject({ error: "DigestMismatch", cause: { side: "source" } });
    expect(at.destination.tags.get("1.0")).toBe(old);
  });
});
