import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import type { Request } from "../../core/model/request.ts";
import type { LocalAws } from "../../local/aws.ts";
import type { DockerLayerFile, Files } from "../fakes/archive.ts";
import type { Content } from "../fakes/image.ts";
import { tarOf } from "../fakes/tar.ts";
import { type Execution, execute, requestOf } from "./execution.ts";
import { layerBytes } from "./layer.ts";
import { accounts, region } from "./pipeline.ts";
import { createRepository, digestOfTag, expectCopy, type Repository } from "./repository.ts";

/** The bucket of `replication.yaml`, which the source role may read. */
export const bucket = "my-bucket";

let made = 0;

/** Makes a bucket in the source account. */
export async function createBucket(aws: LocalAws, name = bucket): Promise<void> {
  await s3Of(aws).send(new CreateBucketCommand({ Bucket: name }));
}

/** Puts an archive into the bucket, from its bytes or its files: its key. */
export async function putArchive(
  aws: LocalAws,
  content: Uint8Array | Files,
  key = `images/app ${++made}.tar`,
): Promise<string> {
  const Body = content instanceof Uint8Array ? content : tarOf(content);
  await s3Of(aws).send(new PutObjectCommand({ Bucket: bucket, Key: key, Body }));
  return key;
}

/** A new repository in the destination account, and no call so far. */
export async function createDestination(aws: LocalAws): Promise<Repository> {
  const to = await createRepository(aws, accounts.destination);
  aws.calls.length = 0;
  return to;
}

/** A request from an archive, to the tag 1, with the role of each side. */
export function requestFrom(key: string, to: Repository, also: Partial<Request> = {}): Request {
  const request = requestOf({ from: to, to }, { destination: ":1" });
  return { ...request, source: `s3://${bucket}/${key}`, ...also };
}

/** Copies an archive, and compares every byte of what the destination has then with what it should have. */
export async function expectReplicated(
  request: Request,
  to: Repository,
  content: Content,
): Promise<Execution> {
  const execution = await execute(to.aws, request);
  const { report, cause } = execution;
  expect({ cause, status: report?.status }).toEqual({ cause: undefined, status: "Replicated" });
  expect(report).toMatchObject({ digest: content.root.digest, source: request.source });
  await expectCopy(to, content);
  expect(await digestOfTag(to, "1")).toBe(content.root.digest);
  return execution;
}

/** The sizes of an image's blobs. */
export function blobsOf({ blobs }: Content): { size: number }[] {
  return [...blobs.values()].map(({ length }) => ({ size: length }));
}

/** A layer as `docker save` writes it: a tar without compression, in a folder of its own. */
export function dockerLayer(size: number, seed: number): DockerLayerFile {
  return { path: `${seed}/layer.tar`, bytes: tarOf({ data: layerBytes(size, seed) }) };
}

/** S3 as an account's administrator. */
export function s3Of({ endpoint }: LocalAws, account = accounts.source): S3Client {
  const credentials = { accessKeyId: account, secretAccessKey: "local" };
  return new S3Client({ endpoint, region, forcePathStyle: true, credentials });
}
