import { createHash, randomBytes } from "node:crypto";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetBucketAclCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { type LocalAws, startLocalAws } from "../../../local/aws.ts";
import { decodeChunked } from "../../../local/s3/chunked.ts";
import { ACCOUNT, REGION, writeAssembly } from "../fixture-assembly.ts";

const Bucket = "work-bucket";
const reader = {
  Type: "AWS::IAM::Role",
  Properties: {
    RoleName: "Reader",
    AssumeRolePolicyDocument: {
      Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { AWS: ACCOUNT } }],
    },
    Policies: [
      {
        PolicyDocument: {
          Statement: [{ Effect: "Allow", Action: "s3:GetObject", Resource: `arn:aws:s3:::${Bucket}/open/*` }],
        },
      },
    ],
  },
};

let aws: LocalAws;
let s3: S3Client;
const settings = (accessKeyId = ACCOUNT) => ({
  endpoint: aws.endpoint,
  region: REGION,
  credentials: { accessKeyId, secretAccessKey: "any" },
  maxAttempts: 1,
});

beforeAll(async () => {
  const template = {
    Resources: { Reader: reader, Work: { Type: "AWS::S3::Bucket", Properties: { BucketName: Bucket } } },
  };
  aws = await startLocalAws({ assembly: writeAssembly(template) });
  s3 = new S3Client({ ...settings(), forcePathStyle: true });
});
afterAll(() => aws.stop());

const put = (Key: string, Body: string | Uint8Array, rest = {}) =>
  s3.send(new PutObjectCommand({ Bucket, Key, Body, ...rest }));
const read = async (Key: string, rest = {}) =>
  Buffer.from(
    (await (await s3.send(new GetObjectCommand({ Bucket, Key, ...rest }))).Body?.transformToByteArray()) ??
      [],
  );

describe("objects", () => {
  test("are read back byte for byte with their MD5 as ETag, type and metadata", async () => {
    const bytes = randomBytes(3_000_000);
    const { ETag } = await put("a/b.bin", bytes, {
      ContentType: "application/x-tar",
      Metadata: { origin: "here" },
    });
    expect(ETag).toBe(`"${createHash("md5").update(bytes).digest("hex")}"`);
    expect((await read("a/b.bin")).equals(bytes)).toBe(true);
    expect(await s3.send(new HeadObjectCommand({ Bucket, Key: "a/b.bin" }))).toMatchObject({
      ContentLength: 3_000_000,
      ContentType: "application/x-tar",
      Metadata: { origin: "here" },
      ETag,
    });
  });

  test("may have any key, and may be empty", async () => {
    for (const Key of ["with space+plus", "ünïcode/日本", "a//b", "100%"]) {
      await put(Key, Key);
      expect((await read(Key)).toString()).toBe(Key);
    }
    await put("empty", Buffer.alloc(0));
    expect(await read("empty")).toHaveLength(0);
  });

  test.each([
    ["bytes=0-0", "0", "bytes 0-0/10"],
    ["bytes=3-5", "345", "bytes 3-5/10"],
    ["bytes=8-", "89", "bytes 8-9/10"],
    ["bytes=-2", "89", "bytes 8-9/10"],
    ["bytes=5-100", "56789", "bytes 5-9/10"],
  ])("give the range %s", async (Range, expected, ContentRange) => {
    await put("digits", "0123456789");
    const answer = await s3.send(new GetObjectCommand({ Bucket, Key: "digits", Range }));
    expect(await answer.Body?.transformToString()).toBe(expected);
    expect(answer.ContentRange).toBe(ContentRange);
  });

  test("refuse a range that begins after their end", async () => {
    await put("digits", "0123456789");
    await expect(read("digits", { Range: "bytes=10-" })).rejects.toMatchObject({
      name: "InvalidRange",
      $metadata: { httpStatusCode: 416 },
    });
  });

  test("are read only if their ETag is the wanted one", async () => {
    const { ETag } = await put("matched", "x");
    expect(await read("matched", { IfMatch: ETag })).toHaveLength(1);
    await expect(read("matched", { IfMatch: '"other"' })).rejects.toMatchObject({
      name: "PreconditionFailed",
    });
  });

  test("that were deleted or never were are not found", async () => {
    await put("gone", "x");
    await s3.send(new DeleteObjectCommand({ Bucket, Key: "gone" }));
    await s3.send(new DeleteObjectCommand({ Bucket, Key: "gone" }));
    await expect(read("gone")).rejects.toMatchObject({ name: "NoSuchKey" });
    await expect(s3.send(new HeadObjectCommand({ Bucket, Key: "gone" }))).rejects.toMatchObject({
      name: "NotFound",
    });
  });

  test("whose body does not have the checksum that came with it are not stored", async () => {
    const ChecksumCRC32 = "AAAAAA==";
    await expect(put("wrong", "text", { ChecksumCRC32 })).rejects.toMatchObject({ name: "BadDigest" });
    await expect(read("wrong")).rejects.toMatchObject({ name: "NoSuchKey" });
  });
});

describe("listing", () => {
  beforeAll(async () => {
    for (const key of ["list/a", "list/b/1", "list/b/2", "list/c"]) await put(key, key);
  });

  test("groups keys by delimiter", async () => {
    const listed = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: "list/", Delimiter: "/" }));
    expect(listed.Contents?.map(({ Key }) => Key)).toEqual(["list/a", "list/c"]);
    expect(listed.CommonPrefixes).toEqual([{ Prefix: "list/b/" }]);
  });

  test("goes on where the page before ended", async () => {
    const keys: (string | undefined)[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await s3.send(
        new ListObjectsV2Command({ Bucket, Prefix: "list/", MaxKeys: 3, ContinuationToken }),
      );
      keys.push(...(page.Contents ?? []).map(({ Key }) => Key));
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken);
    expect(keys).toEqual(["list/a", "list/b/1", "list/b/2", "list/c"]);
  });
});

describe("multipart uploads", () => {
  const Key = "multi";
  const open = async () => (await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }))).UploadId ?? "";
  const part = async (UploadId: string, PartNumber: number, Body: Uint8Array) => {
    const { ETag } = await s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }));
    return { PartNumber, ETag };
  };
  const complete = (UploadId: string, Parts: object[]) =>
    s3.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }));

  test("become one object whose ETag tells the number of parts", async () => {
    const bytes = randomBytes(5 * 1024 * 1024 + 10);
    const id = await open();
    const second = await part(id, 2, bytes.subarray(5 * 1024 * 1024));
    const first = await part(id, 1, bytes.subarray(0, 5 * 1024 * 1024));
    expect((await complete(id, [first, second])).ETag).toMatch(/^"[0-9a-f]{32}-2"$/);
    expect((await read(Key)).equals(bytes)).toBe(true);
    await expect(part(id, 3, bytes)).rejects.toMatchObject({ name: "NoSuchUpload" });
  });

  test("refuse small parts before the last, a wrong order and a wrong ETag", async () => {
    const id = await open();
    const parts = [await part(id, 1, Buffer.from("x")), await part(id, 2, Buffer.from("y"))];
    await expect(complete(id, parts)).rejects.toMatchObject({ name: "EntityTooSmall" });
    await expect(complete(id, [...parts].reverse())).rejects.toMatchObject({ name: "InvalidPartOrder" });
    await expect(complete(id, [{ PartNumber: 1, ETag: '"other"' }])).rejects.toMatchObject({
      name: "InvalidPart",
    });
  });

  test("that were aborted are gone", async () => {
    const UploadId = await open();
    await s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
    await expect(complete(UploadId, [{ PartNumber: 1, ETag: "x" }])).rejects.toMatchObject({
      name: "NoSuchUpload",
    });
  });
});

describe("buckets", () => {
  test("are made once, belong to the account and are listed for it", async () => {
    await s3.send(new CreateBucketCommand({ Bucket: "another-bucket" }));
    await expect(s3.send(new CreateBucketCommand({ Bucket: "another-bucket" }))).rejects.toMatchObject({
      name: "BucketAlreadyOwnedByYou",
    });
    expect((await s3.send(new ListBucketsCommand({}))).Buckets?.map(({ Name }) => Name)).toEqual(
      expect.arrayContaining([Bucket, "another-bucket"]),
    );
    expect(await s3.send(new HeadBucketCommand({ Bucket }))).toMatchObject({ BucketRegion: REGION });
  });

  test("that exist are given back in us-east-1 alone, as S3 does it there for old clients", async () => {
    const east = new S3Client({ ...settings(), region: "us-east-1", forcePathStyle: true });
    const again = (client: S3Client, name: string) => client.send(new CreateBucketCommand({ Bucket: name }));
    await again(east, "eastern-bucket");
    expect(await again(east, "eastern-bucket")).toMatchObject({ Location: "/eastern-bucket" });
    await expect(again(s3, "eastern-bucket")).rejects.toMatchObject({
      name: "BucketAlreadyOwnedByYou",
      $metadata: { httpStatusCode: 409 },
    });
    await expect(again(east, Bucket)).rejects.toMatchObject({ name: "BucketAlreadyOwnedByYou" });
  });

  test("of another account are refused, and those that do not exist are not found", async () => {
    const stranger = new S3Client({ ...settings("444444444444"), forcePathStyle: true });
    await expect(stranger.send(new GetObjectCommand({ Bucket, Key: "x" }))).rejects.toMatchObject({
      name: "AccessDenied",
    });
    await expect(stranger.send(new CreateBucketCommand({ Bucket }))).rejects.toMatchObject({
      name: "BucketAlreadyExists",
    });
    await expect(s3.send(new GetObjectCommand({ Bucket: "no-such-bucket", Key: "x" }))).rejects.toMatchObject(
      { name: "NoSuchBucket" },
    );
    await expect(s3.send(new CreateBucketCommand({ Bucket: "Not_A_Name" }))).rejects.toMatchObject({
      name: "InvalidBucketName",
    });
  });
});

test("a role may do what its policy says, and is not told that a key is missing without the right to list", async () => {
  const sts = new STSClient(settings());
  const { Credentials: given } = await sts.send(
    new AssumeRoleCommand({ RoleArn: `arn:aws:iam::${ACCOUNT}:role/Reader`, RoleSessionName: "me" }),
  );
  const credentials = {
    accessKeyId: given?.AccessKeyId ?? "",
    secretAccessKey: given?.SecretAccessKey ?? "",
    sessionToken: given?.SessionToken ?? "",
  };
  const limited = new S3Client({ ...settings(), credentials, forcePathStyle: true });
  await put("open/a b+ü", "readable");
  const { Body } = await limited.send(new GetObjectCommand({ Bucket, Key: "open/a b+ü" }));
  expect(await Body?.transformToString()).toBe("readable");
  await expect(limited.send(new GetObjectCommand({ Bucket, Key: "open/absent" }))).rejects.toMatchObject({
    name: "AccessDenied",
  });
  await expect(limited.send(new GetObjectCommand({ Bucket, Key: "closed" }))).rejects.toMatchObject({
    name: "AccessDenied",
  });
  await expect(
    limited.send(new PutObjectCommand({ Bucket, Key: "open/new", Body: "x" })),
  ).rejects.toMatchObject({ name: "AccessDenied" });
});

test("an operation that local AWS does not have is NotImplemented", async () => {
  await expect(s3.send(new GetBucketAclCommand({ Bucket }))).rejects.toMatchObject({
    name: "NotImplemented",
  });
});

describe("aws-chunked bodies", () => {
  const encoded = "4;chunk-signature=00\r\nwiki\r\n5\r\npedia\r\n0\r\nx-amz-checksum-crc32:AAAA\r\n\r\n";

  async function decode(pieces: readonly string[]): Promise<{ text: string; trailers: object }> {
    const { content, trailers } = decodeChunked(
      (async function* () {
        for (const piece of pieces) yield Buffer.from(piece);
      })(),
    );
    let text = "";
    for await (const chunk of content) text += Buffer.from(chunk).toString();
    return { text, trailers };
  }

  test("are decoded however the stream is cut", async () => {
    const expected = { text: "wikipedia", trailers: { "x-amz-checksum-crc32": "AAAA" } };
    for (let cut = 0; cut <= encoded.length; cut += 1) {
      expect(await decode([encoded.slice(0, cut), encoded.slice(cut)].filter((piece) => piece))).toEqual(
        expected,
      );
    }
    expect(await decode([...encoded])).toEqual(expected);
  });

  test.each(["4\r\nwi", "xyz\r\n", "2\r\nwiki\r\n0\r\n\r\n"])(
    "that are malformed are refused: %j",
    async (text) => {
      await expect(decode([text])).rejects.toMatchObject({ name: "IncompleteBody" });
    },
  );
});
