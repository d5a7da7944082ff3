import { gzipSync } from "node:zlib";
import { maxImages } from "../../core/model/image-requests.ts";
import type { Request } from "../../core/model/request.ts";
import type { LocalAws } from "../../local/aws.ts";
import { type DockerLayerFile, dockerFiles, type Files, ociFiles } from "../fakes/archive.ts";
import { type Content, imageOf } from "../fakes/image.ts";
import { tarOf } from "../fakes/tar.ts";
import { createBucket, createDestination, dockerLayer, putArchive, requestFrom } from "./bucket.ts";
import { type Execution, execute, historyOf } from "./execution.ts";
import { accounts, region, startPipeline } from "./pipeline.ts";
import { createRepository, digestOfTag, expectCopy, type Repository, tagsOf } from "./repository.ts";
import { bytesSent, operations } from "./traffic.ts";

const [first, second, third] = [imageOf([4, 60], 101), imageOf([5, 60], 102), imageOf([6, 60], 103)];
const registry = `${accounts.destination}.dkr.ecr.${region}.amazonaws.com`;
let aws: LocalAws;

beforeAll(async () => {
  aws = await startPipeline();
  await createBucket(aws);
});
afterEach(() => aws.faults.clear());
afterAll(() => aws.stop());

/** A layout of images by name. */
function layoutOf(images: Readonly<Record<string, Content>>): Files {
  return ociFiles(...Object.entries(images).map(([name, content]) => ({ name, content })));
}

/** A request for what the key, and the name behind it, stand for, to where a template says. */
async function requestOf(archive: Uint8Array | Files, template: string, image = ""): Promise<Request> {
  const key = await putArchive(aws, archive);
  const { destination: _, ...request } = requestFrom(`${key}${image}`, await createDestination(aws));
  return { ...request, destination: `${registry}/${template}` };
}

/** Two repositories in the destination account, and no call so far. */
async function twoRepositories(): Promise<[Repository, Repository]> {
  return [await createDestination(aws), await createDestination(aws)];
}

async function expectTagged(to: Repository, tag: string, content: Content): Promise<void> {
  expect(await digestOfTag(to, tag)).toBe(content.root.digest);
  await expectCopy(to, content);
}

function plans({ states }: Execution): number {
  return states.filter((state) => state === "Plan").length;
}

describe("an archive of several images", () => {
  test.each<[string, (files: Files) => Uint8Array]>([
    ["as it is", tarOf],
    ["compressed", (files) => gzipSync(tarOf(files))],
  ])("%s goes to where each is named for, and is then found in sync in one plan", async (_, write) => {
    const [one, other] = await twoRepositories();
    const images = { [`${one.name}:1`]: first, [`${other.name}:1`]: second, [`${other.name}:2`]: third };
    const request = await requestOf(write(layoutOf(images)), "{name}:{tag}");
    const { report, cause } = await execute(aws, request);
    expect(cause).toBeUndefined();
    expect(report).toMatchObject({
      status: "Replicated",
      source: request.source,
      destination: request.destination,
      digest: first.root.digest,
      mediaType: first.root.mediaType,
      manifests: { copied: 3, present: 0 },
      layers: expect.objectContaining({ copied: 9, present: 0 }),
      warnings: [],
      startedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      seconds: expect.any(Number),
      images: Object.entries(images).map(([name, { root }]) => ({
        status: "Replicated",
        source: `${request.source.replace(/#$/, "")}#${name}`,
        destination: `${registry}/${name}`,
        digest: root.digest,
        mediaType: root.mediaType,
      })),
    });
    await expectTagged(one, "1", first);
    await expectTagged(other, "1", second);
    await expectTagged(other, "2", third);

    aws.calls.length = 0;
    const again = await execute(aws, request);
    expect(again.report).toMatchObject({ status: "InSync", layers: { copied: 0 }, manifests: { copied: 0 } });
    expect(again.report?.images?.map(({ status }) => status)).toEqual(["InSync", "InSync", "InSync"]);
    expect(plans(again)).toBe(1);
    expect([...operations(one), ...operations(other)]).toEqual([
      "BatchGetImage",
      "BatchGetImage",
      "BatchGetImage",
    ]);
  });

  test("of which one is there already copies the others, and says of each what it did", async () => {
    const [one, other] = await twoRepositories();
    const images = { [`${one.name}:1`]: first, [`${other.name}:1`]: second };
    const named = await requestOf(layoutOf(images), "{name}:{tag}", `#${other.name}:1`);
    expect((await execute(aws, named)).report).toMatchObject({ status: "Replicated" });
    const { report } = await execute(aws, { ...named, source: named.source.replace(/#.*/, "") });
    expect(report).toMatchObject({ status: "Replicated", manifests: { copied: 1, present: 1 } });
    expect(report?.images?.map(({ status }) => status)).toEqual(["Replicated", "InSync"]);
  });

  test("of which one has no repository names it, and has tagged those before it", async () => {
    const one = await createDestination(aws);
    const images = { [`${one.name}:1`]: first, "absent/app:1": second, [`${one.name}:3`]: third };
    const { status, error, cause } = await execute(aws, await requestOf(layoutOf(images), "{name}:{tag}"));
    expect({ status, error }).toEqual({ status: "FAILED", error: "RepositoryNotFound" });
    expect(cause).toMatchObject({
      side: "destination",
      message: expect.stringContaining("absent/app"),
      copied: { layers: { copied: 3 } },
    });
    await expectTagged(one, "1", first);
    expect(await tagsOf(one)).toEqual(["1"]);
  });

  test("is planned as a whole, and nothing is changed", async () => {
    const [one, other] = await twoRepositories();
    const images = { [`${one.name}:1`]: first, [`${other.name}:1`]: second };
    const request = await requestOf(layoutOf(images), "{name}:{tag}");
    const { report } = await execute(aws, { ...request, mode: "plan" });
    expect(report).toMatchObject({ status: "Planned", layers: { copied: 6 }, manifests: { copied: 2 } });
    expect(report?.images?.map(({ status }) => status)).toEqual(["Planned", "Planned"]);
    expect([await tagsOf(one), await tagsOf(other)]).toEqual([[], []]);
  });

  test("gives the one that is named after '#', and no other", async () => {
    const [one, other] = await twoRepositories();
    const images = { [`${one.name}:1`]: first, [`${other.name}:2`]: second };
    const request = await requestOf(layoutOf(images), "{name}:{tag}", `#${other.name}:2`);
    const { report } = await execute(aws, request);
    expect(report).toMatchObject({ source: request.source, destination: `${registry}/${other.name}:2` });
    expect(report?.images).toBeUndefined();
    await expectTagged(other, "2", second);
    expect(await tagsOf(one)).toEqual([]);
  });

  test.each<[string, string, RegExp]>([
    ["one place by their tags", "team/app:{tag}", /would both be .*team\/app:1; tell them apart/],
    ["one place by their names", "{name}:1", /would both be .*a\/app:1; tell them apart/],
    [
      "no possible place",
      "{key}:{tag}",
      /^destination: for s3:.*app \d+.tar it is .*\/images\/app \d+:tag, and 'images\/app \d+' is no/,
    ],
  ])("of which two would go to %s is refused, and nothing is copied", async (_, template, message) => {
    const images = { "a/app:1": first, "b/app:1": second, "a/app:2": third };
    const request = await requestOf(layoutOf(images), template);
    aws.calls.length = 0;
    const { error, cause } = await execute(aws, request);
    expect({ error, message: cause?.message }).toEqual({
      error: "RequestInvalid",
      message: expect.stringMatching(message),
    });
    expect(aws.calls.filter(({ service }) => service === "ecr")).toEqual([]);
  });

  test("of which none is named, while the destination is one image, is refused with their names", async () => {
    const images = { "a/app:1": first, "b/app:1": second };
    const { error, cause } = await execute(aws, await requestOf(layoutOf(images), "team/app:1"));
    expect(error).toBe("UnsupportedImage");
    expect(cause?.message).toMatch(/'a\/app:1'.*'b\/app:1'/);
  });

  test("puts an image that has two names under both, and sends its layers once", async () => {
    const to = await createDestination(aws);
    const layers: DockerLayerFile[] = [dockerLayer(5_000, 105), dockerLayer(3, 106)];
    const files = dockerFiles(layers);
    const [listed] = files["manifest.json"] as object[];
    const named = { ...listed, RepoTags: [`${to.name}:1`, `${to.name}:2`] };
    const request = await requestOf({ ...files, "manifest.json": [named] }, "{name}:{tag}");
    const { report } = await execute(aws, { ...request, layerCompression: "none" });
    const bytes = layers.reduce((sum, layer) => sum + layer.bytes.length, 0);
    expect(report?.images?.map(({ destination }) => destination)).toEqual(
      [1, 2].map((tag) => `${registry}/${to.name}:${tag}`),
    );
    expect(await digestOfTag(to, "1")).toBe(report?.digest);
    expect(await digestOfTag(to, "2")).toBe(report?.digest);
    expect(bytesSent(to)).toBeLessThan(bytes + 1_000);
  });

  test("survives a function that is killed after it put the second manifest", async () => {
    const to = await createDestination(aws);
    const images = { [`${to.name}:1`]: first, [`${to.name}:2`]: second, [`${to.name}:3`]: third };
    const request = await requestOf(layoutOf(images), "{name}:{tag}");
    const detail = { repositoryName: to.name };
    aws.faults.add({ service: "ecr", operation: "PutImage", detail, after: 1, fault: "kill", before: false });
    const { report, retries } = await execute(aws, request);
    expect({ status: report?.status, images: report?.images?.length, retries }).toEqual({
      status: "Replicated",
      images: 3,
      retries: 1,
    });
    for (const [tag, content] of Object.entries({ 1: first, 2: second, 3: third }))
      await expectTagged(to, tag, content);
  });
});

describe("as many images as are copied at once, with the longest names,", () => {
  test("are copied by an execution whose states stay below 256 KiB", async () => {
    const name = `${"a".repeat(127)}/${"b".repeat(128)}`;
    const to = await createRepository(aws, accounts.destination, { name });
    const images = Array.from({ length: maxImages }, (_, at) => {
      return [`${name}:${String(at).padStart(128, "t")}`, imageOf([3], 200 + at)] as const;
    });
    const key = await putArchive(aws, layoutOf(Object.fromEntries(images)), '"'.repeat(1024));
    const request = { ...requestFrom(key, to), destination: `${registry}/{name}:{tag}` };
    const { report, cause, arn } = await execute(aws, request);
    expect(cause).toBeUndefined();
    expect(report?.images?.map(({ digest }) => digest)).toEqual(images.map(([, { root }]) => root.digest));
    expect(await tagsOf(to)).toHaveLength(maxImages);
    const events = await historyOf(aws, arn);
    const states = events.flatMap(
      ({ stateEnteredEventDetails: entered, stateExitedEventDetails: exited }) => [
        Buffer.byteLength(entered?.input ?? ""),
        Buffer.byteLength(exited?.output ?? ""),
      ],
    );
    expect(Math.max(...states)).toBeLessThan(256 * 1024);
  });

  test("and one more are refused before any is copied", async () => {
    const names = Array.from({ length: maxImages + 1 }, (_, at) => [`team/app:${at}`, first] as const);
    const request = await requestOf(layoutOf(Object.fromEntries(names)), "{name}:{tag}");
    const { error, cause } = await execute(aws, request);
    expect(error).toBe("UnsupportedImage");
    expect(cause?.message).toContain(`at most ${maxImages} are copied at once`);
  });
});
