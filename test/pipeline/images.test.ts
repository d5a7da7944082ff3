import type { LocalAws } from "../../local/aws.ts";
import { artifact, attestedIndex, type Content, image, imageOf, index, nested } from "../fakes/image.ts";
import { execute, requestOf, withoutRoles } from "./execution.ts";
import { accounts, machines, startPipeline } from "./pipeline.ts";
import { createPair, createRepository, digestOfTag, expectCopy, nameOf, push, tagsOf } from "./repository.ts";
import { ecrCalls, expectSentOnce } from "./traffic.ts";

let aws: LocalAws;
beforeAll(async () => {
  aws = await startPipeline();
});
afterAll(() => aws.stop());

const twelvePlatforms = (): Content => {
  const base = Array.from({ length: 3 }, (_, layer) => new Uint8Array(20_000 + layer).fill(layer + 1));
  const children = Array.from({ length: 12 }, (_, platform) =>
    image({ layers: [...base, new Uint8Array(5_000).fill(100 + platform)] }),
  );
  return index(children, {
    entries: children.map((_, at) => ({ platform: { os: "linux", architecture: `a${at}` } })),
  });
};
const untypedIndex = () => index([image({ layers: [new Uint8Array(9)], typed: false })], { typed: false });
const foreign = {
  mediaType: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
  digest: `sha256:${"f".repeat(64)}`,
  size: 1_234,
  urls: ["https://example.com/layer"],
};

describe("an image is copied byte for byte", () => {
  test.each<[string, Content]>([
    ["a Docker image", imageOf([3, 40], 1, "docker")],
    ["an OCI image", imageOf([3, 40], 2)],
    ["a Docker list", index([imageOf([5], 3, "docker"), imageOf([6], 4, "docker")], { family: "docker" })],
    ["an OCI index whose attestation is about one of its images", attestedIndex()],
    ["an OCI index of Docker images", index([imageOf([5], 5, "docker")])],
    ["an index in an index in an index", nested(3)],
    ["an index that lists one image twice", index([imageOf([7], 6), imageOf([7], 6)])],
    ["an image that lists one layer twice", image({ layers: [new Uint8Array(4), new Uint8Array(4)] })],
    ["an image whose manifest does not say its type", image({ layers: [new Uint8Array(8)], typed: false })],
    ["an index that does not say its type, of such an image", untypedIndex()],
    ["an artifact whose config is the empty descriptor", artifact()],
    [
      "an image with a layer that no registry holds",
      image({ layers: [new Uint8Array(6)], family: "docker", foreign: [foreign] }),
    ],
    ["twelve platforms that share their base layers", twelvePlatforms()],
  ])("%s", async (_, content) => {
    const pair = await createPair(aws);
    await push(pair.from, content, "1");
    const { report, states } = await execute(aws, requestOf(pair));
    const sizes = [...content.blobs.values()].map(({ length }) => ({ size: length }));
    expect(report).toMatchObject({
      status: "Replicated",
      source: nameOf(pair.from, `:1@${content.root.digest}`),
      destination: nameOf(pair.to, ":1"),
      digest: content.root.digest,
      mediaType: content.root.mediaType,
      manifests: { copied: content.manifests.size, present: 0 },
      layers: {
        copied: sizes.length,
        present: 0,
        bytesCopied: sizes.reduce((sum, { size }) => sum + size, 0),
      },
    });
    await expectCopy(pair.to, content);
    expect(await digestOfTag(pair.to, "1")).toBe(content.root.digest);
    expectSentOnce(pair.to, sizes);
    expect(states.length).toBeLessThanOrEqual(8 + 2 * states.filter((state) => state === "CopyLayer").length);
  });
});

describe("the destination's tag", () => {
  const content = attestedIndex();

  test("is the source's when none is given, and children have none", async () => {
    const pair = await createPair(aws);
    await push(pair.from, content, "v1.4");
    await execute(aws, requestOf(pair, { source: ":v1.4" }));
    expect(await tagsOf(pair.to)).toEqual(["v1.4"]);
  });

  test("is latest when the source has neither tag nor digest", async () => {
    const pair = await createPair(aws);
    await push(pair.from, content, "latest");
    await execute(aws, requestOf(pair, { source: "" }));
    expect(await tagsOf(pair.to)).toEqual(["latest"]);
  });

  test("may be another", async () => {
    const pair = await createPair(aws);
    await push(pair.from, content, "1");
    await execute(aws, requestOf(pair, { destination: ":stable" }));
    expect(await tagsOf(pair.to)).toEqual(["stable"]);
    await expectCopy(pair.to, content);
  });

  test("is none for a digest", async () => {
    const pair = await createPair(aws);
    await push(pair.from, content);
    const { report } = await execute(aws, requestOf(pair, { source: `@${content.root.digest}` }));
    expect(report).toMatchObject({ status: "Replicated", digest: content.root.digest });
    expect(await tagsOf(pair.to)).toEqual([]);
    await expectCopy(pair.to, content);
  });

  test("is given to a digest that names one, and the digest decides what is copied", async () => {
    const pair = await createPair(aws);
    await push(pair.from, content);
    await push(pair.from, imageOf([77]), "1");
    await execute(aws, requestOf(pair, { source: `:1@${content.root.digest}`, destination: ":2" }));
    expect(await digestOfTag(pair.to, "2")).toBe(content.root.digest);
  });

  test("moves to what the source's tag stands for now", async () => {
    const pair = await createPair(aws);
    const [old, recent] = [imageOf([30, 10], 1), imageOf([30, 20], 2)];
    await push(pair.from, old, "1");
    await execute(aws, requestOf(pair));
    await push(pair.from, recent, "1");
    await execute(aws, requestOf(pair));
    expect(await digestOfTag(pair.to, "1")).toBe(recent.root.digest);
    await expectCopy(pair.to, old);
    await expectCopy(pair.to, recent);
  });

  test("is added without sending a layer when the image is there under another", async () => {
    const pair = await createPair(aws);
    await push(pair.from, content, "1");
    await push(pair.to, content, "1");
    const { report, states } = await execute(aws, requestOf(pair, { destination: ":2" }));
    expect(report).toMatchObject({
      status: "Replicated",
      layers: { copied: 0, present: content.blobs.size },
    });
    expect(states).not.toContain("CopyLayers");
    expect((await tagsOf(pair.to)).toSorted()).toEqual(["1", "2"]);
  });
});

describe("a copy", () => {
  const content = imageOf([50, 60]);

  test("within one account, with the functions' own roles, assumes none", async () => {
    const from = await createRepository(aws, accounts.pipeline);
    const to = await createRepository(aws, accounts.pipeline);
    await push(from, content, "1");
    aws.calls.length = 0;
    await execute(aws, withoutRoles(requestOf({ from, to })), machines.OwnRoles);
    await expectCopy(to, content);
    expect(aws.calls.filter(({ service }) => service === "sts")).toEqual([]);
  });

  test("within one repository retags", async () => {
    const from = await createRepository(aws, accounts.pipeline);
    await push(from, content, "1");
    const request = withoutRoles(requestOf({ from, to: from }, { destination: ":2" }));
    const { report } = await execute(aws, request, machines.OwnRoles);
    expect(report).toMatchObject({ layers: { copied: 0 }, manifests: { copied: 0, present: 1 } });
    expect(await digestOfTag(from, "2")).toBe(content.root.digest);
  });

  test("goes from one Region to another, and reads and writes nowhere else", async () => {
    const from = await createRepository(aws, accounts.source, { region: "ap-southeast-2" });
    const to = await createRepository(aws, accounts.destination, { region: "us-west-2" });
    await push(from, content, "1");
    aws.calls.length = 0;
    await execute(aws, requestOf({ from, to }));
    await expectCopy(to, content);
    const ecr = aws.calls.filter(({ service }) => service === "ecr");
    expect(ecr).toHaveLength(ecrCalls(from).length + ecrCalls(to).length);
  });

  test.each([
    ["the source", { source: accounts.source, destination: accounts.pipeline }],
    ["the destination", { source: accounts.pipeline, destination: accounts.destination }],
  ])("assumes a role for %s alone when only that has one", async (side, account) => {
    const from = await createRepository(aws, account.source);
    const to = await createRepository(aws, account.destination);
    await push(from, content, "1");
    const { source, destination, ...roles } = requestOf({ from, to });
    const ofSide = Object.entries(roles).filter(([field]) => field.startsWith(side.replace("the ", "")));
    await execute(aws, { source, destination, ...Object.fromEntries(ofSide) }, machines.OwnRoles);
    await expectCopy(to, content);
  });
});
