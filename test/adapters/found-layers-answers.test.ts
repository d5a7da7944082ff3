import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ECRClient } from "@aws-sdk/client-ecr";
import { EcrDestination } from "../../adapters/destinations/ecr.ts";
import { parseEcrImage } from "../../core/model/reference.ts";
import { bytesOf, type Content } from "../fakes/image.ts";
import { layeredImage, packed } from "../fakes/layered-image.ts";
import { type Answer, sends, whole } from "./layer-server.ts";

const { repository } = parseEcrImage("222222222222.dkr.ecr.eu-central-1.amazonaws.com/app");
const [old, young] = [packed(bytesOf(40, 1)), packed(bytesOf(41, 2))];
const [older, newer] = [layeredImage([old]), layeredImage([young])];
const wanted = [old.found.diffId, young.found.diffId];
const before = { ...process.env };
let server: Server;
let origin: string;
let client: ECRClient;
/** What the registry answers to an operation. */
let registry: Record<string, () => object>;
/** What the server of layers answers to a path. */
let downloads: Record<string, Answer>;

beforeEach(async () => {
  server = createServer(async (request, response) => {
    const download = downloads[request.url ?? ""];
    if (download) return download(request, response);
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const operation = String(request.headers["x-amz-target"]).split(".")[1] ?? "";
    const { layerDigest } = JSON.parse(Buffer.concat(chunks).toString());
    const answer = registry[`${operation} ${layerDigest}`]?.() ??
      registry[operation]?.() ?? { downloadUrl: `${origin}/${layerDigest}` };
    response.statusCode = "__type" in answer ? 400 : 200;
    response.setHeader("content-type", "application/x-amz-json-1.1").end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: origin,
    AWS_ACCESS_KEY_ID: "222222222222",
    AWS_SECRET_ACCESS_KEY: "any",
  });
  client = new ECRClient({ region: "eu-central-1", maxAttempts: 1 });
  registry = {
    DescribeImages: () => ({ imageDetails: [described(older, 1), described(newer, 2)] }),
    BatchGetImage: () => ({ images: [given(older), given(newer)] }),
  };
  downloads = Object.fromEntries(
    [older, newer].map((content) => {
      const { digest, bytes } = configOf(content);
      return [`/${digest}`, whole(bytes)];
    }),
  );
});
afterEach(() => {
  process.env = before;
  client.destroy();
  server.closeAllConnections();
  server.close();
});

const find = () => new EcrDestination(client, repository).findLayers(wanted);

function described({ root }: Content, imagePushedAt: number): object {
  return { imageDigest: root.digest, imageManifestMediaType: root.mediaType, imagePushedAt };
}

function given({ root, manifests }: Content): object {
  return {
    imageId: { imageDigest: root.digest },
    imageManifest: Buffer.from(manifests.get(root.digest) ?? []).toString(),
    imageManifestMediaType: root.mediaType,
  };
}

function configOf({ root, manifests, blobs }: Content): { digest: string; bytes: Uint8Array } {
  const { digest } = JSON.parse(Buffer.from(manifests.get(root.digest) ?? []).toString()).config;
  return { digest, bytes: blobs.get(digest) ?? new Uint8Array() };
}

function error(name: string): object {
  return { __type: name, message: "it is so" };
}

test("images of which the list does not tell the kind of config are looked at, the newest first", async () => {
  expect(await find()).toEqual([young.found, old.found]);
});

test("a list without any member is one of no image", async () => {
  registry["DescribeImages"] = () => ({});
  expect(await find()).toEqual([]);
});

test.each(["ImageNotFound", "ImageInaccessible", "KmsError"])(
  "an image that is not given, for %s, is passed over",
  async (failureCode) => {
    const failures = [{ imageId: { imageDigest: newer.root.digest }, failureCode }];
    registry["BatchGetImage"] = () => ({ images: [given(older)], failures });
    expect(await find()).toEqual([old.found]);
  },
);

test.each(["LayersNotFoundException", "LayerInaccessibleException"])(
  "an image whose config is gone, which is a %s, is passed over",
  async (name) => {
    registry[`GetDownloadUrlForLayer ${configOf(newer).digest}`] = () => error(name);
    expect(await find()).toEqual([old.found]);
  },
);

test.each<[string, (config: Uint8Array) => Answer]>([
  ["gone", () => sends(404)],
  [
    "shorter",
    ({ length }) =>
      sends(206, { "content-range": `bytes 0-${length - 2}/${length - 1}` }, " ".repeat(length - 1)),
  ],
  ["longer", (config) => whole(Buffer.concat([config, config]))],
  ["empty", () => sends(416)],
  ["another", (config) => whole(Uint8Array.from(config).fill(32, 0, 1))],
])("an image whose config is %s where it is downloaded is passed over", async (_, answer) => {
  const { digest, bytes } = configOf(newer);
  downloads[`/${digest}`] = answer(bytes);
  expect(await find()).toEqual([old.found]);
});

test("a download URL that is neither https nor of the endpoint in use is not followed", async () => {
  registry["GetDownloadUrlForLayer"] = () => ({ downloadUrl: "http://localhost:1/layer?secret" });
  await expect(find()).rejects.toMatchObject({
    name: "Unavailable",
    side: "destination",
    message: "the download URL for a layer begins with http://localhost:1; only https is followed",
  });
});

test("a config that cannot be downloaded is Unavailable on the side of the destination", async () => {
  for (const path of Object.keys(downloads)) downloads[path] = sends(503);
  await expect(find()).rejects.toMatchObject({
    name: "Unavailable",
    side: "destination",
    operation: "ReadBlob",
  });
});

test("a repository that is not there is named", async () => {
  registry["DescribeImages"] = () => error("RepositoryNotFoundException");
  await expect(find()).rejects.toMatchObject({ name: "RepositoryNotFound", side: "destination" });
});
