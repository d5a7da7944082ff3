import {
  type Answer,
  account,
  configType,
  type Described,
  digestOf,
  imageType,
  indexType,
  LocalEcr,
} from "./local-ecr.ts";

let ecr: LocalEcr;
beforeEach(async () => {
  ecr = new LocalEcr();
  await ecr.createRepository();
});
afterEach(() => ecr.dispose());

const ask = (operation: string, more: object = {}) => ecr.call(operation, { repositoryName: "app", ...more });
const remove = (...imageIds: object[]) => ask("BatchDeleteImage", { imageIds });
async function putIndex(children: Described[], imageTag?: string): Promise<Described> {
  const imageManifest = JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests: children });
  await ask("PutImage", { imageManifest, imageTag });
  return { mediaType: indexType, digest: digestOf(imageManifest), size: imageManifest.length };
}
async function pages(operation: string, list: string, more: object): Promise<Answer[][]> {
  const all: Answer[][] = [];
  let nextToken: string | undefined;
  do {
    const page = await ask(operation, { ...more, nextToken });
    all.push(page[list]);
    nextToken = page["nextToken"];
  } while (nextToken !== undefined);
  return all;
}

test("an image is read by tag, by digest, or by both if they agree; every other id is a failure of its own", async () => {
  const one = await ecr.putImage("one", "v1");
  const two = await ecr.putImage("two", "v2");
  const imageIds = [
    { imageTag: "v1" },
    { imageDigest: one.digest },
    { imageDigest: two.digest, imageTag: "v2" },
    { imageDigest: two.digest, imageTag: "v1" },
    { imageTag: "nope" },
    { imageDigest: digestOf("nope") },
    { imageDigest: "sha256:short" },
    { imageTag: ".bad" },
    {},
  ];
  const { images, failures } = await ask("BatchGetImage", { imageIds });
  expect(images.map(({ imageId }: Answer) => imageId)).toEqual([
    { imageDigest: one.digest, imageTag: "v1" },
    { imageDigest: one.digest },
    { imageDigest: two.digest, imageTag: "v2" },
  ]);
  expect(failures.map(({ failureCode }: Answer) => failureCode)).toEqual([
    "ImageTagDoesNotMatchDigest",
    "ImageNotFound",
    "ImageNotFound",
    "InvalidImageDigest",
    "InvalidImageTag",
    "MissingDigestAndTag",
  ]);
  expect(failures[1]).toEqual({
    imageId: { imageTag: "nope" },
    failureCode: "ImageNotFound",
    failureReason: "Requested image not found",
  });
  expect(failures[5].failureReason).toBe("Invalid request parameters: both tag and digest cannot be null");
});

test("an image of a media type that is not accepted is not found", async () => {
  await ecr.putImage("one", "v1");
  const read = (...acceptedMediaTypes: string[]) =>
    ask("BatchGetImage", { imageIds: [{ imageTag: "v1" }], acceptedMediaTypes });
  expect((await read(indexType))["failures"]).toMatchObject([{ failureCode: "ImageNotFound" }]);
  expect((await read(indexType, imageType))["images"]).toHaveLength(1);
});

test("images are listed once for each tag, untagged ones by digest alone", async () => {
  const one = await ecr.putImage("one");
  const two = await ecr.putImage("two", "a");
  await ecr.putImage("two", "b");
  const list = async (filter?: object) => new Set((await ask("ListImages", { filter }))["imageIds"]);
  const tagged = ["a", "b"].map((imageTag) => ({ imageDigest: two.digest, imageTag }));
  expect(await list()).toEqual(new Set([{ imageDigest: one.digest }, ...tagged]));
  expect(await list({ tagStatus: "TAGGED" })).toEqual(new Set(tagged));
  expect(await list({ tagStatus: "UNTAGGED" })).toEqual(new Set([{ imageDigest: one.digest }]));
  expect(await list({ imageStatus: "ARCHIVED" })).toEqual(new Set());
});

test("a list is given in pages that together are the whole", async () => {
  for (const name of ["one", "two", "three"]) await ecr.putImage(name, name);
  for (const maxResults of [1, 2, 3, 1000]) {
    for (const [operation, list] of [
      ["ListImages", "imageIds"],
      ["DescribeImages", "imageDetails"],
    ] as const) {
      const got = await pages(operation, list, { maxResults });
      expect(got.map(({ length }) => length)).toEqual(
        { 1: [1, 1, 1], 2: [2, 1], 3: [3], 1000: [3] }[maxResults],
      );
      expect(new Set(got.flat().map(({ imageDigest }) => imageDigest)).size).toBe(3);
    }
  }
  await expect(ask("ListImages", { nextToken: "bm9uZQ" })).rejects.toMatchObject({
    message: "Invalid parameter at 'nextToken' failed to satisfy constraint: 'Invalid next token provided'",
  });
});

test("a list is 100 entries a page unless told", async () => {
  for (let number = 0; number <= 100; number += 1) await ecr.putImage("one", `v${number}`);
  expect((await pages("ListImages", "imageIds", {})).map(({ length }) => length)).toEqual([100, 1]);
});

test("an image is described with its tags and the bytes of its layers, an index with those of its largest image", async () => {
  const child = await ecr.putImage("one", "v1");
  await ecr.putImage("one", "v2");
  const larger = await ecr.putImage("one but larger");
  const parent = await putIndex([child, larger], "all");
  const described = (...imageIds: object[]) => ask("DescribeImages", { imageIds });
  expect(await described({ imageDigest: child.digest }, { imageTag: "v1" })).toEqual({
    imageDetails: [
      {
        registryId: account,
        repositoryName: "app",
        imageDigest: child.digest,
        imageTags: ["v1", "v2"],
        imageSizeInBytes: '{"of":"one"}'.length + "layer of one".length,
        imagePushedAt: expect.any(Number),
        imageManifestMediaType: imageType,
        artifactMediaType: configType,
        imageStatus: "ACTIVE",
      },
    ],
  });
  const { imageDetails } = await described({ imageDigest: parent.digest });
  expect(imageDetails[0].imageSizeInBytes).toBe(
    '{"of":"one but larger"}'.length + "layer of one but larger".length,
  );
  expect(imageDetails[0]).not.toHaveProperty("artifactMediaType");
});

test("one image that is not there fails the whole description", async () => {
  await ecr.putImage("one", "v1");
  await expect(
    ask("DescribeImages", { imageIds: [{ imageTag: "v1" }, { imageTag: "nope" }] }),
  ).rejects.toMatchObject({
    name: "ImageNotFoundException",
    message: `The image with imageId {imageDigest:'null', imageTag:'nope'} does not exist within the repository with name 'app' in the registry with id '${account}'`,
  });
  await expect(
    ask("DescribeImages", { imageIds: [{ imageTag: "v1" }], maxResults: 1 }),
  ).rejects.toMatchObject({
    name: "InvalidParameterException",
  });
});

test("deleting by tag takes the tag, and the image with its last one", async () => {
  const { digest } = await ecr.putImage("one", "v1");
  await ecr.putImage("one", "v2");
  expect(await remove({ imageTag: "v1" })).toEqual({
    imageIds: [{ imageDigest: digest, imageTag: "v1" }],
    failures: [],
  });
  expect((await ask("ListImages"))["imageIds"]).toEqual([{ imageDigest: digest, imageTag: "v2" }]);
  await remove({ imageTag: "v2" });
  expect((await ask("ListImages"))["imageIds"]).toEqual([]);
  expect(ecr.actions.slice(2).map(({ detail }) => [detail["action-type"], detail["image-tag"]])).toEqual([
    ["DELETE", "v1"],
    ["DELETE", "v2"],
  ]);
});

test("deleting by digest takes all tags", async () => {
  const { digest } = await ecr.putImage("one", "v1");
  await ecr.putImage("one", "v2");
  const untagged = await ecr.putImage("two");
  const { imageIds, failures } = await remove(
    { imageDigest: digest },
    { imageDigest: untagged.digest },
    { imageTag: "v1" },
  );
  expect(imageIds).toEqual([
    { imageDigest: digest, imageTag: "v1" },
    { imageDigest: digest, imageTag: "v2" },
    { imageDigest: untagged.digest },
  ]);
  expect(failures).toMatchObject([{ failureCode: "ImageNotFound" }]);
  expect(ecr.actions.at(-1)?.detail).toMatchObject({ "action-type": "DELETE", "image-tag": "" });
});

test("an image of an index cannot be deleted before the index", async () => {
  const child = await ecr.putImage("one", "v1");
  const parent = await putIndex([child], "all");
  for (const id of [{ imageDigest: child.digest }, { imageTag: "v1" }]) {
    expect((await remove(id))["failures"]).toEqual([
      {
        imageId: id,
        failureCode: "ImageReferencedByManifestList",
        failureReason: `Requested image referenced by manifest list: [${parent.digest}]`,
      },
    ]);
  }
  expect((await remove({ imageTag: "all" }, { imageTag: "v1" }))["failures"]).toEqual([]);
});

test("referrers of an image are listed, by type if asked, and none of an unknown one", async () => {
  const subject = await ecr.putImage("one", "v1");
  const layer = await ecr.putLayer("a signature");
  const empty = { ...(await ecr.putLayer("{}")), mediaType: "application/vnd.oci.empty.v1+json" };
  const manifest = { schemaVersion: 2, mediaType: imageType, config: empty, layers: [layer], subject };
  const texts = [
    JSON.stringify({ ...manifest, artifactType: "application/signature", annotations: { by: "me" } }),
    JSON.stringify(manifest),
  ];
  for (const imageManifest of texts) await ask("PutImage", { imageManifest });
  const list = (more: object = {}) =>
    ask("ListImageReferrers", { subjectId: { imageDigest: subject.digest }, ...more });
  expect((await list({ filter: { artifactTypes: ["application/signature"] } }))["referrers"]).toEqual([
    {
      digest: digestOf(texts[0] ?? ""),
      mediaType: imageType,
      artifactType: "application/signature",
      size: texts[0]?.length,
      annotations: { by: "me" },
      artifactStatus: "ACTIVE",
    },
  ]);
  const first = await list({ maxResults: 1 });
  const second = await list({ maxResults: 1, nextToken: first["nextToken"] });
  expect(
    new Set([...first["referrers"], ...second["referrers"]].map(({ artifactType }) => artifactType)),
  ).toEqual(new Set(["application/signature", "application/vnd.oci.empty.v1+json"]));
  expect(second["nextToken"]).toBeUndefined();
  expect((await list({ subjectId: { imageDigest: digestOf("nope") } }))["referrers"]).toEqual([]);
  const { imageDetails } = await ask("DescribeImages", {
    imageIds: [{ imageDigest: digestOf(texts[0] ?? "") }],
  });
  expect(imageDetails[0].subjectManifestDigest).toBe(subject.digest);
});
