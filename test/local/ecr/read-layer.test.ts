import { readdirSync } from "node:fs";
import { account, bodyOf, digestOf, LocalEcr } from "./local-ecr.ts";

let ecr: LocalEcr;
let url: string;
const content = "layer of app";
const layerDigest = digestOf(content);
beforeEach(async () => {
  ecr = new LocalEcr();
  await ecr.createRepository();
  await ecr.putImage("app", "v1");
  url = (await ecr.call("GetDownloadUrlForLayer", { repositoryName: "app", layerDigest }))["downloadUrl"];
});
afterEach(() => ecr.dispose());

test("availability tells the layers of this repository from all others, and bad digests apart", async () => {
  await ecr.createRepository("other");
  const layerDigests = [layerDigest, digestOf("unknown"), "sha256:xyz", ""];
  expect(await ecr.call("BatchCheckLayerAvailability", { repositoryName: "app", layerDigests })).toEqual({
    layers: [
      { layerDigest, layerAvailability: "AVAILABLE", layerSize: content.length },
      { layerDigest: digestOf("unknown"), layerAvailability: "UNAVAILABLE" },
    ],
    failures: [
      { layerDigest: "sha256:xyz", failureCode: "InvalidLayerDigest", failureReason: expect.any(String) },
      { layerDigest: "", failureCode: "MissingLayerDigest", failureReason: expect.any(String) },
    ],
  });
  const elsewhere = await ecr.call("BatchCheckLayerAvailability", {
    repositoryName: "other",
    layerDigests: [layerDigest],
  });
  expect(elsewhere["layers"]).toEqual([{ layerDigest, layerAvailability: "UNAVAILABLE" }]);
});

test("a layer that no image names is available but cannot be read, and may vanish", async () => {
  const orphan = await ecr.putLayer("orphan");
  const download = () =>
    ecr.call("GetDownloadUrlForLayer", { repositoryName: "app", layerDigest: orphan.digest });
  await expect(download()).rejects.toMatchObject({ name: "LayerInaccessibleException" });
  expect(ecr.store.get({ account, region: "us-east-1", name: "app" }).removeOrphanLayers()).toEqual([
    orphan.digest,
  ]);
  await expect(download()).rejects.toMatchObject({
    name: "LayersNotFoundException",
    message: `The layer with digest ${orphan.digest} does not exist within the repository with name 'app' in the registry with id '${account}'`,
  });
  expect((await ecr.get(url)).status).toBe(200);
});

test("a download URL is a pre-signed one on the same endpoint, good for an hour", async () => {
  expect(url).toMatch(
    /^http:\/\/127\.0\.0\.1:4566\/_layers\/111111111111\/us-east-1\/[0-9a-f]+\?.*X-Amz-Expires=3600&X-Amz-Signature=[0-9a-f]{64}$/,
  );
  const reply = await ecr.get(url);
  expect(reply).toMatchObject({ status: 200, headers: { "content-length": "12", "accept-ranges": "bytes" } });
  expect(await bodyOf(reply)).toBe(content);
  expect(ecr.identified.at(-1)).toEqual({
    operation: "GET layer",
    detail: { repositoryName: "app", layerDigest, range: "" },
    account,
  });
});

test.each([
  ["bytes=0-0", "l", "bytes 0-0/12"],
  ["bytes=6-", "of app", "bytes 6-11/12"],
  ["bytes=6-7", "of", "bytes 6-7/12"],
  ["bytes=11-11", "p", "bytes 11-11/12"],
  ["bytes=9-99", "app", "bytes 9-11/12"],
  ["bytes=-3", "app", "bytes 9-11/12"],
  ["bytes=-99", content, "bytes 0-11/12"],
])("the range %s is served as a part", async (range, expected, contentRange) => {
  const reply = await ecr.get(url, { range });
  expect(reply).toMatchObject({
    status: 206,
    headers: { "content-range": contentRange, "content-length": String(expected.length) },
  });
  expect(await bodyOf(reply)).toBe(expected);
});

test.each([
  "bytes=12-",
  "bytes=12-13",
  "bytes=5-3",
  "bytes=-0",
  "bytes=0-1,3-4",
  "bytes=-",
  "bytes=a-b",
  "lines=1-2",
])("the range %s cannot be had", async (range) => {
  const reply = await ecr.get(url, { range });
  expect(reply).toMatchObject({
    status: 416,
    error: "InvalidRange",
    headers: { "content-range": "bytes */12" },
  });
  expect(await bodyOf(reply)).toContain("<Code>InvalidRange</Code>");
});

test("an expired URL is refused in S3's words, whether by time or on demand", async () => {
  ecr.now += 3_599_999;
  expect((await ecr.get(url)).status).toBe(200);
  ecr.now += 1;
  const late = await ecr.get(url);
  expect(late.status).toBe(403);
  expect(await bodyOf(late)).toMatch(
    /<Error><Code>AccessDenied<\/Code><Message>Request has expired<\/Message>/,
  );
  const fresh = await ecr.call("GetDownloadUrlForLayer", { repositoryName: "app", layerDigest });
  expect((await ecr.get(fresh["downloadUrl"])).status).toBe(200);
  ecr.downloads.expireAll();
  expect(await bodyOf(await ecr.get(fresh["downloadUrl"]))).toContain("Request has expired");
});

test("a URL that was changed, invented or used for another method is refused", async () => {
  const forged = [
    url.replace(/.$/, (last) => (last === "0" ? "1" : "0")),
    url.replace("3600", "7200"),
    `${url}&x=1`,
  ];
  for (const changed of [...forged, `${url.split("?")[0]}0?${url.split("?")[1]}`]) {
    expect(await ecr.get(changed)).toMatchObject({ status: 403, error: "SignatureDoesNotMatch" });
  }
  expect((await ecr.get(url, {}, "HEAD")).status).toBe(403);
});

test("credentials are not to be sent along with a pre-signed URL", async () => {
  expect(await ecr.get(url, { authorization: "Basic QVdTOng=" })).toMatchObject({
    status: 400,
    error: "InvalidArgument",
  });
});

test("the URL of a layer whose repository is gone leads nowhere", async () => {
  await ecr.call("DeleteRepository", { repositoryName: "app", force: true });
  expect(await ecr.get(url)).toMatchObject({ status: 404, error: "NoSuchKey" });
  expect(readdirSync(`${ecr.directory}/${account}/us-east-1`)).toEqual([]);
});
