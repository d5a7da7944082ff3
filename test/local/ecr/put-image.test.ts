import {
  account,
  configType,
  type Described,
  digestOf,
  imageType,
  indexType,
  LocalEcr,
  layerType,
} from "./local-ecr.ts";

let ecr: LocalEcr;
let config: Described;
let layer: Described;
beforeEach(async () => {
  ecr = new LocalEcr();
  await ecr.createRepository();
  config = { ...(await ecr.putLayer("{}")), mediaType: configType };
  layer = await ecr.putLayer("a layer");
});
afterEach(() => ecr.dispose());

const put = (imageManifest: string, more: object = {}) =>
  ecr.call("PutImage", { repositoryName: "app", imageManifest, ...more });
const image = (more: object = {}) =>
  JSON.stringify({ schemaVersion: 2, mediaType: imageType, config, layers: [layer], ...more });
const index = (manifests: Described[], more: object = {}) =>
  JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests, ...more });
const constraint = (text: string, field = "ImageManifest") => ({
  name: "InvalidParameterException",
  message: `Invalid parameter at '${field}' failed to satisfy constraint: '${text}'`,
});
const missing: Described = { mediaType: layerType, digest: digestOf("missing"), size: 7 };

test("the digest is of the text as it was sent, and the text is kept", async () => {
  const text = `${image()}\n  `;
  const answer = await put(text, { imageTag: "v1", imageDigest: digestOf(text) });
  expect(answer["image"]).toEqual({
    registryId: account,
    repositoryName: "app",
    imageId: { imageDigest: digestOf(text), imageTag: "v1" },
    imageManifest: text,
    imageManifestMediaType: imageType,
  });
  const read = await ecr.call("BatchGetImage", { repositoryName: "app", imageIds: [{ imageTag: "v1" }] });
  expect(read["images"]).toEqual([answer["image"]]);
});

test("a text outside ASCII is hashed as UTF-8", async () => {
  const text = image({ annotations: { name: "λ 🐳" } });
  expect((await put(text))["image"]["imageId"]["imageDigest"]).toBe(digestOf(text));
});

test("another digest than the text's is refused", async () => {
  await expect(put(image(), { imageDigest: missing.digest })).rejects.toMatchObject({
    name: "ImageDigestDoesNotMatchException",
    message: `The image with digest '${missing.digest}' in repository 'app' and registry ID '${account}' does not match the image digest that Amazon ECR has calculated.`,
  });
});

test.each([
  ["no JSON", "{"],
  ["no object", "[]"],
  ["no media type anywhere", JSON.stringify({ schemaVersion: 2 })],
  [
    "schema 1",
    JSON.stringify({
      schemaVersion: 1,
      mediaType: "application/vnd.docker.distribution.manifest.v1+prettyjws",
    }),
  ],
  [
    "an artifact manifest",
    JSON.stringify({ mediaType: "application/vnd.oci.artifact.manifest.v1+json", blobs: [] }),
  ],
  ["an image without config", JSON.stringify({ schemaVersion: 2, mediaType: imageType, layers: [] })],
  ["an index of layers", JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests: [missing] })],
])("%s is invalid JSON syntax, as ECR says", async (_name, text) => {
  await expect(put(text)).rejects.toMatchObject(constraint("Invalid JSON syntax"));
});

test("a manifest without mediaType needs the parameter", async () => {
  const text = image({ mediaType: undefined });
  await expect(put(text)).rejects.toMatchObject(constraint("Invalid JSON syntax"));
  expect((await put(text, { imageManifestMediaType: imageType }))["image"]["imageManifestMediaType"]).toBe(
    imageType,
  );
});

test("a parameter that contradicts the manifest's mediaType is refused", async () => {
  const docker = "application/vnd.docker.distribution.manifest.v2+json";
  await expect(put(image(), { imageManifestMediaType: docker })).rejects.toMatchObject(
    constraint(`must equal the manifest's mediaType ${imageType}`, "imageManifestMediaType"),
  );
});

test("an image has at least 1 layer and at most 1,000", async () => {
  await expect(put(image({ layers: [] }))).rejects.toMatchObject(
    constraint("Image has to have at least 1 layer"),
  );
  await expect(put(image({ layers: Array(1001).fill(layer) }))).rejects.toMatchObject(
    constraint("Image has to have at most 1000 layers"),
  );
  await put(image({ layers: Array(1000).fill(layer) }));
});

test("a manifest has at most 4,194,304 characters", async () => {
  const padded = (length: number) => image() + " ".repeat(length - image().length);
  await expect(put(padded(4_194_305))).rejects.toMatchObject(
    constraint("must have length less than or equal to 4194304", "imageManifest"),
  );
  await put(padded(4_194_304));
});

test("every layer and config that is not there is named, once", async () => {
  const other = { ...missing, digest: digestOf("other") };
  await expect(put(image({ config: other, layers: [missing, layer, missing] }))).rejects.toMatchObject({
    name: "LayersNotFoundException",
    message: `Layers with digests '[${other.digest}, ${missing.digest}]' required for pushing image into repository with name 'app' in the registry with id '${account}' do not exist`,
  });
});

test("a layer of another repository, registry or region is not there", async () => {
  await ecr.createRepository("other");
  await expect(
    ecr.call("PutImage", { repositoryName: "other", imageManifest: image() }),
  ).rejects.toMatchObject({
    name: "LayersNotFoundException",
  });
});

test("layers that are kept elsewhere need not be there", async () => {
  const foreign = {
    ...missing,
    mediaType: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
    urls: ["https://example.com/layer"],
  };
  const nondistributable = {
    ...missing,
    mediaType: "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
  };
  await put(image({ layers: [layer, foreign, nondistributable] }));
  await expect(put(image({ layers: [layer, { ...foreign, urls: [] }] }))).rejects.toMatchObject({
    name: "LayersNotFoundException",
  });
});

test("a layer or image of another size than the manifest says is refused", async () => {
  await expect(put(image({ layers: [{ ...layer, size: 8 }] }))).rejects.toMatchObject(
    constraint(`the size of ${layer.digest} must be 7 instead of 8`),
  );
  const child = await ecr.putImage("child");
  await expect(put(index([{ ...child, size: 1 }]))).rejects.toMatchObject({
    name: "InvalidParameterException",
  });
});

test("an index needs its images, and may be of indexes", async () => {
  const child = await ecr.putImage("child");
  const absent = { ...child, digest: digestOf("absent") };
  await expect(put(index([child, absent]))).rejects.toMatchObject({
    name: "ReferencedImagesNotFoundException",
    message: `Images with digests '[${absent.digest}]' required for pushing image into repository with name 'app' in the registry with id '${account}' do not exist`,
  });
  await put(index([child]));
  const inner = { mediaType: indexType, digest: digestOf(index([child])), size: index([child]).length };
  await put(index([inner]), { imageTag: "outer" });
  await expect(put(index([]))).rejects.toMatchObject(constraint("Image list has to have at least 1 image"));
});

test("the same image with the same tag, or with none, exists already", async () => {
  await put(image(), { imageTag: "v1" });
  await expect(put(image(), { imageTag: "v1" })).rejects.toMatchObject({
    name: "ImageAlreadyExistsException",
    message: `Image with digest '${digestOf(image())}' and tag 'v1' already exists in the repository with name 'app' in registry with id '${account}'`,
  });
  await expect(put(image())).rejects.toMatchObject({ name: "ImageAlreadyExistsException" });
  await put(image(), { imageTag: "v2" });
});

test("a tag moves to the image put last", async () => {
  await put(image(), { imageTag: "v1" });
  const second = image({ annotations: { number: "2" } });
  await put(second, { imageTag: "v1" });
  const { images } = await ecr.call("BatchGetImage", {
    repositoryName: "app",
    imageIds: [{ imageTag: "v1" }],
  });
  expect(images[0].imageManifest).toBe(second);
});

test.each([
  ["IMMUTABLE", undefined, "v1", false],
  ["IMMUTABLE_WITH_EXCLUSION", "dev-*", "v1", false],
  ["IMMUTABLE_WITH_EXCLUSION", "dev-*", "dev-1", true],
  ["IMMUTABLE_WITH_EXCLUSION", "dev.*", "dev-1", false],
  ["MUTABLE_WITH_EXCLUSION", "v*", "v1", false],
  ["MUTABLE_WITH_EXCLUSION", "v*", "dev", true],
  ["MUTABLE_WITH_EXCLUSION", "v*", "nov", true],
])(
  "in a repository that is %s (%s), tag %s moves: %s",
  async (imageTagMutability, filter, imageTag, moves) => {
    await ecr.call("PutImageTagMutability", {
      repositoryName: "app",
      imageTagMutability,
      ...(filter && { imageTagMutabilityExclusionFilters: [{ filterType: "WILDCARD", filter }] }),
    });
    await put(image(), { imageTag });
    await expect(put(image(), { imageTag })).rejects.toMatchObject({ name: "ImageAlreadyExistsException" });
    const second = put(image({ annotations: { number: "2" } }), { imageTag });
    if (moves) await second;
    else {
      await expect(second).rejects.toMatchObject({
        name: "ImageTagAlreadyExistsException",
        message: `The image tag '${imageTag}' already exists in the 'app' repository and cannot be overwritten because the repository is immutable.`,
      });
    }
  },
);

test("an image has at most as many tags, a repository as many images, as the quotas allow", async () => {
  const small = new LocalEcr({ quotas: { tagsPerImage: 1, imagesPerRepository: 1 } });
  await small.createRepository();
  const { digest } = await small.putImage("one", "v1");
  const { images } = await small.call("BatchGetImage", {
    repositoryName: "app",
    imageIds: [{ imageDigest: digest }],
  });
  const again = { repositoryName: "app", imageManifest: images[0].imageManifest, imageTag: "v2" };
  await expect(small.call("PutImage", again)).rejects.toMatchObject({ name: "LimitExceededException" });
  await expect(small.putImage("two", "v2")).rejects.toMatchObject({ name: "LimitExceededException" });
  small.dispose();
});

test("every push is told as EventBridge tells it", async () => {
  await put(image());
  await put(image(), { imageTag: "v1" });
  const detail = {
    result: "SUCCESS",
    "repository-name": "app",
    "image-digest": digestOf(image()),
    "action-type": "PUSH",
    "image-tag": "",
    "manifest-media-type": imageType,
    "artifact-media-type": configType,
  };
  expect(ecr.actions).toEqual([
    { account, region: "us-east-1", detail },
    { account, region: "us-east-1", detail: { ...detail, "image-tag": "v1" } },
  ]);
});
