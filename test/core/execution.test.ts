import { execute } from "../fakes/execution.ts";
import {
  artifact,
  attestedIndex,
  bytesOf,
  type Content,
  image,
  imageOf,
  index,
  nested,
} from "../fakes/image.ts";
import { breakConnection, interrupted } from "../fakes/interruption.ts";
import { MemoryDestination } from "../fakes/memory-destination.ts";
import { MemorySource } from "../fakes/memory-source.ts";
import { request } from "../fakes/request.ts";

function stage(content: Content) {
  const [source, destination] = [new MemorySource(), new MemoryDestination()];
  source.add(content, "1.0");
  return { source, destination };
}

/** Every byte is there under its digest, and the tag stands for the root. */
function expectWhole(destination: MemoryDestination, content: Content, tag = "1.0"): void {
  expect(new Map([...destination.layers].map(([digest, bytes]) => [digest, Buffer.from(bytes)]))).toEqual(
    new Map([...content.blobs].map(([digest, bytes]) => [digest, Buffer.from(bytes)])),
  );
  expect(destination.images).toEqual(content.manifests);
  expect(destination.tags.get(tag)).toBe(content.root.digest);
}

const foreign = {
  mediaType: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
  digest: `sha256:${"f".repeat(64)}`,
  size: 1_000,
  urls: ["https://example.com/layer"],
};
const shared = imageOf([40, 8], 5);

const images: Record<string, Content> = {
  "a Docker image": imageOf([35, 10, 1], 1, "docker"),
  "an OCI image": imageOf([35, 20, 3], 2),
  "an OCI image without mediaType": image({ layers: [bytesOf(12)], typed: false }),
  "a Docker list": index([imageOf([9], 1, "docker"), imageOf([9], 2, "docker")], { family: "docker" }),
  "an OCI index without mediaType": index([imageOf([9])], { typed: false }),
  "an OCI index of Docker images": index([imageOf([9], 3, "docker")]),
  "a nested index": nested(3, index([shared, imageOf([7], 6)])),
  "an index that lists one image twice": index([shared, shared]),
  "an index with an attestation": attestedIndex(),
  "an artifact whose config is its layer": artifact(),
  "an image with a layer that is elsewhere": image({
    layers: [bytesOf(30)],
    family: "docker",
    foreign: [foreign],
  }),
  "an image with the same layer twice": image({ layers: [bytesOf(30), bytesOf(30)] }),
  "an image of one layer of one byte": imageOf([1]),
};

describe("an execution", () => {
  test.each(Object.entries(images))("copies %s, and is in sync afterwards", async (_, content) => {
    const { source, destination } = stage(content);
    const { report, states } = await execute(request, { source, destination });
    expectWhole(destination, content);
    const bytesCopied = [...content.blobs.values()].reduce((sum, { length }) => sum + length, 0);
    expect(report).toMatchObject({
      status: "Replicated",
      digest: content.root.digest,
      mediaType: content.root.mediaType,
      manifests: { copied: content.manifests.size, present: 0 },
      layers: { copied: content.blobs.size, present: 0, bytesCopied, bytesPresent: 0 },
    });
    expect(states).toEqual(["Plan", "CopyLayers", "Plan", "PutManifests", "Report"]);
    expect([destination.bytesOffered, source.bytesRead]).toEqual([bytesCopied, bytesCopied]);

    const [before, puts] = [destination.bytesOffered, destination.puts.length];
    const again = await execute(request, { source, destination });
    expect(again.report?.status).toBe("InSync");
    expect([destination.bytesOffered, destination.puts.length]).toEqual([before, puts]);
  });

  test.each(Object.entries(images))("puts %s children first and the tag last", async (_, content) => {
    const { source, destination } = stage(content);
    await execute(request, { source, destination });
    const tags = destination.puts.map(({ tag }) => tag);
    expect(tags).toEqual([...tags.slice(0, -1).fill(undefined), "1.0"]);
    expect(destination.puts.at(-1)?.digest).toBe(content.root.digest);
  });

  test("of a digest without a tag puts the image untagged", async () => {
    const { source, destination } = stage(shared);
    const source1 = `${request.source.replace(":1.0", "")}@${shared.root.digest}`;
    const { report } = await execute({ ...request, source: source1 }, { source, destination });
    expect(report?.destination).toBe(request.destination);
    expect(destination.puts).toEqual([{ digest: shared.root.digest, tag: undefined }]);
    expect(destination.tags.size).toBe(0);
  });

  test("puts a second tag on an image that is there without copying anything", async () => {
    const { source, destination } = stage(shared);
    await execute(request, { source, destination });
    const before = destination.bytesOffered;
    const other = { ...request, destination: `${request.destination}:stable` };
    const { report, states } = await execute(other, { source, destination });
    expect(report).toMatchObject({ manifests: { copied: 0, present: 1 }, layers: { copied: 0, present: 3 } });
    expect(states).toEqual(["Plan", "PutManifests", "Report"]);
    expect(destination.bytesOffered).toBe(before);
    expectWhole(destination, shared, "stable");
  });

  test("completes an index of which only one child was there", async () => {
    const content = attestedIndex();
    const { source, destination } = stage(content);
    source.add(imageOf([30, 7], 1), "child");
    await execute({ ...request, source: request.source.replace("1.0", "child") }, { source, destination });
    const { report } = await execute(request, { source, destination });
    expect(report).toMatchObject({ manifests: { copied: 3, present: 1 } });
    expect(destination.tags.get("1.0")).toBe(content.root.digest);
  });

  test("copies one image though the tag moves while it runs", async () => {
    const { source, destination } = stage(shared);
    const moved = interrupted(destination, { operation: "closeUpload", call: 1, when: "before" }, () =>
      source.add(imageOf([9], 77), "1.0"),
    );
    await execute(request, { source, destination: moved });
    expectWhole(destination, shared);
  });

  test("leaves the newer image under the tag when another execution, that began later, ends before", async () => {
    const newer = imageOf([9], 77);
    const { source, destination } = stage(shared);
    const overtaken = interrupted(
      destination,
      { operation: "closeUpload", call: 1, when: "before" },
      async () => {
        source.add(newer, "1.0");
        await execute(request, { source, destination });
        expect(destination.tags.get("1.0")).toBe(newer.root.digest);
      },
    );
    const { report } = await execute(request, { source, destination: overtaken });
    expect(report).toMatchObject({ status: "Replicated", digest: shared.root.digest });
    expect(report?.warnings).toEqual([expect.stringMatching(/moved to sha256:.*its tag was moved to it$/)]);
    expect(destination.images).toEqual(new Map([...shared.manifests, ...newer.manifests]));
    expect(destination.tags.get("1.0")).toBe(newer.root.digest);
  });

  test("goes through many pauses to the same image, each byte sent once", async () => {
    const content = imageOf([95, 42, 1]);
    const { source, destination } = stage(content);
    const { report } = await execute(request, { source, destination, timeLeft: () => 0 });
    expect(report?.status).toBe("Replicated");
    expectWhole(destination, content);
    expect(destination.bytesOffered).toBe(report?.layers.bytesCopied);
    expect(destination.opened).toBe(content.blobs.size);
  });
});

describe("an execution that is interrupted", () => {
  const content = attestedIndex();
  const operations = [
    "resolve",
    "missingBlobs",
    "missingManifests",
    "openUpload",
    "writePart",
    "closeUpload",
    "putManifest",
  ] as const;
  const cases = operations.flatMap((operation) =>
    [1, 2, 3].flatMap((call) => (["before", "after"] as const).map((when) => ({ operation, call, when }))),
  );

  test.each(cases)("$when $operation number $call ends whole when the step is repeated", async (where) => {
    const { source, destination } = stage(content);
    const faulty = interrupted(destination, where, breakConnection);
    const { report } = await execute(request, { source, destination: faulty, retries: 1 });
    expect(report?.status).toBe("Replicated");
    expectWhole(destination, content);
  });

  test.each(cases)("$when $operation number $call ends whole when it is started again", async (where) => {
    const { source, destination } = stage(content);
    const faulty = interrupted(destination, where, breakConnection);
    await execute(request, { source, destination: faulty });
    await execute(request, { source, destination: faulty });
    expectWhole(destination, content);
  });

  test.each(cases)("$when $operation number $call moves no tag to what is not whole", async (where) => {
    const { source, destination } = stage(content);
    const old = imageOf([11], 50);
    source.add(old, "old");
    const first = {
      ...request,
      source: request.source.replace("1.0", "old"),
      destination: `${request.destination}:1.0`,
    };
    await execute(first, { source, destination });
    const faulty = interrupted(destination, where, breakConnection);
    const { failure } = await execute(request, { source, destination: faulty });
    const lastPut =
      where.operation === "putManifest" &&
      where.when === "after" &&
      destination.images.has(content.root.digest);
    if (failure && !lastPut) expect(destination.tags.get("1.0")).toBe(old.root.digest);
    else expect(destination.tags.get("1.0")).toBe(content.root.digest);
  });

  test("copies a layer again that vanished before the manifest was put", async () => {
    const { source, destination } = stage(content);
    const vanish = () => void destination.layers.delete([...content.blobs.keys()][0] ?? "");
    const faulty = interrupted(destination, { operation: "putManifest", call: 1, when: "before" }, vanish);
    const { report, states } = await execute(request, { source, destination: faulty });
    expect(report?.status).toBe("Replicated");
    expect(states.filter((state) => state === "PutManifests")).toHaveLength(2);
    expectWhole(destination, content);
  });

  test("gives up a layer that vanishes a second time, and says so", async () => {
    const { source, destination } = stage(content);
    const vanish = () => void destination.layers.delete([...content.blobs.keys()][0] ?? "");
    const faulty = interrupted(
      destination,
      { operation: "putManifest", call: "every", when: "before" },
      vanish,
    );
    const { failure } = await execute(request, { source, destination: faulty });
    expect(failure).toMatchObject({
      error: "UploadLost",
      cause: { side: "destination", operation: "PutImage" },
    });
    expect(destination.tags.size).toBe(0);
  });

  test("ends at a destination that says a layer is missing for ever", async () => {
    const { source, destination } = stage(content);
    const forgetful = interrupted(
      destination,
      { operation: "closeUpload", call: "every", when: "after" },
      () => destination.layers.clear(),
    );
    const { failure, states } = await execute(request, { source, destination: forgetful });
    expect(failure).toMatchObject({ error: "UploadLost", cause: { operation: "CopyLayers" } });
    expect(states.filter((state) => state === "CopyLayers")).toHaveLength(3);
  });

  test("says what had arrived when a later layer cannot be read", async () => {
    const { source, destination } = stage(imageOf([40, 30]));
    const [config = ""] = imageOf([40, 30]).blobs.keys();
    source.blobs.delete(config);
    const { failure } = await execute(request, { source, destination });
    expect(failure).toMatchObject({ error: "SourceNotFound", cause: { side: "source" } });
    const layers = failure?.cause.copied?.layers;
    expect(layers?.copied).toBe(destination.layers.size);
  });
});
