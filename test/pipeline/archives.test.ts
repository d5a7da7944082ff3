import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync, zstdDecompressSync } from "node:zlib";
import type { Request } from "../../core/model/request.ts";
import type { LocalAws } from "../../local/aws.ts";
import type { CallRecord } from "../../local/http.ts";
import { dockerConfig, dockerContent, dockerFiles, type Files, ociFiles } from "../fakes/archive.ts";
import { attestedIndex, type Content, imageOf } from "../fakes/image.ts";
import { header, tarOf } from "../fakes/tar.ts";
import {
  blobsOf,
  bucket,
  createBucket,
  createDestination,
  dockerLayer,
  expectReplicated,
  putArchive,
  requestFrom,
} from "./bucket.ts";
import { execute } from "./execution.ts";
import { imageOfLayers, MiB } from "./layer.ts";
import { accounts, region, startPipeline } from "./pipeline.ts";
import { digestOfTag, expectCopy, push, type Repository } from "./repository.ts";
import { bytesSent, expectSentOnce, operations } from "./traffic.ts";

const GB = 1_000_000_000;
const none = { layerCompression: "none" } as const;
let aws: LocalAws;
let data: string;

beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), "archives-"));
  plantSparse("huge.tar");
  aws = await startPipeline({ data });
  await createBucket(aws, "other-bucket");
});
afterAll(async () => {
  await aws.stop();
  rmSync(data, { recursive: true });
});

describe("an OCI archive", () => {
  test.each<[string, Content]>([
    ["an image", imageOfLayers([3 * MiB, 12, 700])],
    ["an index of platforms with an attestation", attestedIndex()],
  ])("of %s is copied byte for byte, each layer sent once, and then in sync", async (_, content) => {
    const to = await createDestination(aws);
    const request = requestFrom(await putArchive(aws, ociFiles({ content })), to);
    await expectReplicated(request, to, content);
    expectSentOnce(to, blobsOf(content));

    aws.calls.length = 0;
    const again = await execute(aws, request);
    expect(again.report).toMatchObject({ status: "InSync", digest: content.root.digest });
    expect(operations(to)).toEqual(["BatchGetImage"]);
  });

  test("sends nothing of what the destination has", async () => {
    const [content, to] = [imageOfLayers([2 * MiB, 5], 3), await createDestination(aws)];
    await push(to, content, "other");
    aws.calls.length = 0;
    await expectReplicated(requestFrom(await putArchive(aws, ociFiles({ content })), to), to, content);
    expect(bytesSent(to)).toBe(0);
  });

  test("gives the image that is named, whose tag is the destination's when none is given", async () => {
    const [first, second, to] = [imageOf([5], 11), imageOf([6], 12), await createDestination(aws)];
    const key = await putArchive(
      aws,
      ociFiles({ content: first, name: "app:1" }, { content: second, name: "app:2" }),
    );
    const request = requestFrom(`${key}#app:2`, to);
    const execution = await execute(aws, { ...request, destination: request.destination.replace(/:1$/, "") });
    expect(execution.report).toMatchObject({ status: "Replicated", digest: second.root.digest });
    expect(await digestOfTag(to, "2")).toBe(second.root.digest);
    await expectCopy(to, second);
  });
});

describe("a Docker archive", () => {
  const layers = [dockerLayer(2 * MiB, 21), dockerLayer(3, 22), dockerLayer(3, 22)];

  test("is copied byte for byte, each layer sent once, and then in sync", async () => {
    const [content, to] = [dockerContent(layers), await createDestination(aws)];
    const request = requestFrom(await putArchive(aws, dockerFiles(layers, "app:1")), to, none);
    await expectReplicated(request, to, content);
    expectSentOnce(to, blobsOf(content));
    expect((await execute(aws, request)).report).toMatchObject({ status: "InSync" });
  });

  test("with compressed layers that are named for their digest is copied as it is", async () => {
    const to = await createDestination(aws);
    const packed = layers.slice(0, 2).map(({ bytes }) => {
      const zipped = gzipSync(bytes);
      const hex = createHash("sha256").update(zipped).digest("hex");
      const diffId = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
      return { path: `${hex}.tar.gz`, bytes: zipped, diffId };
    });
    const content = dockerContent(packed, "+gzip");
    await expectReplicated(requestFrom(await putArchive(aws, dockerFiles(packed)), to), to, content);
  });

  test.each<[string, Partial<Request>, (blob: Uint8Array) => Buffer]>([
    ["gzip when nothing is said", {}, gunzipSync],
    ["zstd", { layerCompression: "zstd" }, zstdDecompressSync],
  ])(
    "is compressed on its way with %s, keeps its config and diff_ids, and is in sync then",
    async (_, also, inflate) => {
      const to = await createDestination(aws);
      const request = requestFrom(await putArchive(aws, dockerFiles(layers)), to, also);
      const { report, cause } = await execute(aws, request);
      expect({ cause, status: report?.status }).toEqual({ cause: undefined, status: "Replicated" });
      const manifest = await bodyOf(to, `/manifests/${report?.digest}`);
      const { config, layers: listed } = JSON.parse(manifest.toString());
      expect(await bodyOf(to, `/blobs/${config.digest}`)).toEqual(Buffer.from(dockerConfig(layers)));
      expect(listed).toHaveLength(3);
      for (const [at, { digest, size }] of listed.entries()) {
        const blob = await bodyOf(to, `/blobs/${digest}`);
        expect(blob).toHaveLength(size);
        expect(Buffer.compare(inflate(blob), layers[at]?.bytes ?? Buffer.alloc(0))).toBe(0);
      }
      expect(await digestOfTag(to, "1")).toBe(report?.digest);
      aws.calls.length = 0;
      const again = await execute(aws, request);
      expect(again.report).toMatchObject({ digest: report?.digest });
      expect([again.report?.status, bytesSent(to)]).toEqual(["InSync", 0]);
    },
  );

  test("whose layer is not the one that its config lists leaves no image", async () => {
    const to = await createDestination(aws);
    const files = { ...dockerFiles(layers), "21/layer.tar": tarOf({ data: "forged" }) };
    const execution = await execute(aws, requestFrom(await putArchive(aws, files), to, none));
    expect(execution).toMatchObject({ status: "FAILED", error: "DigestMismatch" });
    expect(await digestOfTag(to, "1")).toBeUndefined();
  });

  test("of 20 GB is planned in seconds, from a few small reads", async () => {
    const to = await createDestination(aws);
    aws.calls.length = 0;
    const { report } = await execute(aws, requestFrom("huge.tar", to, { ...none, mode: "plan" }));
    expect(report).toMatchObject({ status: "Planned", layers: { copied: 4 } });
    expect(report?.layers.bytesCopied).toBeGreaterThan(20 * GB);
    expect(reads("huge.tar").length).toBeLessThan(20);
  });
});

describe("an archive that cannot be copied", () => {
  const content = imageOf([4, 60], 41);
  const docker = [dockerLayer(5, 42)];

  test.each<[string, () => Uint8Array | Files, string, { error: string; message: RegExp }]>([
    [
      "compressed with xz",
      () => Buffer.from("fd377a585a000004", "hex"),
      "",
      { error: "UnsupportedImage", message: /is compressed with xz; put it/ },
    ],
    [
      "no archive",
      () => Buffer.from("<html>Sign in</html>"),
      "",
      { error: "UnsupportedImage", message: /is no tar archive; expected an image/ },
    ],
    [
      "empty",
      () => new Uint8Array(),
      "",
      { error: "UnsupportedImage", message: /^s3:\/\/my-bucket\/.* is empty/ },
    ],
    [
      "truncated",
      () => tarOf(dockerFiles(docker)).subarray(0, 1_500),
      "",
      { error: "UnsupportedImage", message: /the archive is cut short/ },
    ],
    [
      "without an image",
      () => ({ "readme.md": "" }),
      "",
      { error: "UnsupportedImage", message: /holds no image/ },
    ],
    [
      "without the named image",
      () => ociFiles({ content, name: "app:1" }),
      "#app:2",
      { error: "SourceNotFound", message: /no image 'app:2'; it has 1 image: 'app:1'/ },
    ],
    [
      "without a layer",
      () => without(ociFiles({ content }), [...content.blobs.keys()].at(-1)),
      "",
      { error: "UnsupportedImage", message: /the archive lacks sha256/ },
    ],
  ])(
    "since it is %s says so, and calls the destination for nothing",
    async (_, make, image, { error, message }) => {
      const to = await createDestination(aws);
      const key = await putArchive(aws, make());
      const execution = await execute(aws, requestFrom(`${key}${image}`, to));
      expect({ status: execution.status, error: execution.error }).toEqual({ status: "FAILED", error });
      expect(execution.cause).toMatchObject({ side: "source", message: expect.stringMatching(message) });
      expect(operations(to)).toEqual([]);
      expect(await digestOfTag(to, "1")).toBeUndefined();
    },
  );

  test.each([
    ["a key that is not there", `s3://${bucket}/absent.tar`, "SourceNotFound"],
    ["a bucket that the role may not read", "s3://other-bucket/app.tar", "AccessDenied"],
    ["a bucket that is not there", "s3://absent-bucket/app.tar", "AccessDenied"],
  ])("since it is in %s says so: %s is %s", async (_, source, error) => {
    const to = await createDestination(aws);
    aws.calls.length = 0;
    const execution = await execute(aws, requestFrom("", to, { source }));
    expect({ status: execution.status, error: execution.error }).toEqual({ status: "FAILED", error });
    expect(execution.cause).toMatchObject({
      side: "source",
      operation: "GetObject",
      message: expect.stringContaining(source),
    });
    expect(operations(to)).toEqual([]);
  });
});

async function bodyOf({ account, name }: Repository, path: string): Promise<Buffer> {
  return Buffer.from(await (await fetch(`${aws.endpoint}/v2/${account}/${region}/${name}${path}`)).bytes());
}

function without(files: Files, digest = ""): Files {
  return Object.fromEntries(Object.entries(files).filter(([name]) => !name.includes(digest.slice(7))));
}

function reads(key: string): CallRecord[] {
  return aws.calls.filter(({ operation, detail }) => operation === "GetObject" && detail["key"] === key);
}

/** Puts a Docker archive of three layers of zeros into the bucket before local AWS opens it: 20 GB that no disk holds. */
function plantSparse(key: string): void {
  const folder = join(data, "s3", bucket, "objects");
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, "..", "bucket.json"),
    JSON.stringify({ name: bucket, owner: accounts.source, region }),
  );
  const path = join(folder, createHash("sha256").update(key).digest("hex"));
  const shapes = [12, 7, 1].map((size, at) => ({
    path: `${at}/layer.tar`,
    size: size * GB,
    bytes: new Uint8Array(),
    diffId: `sha256:${String(at).repeat(64)}`,
  }));
  let size = 0;
  const append = (bytes: Uint8Array, room = bytes.length) => {
    writeFileSync(path, bytes, { flag: "a" });
    size += Math.ceil(room / 512) * 512;
    truncateSync(path, size);
  };
  for (const { path: name, size: room } of shapes) {
    append(header({ name, size: room, dialect: "gnu" }), 512 + room);
  }
  append(tarOf(without(dockerFiles(shapes), "sha256:layer.tar")));
  const object = { key, size, etag: '"huge"', headers: {}, lastModified: "2026-01-01T00:00:00.000Z" };
  writeFileSync(`${path}.json`, JSON.stringify(object));
}
