import { createHash } from "node:crypto";
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import type { Output } from "../../core/archive/part-writer.ts";
import type { Side } from "../../core/errors.ts";
import { formatS3Object, type S3Object } from "../../core/model/s3-object.ts";
import { awsFailure } from "./aws-failure.ts";

/** Where a version of an archive is inflated to: its name tells the version, so that what is there is right. */
export function inflatedObject(workBucket: string, { bucket, key }: S3Object, etag: string): S3Object {
  const version = createHash("sha256").update(`${bucket}\n${key}\n${etag}`).digest("hex");
  return { bucket: workBucket, key: `inflated/${version}.tar` };
}

/** An object that is written by a multipart upload, which begins with the first part. Throws `AccessDenied` and the like. */
export class ObjectUpload implements Output {
  readonly #client: S3Client;
  readonly #object: S3Object;
  readonly #side: Side | undefined;
  readonly #parts: CompletedPart[] = [];
  #id: Promise<string | undefined> | undefined;

  /** `side` is the one that failures are told of, if they are of any. */
  constructor(client: S3Client, object: S3Object, side?: Side) {
    this.#client = client;
    this.#object = object;
    this.#side = side;
  }

  async write(part: Uint8Array, number: number): Promise<void> {
    this.#id ??= this.#begin();
    const target = { ...this.#target(), UploadId: await this.#id, PartNumber: number };
    const { ETag, ChecksumCRC32 } = await this.#call("UploadPart", () =>
      this.#client.send(new UploadPartCommand({ ...target, Body: part, ChecksumAlgorithm: "CRC32" })),
    );
    this.#parts[number - 1] = { PartNumber: number, ETag, ChecksumCRC32 };
  }

  async complete(): Promise<void> {
    const target = { ...this.#target(), UploadId: await this.#id };
    await this.#call("CompleteMultipartUpload", () =>
      this.#client.send(
        new CompleteMultipartUploadCommand({ ...target, MultipartUpload: { Parts: this.#parts } }),
      ),
    );
  }

  async abort(): Promise<void> {
    if (!this.#id) return;
    const target = { ...this.#target(), UploadId: await this.#id };
    await this.#call("AbortMultipartUpload", () =>
      this.#client.send(new AbortMultipartUploadCommand(target)),
    );
  }

  async #begin(): Promise<string | undefined> {
    // An upload that was begun without a checksum refuses parts that have one.
    const input = { ...this.#target(), ChecksumAlgorithm: "CRC32" } as const;
    const { UploadId } = await this.#call("CreateMultipartUpload", () =>
      this.#client.send(new CreateMultipartUploadCommand(input)),
    );
    return UploadId;
  }

  #target(): { Bucket: string; Key: string } {
    return { Bucket: this.#object.bucket, Key: this.#object.key };
  }

  async #call<T>(operation: string, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      const subject = formatS3Object(this.#object);
      throw awsFailure(error, { side: this.#side, operation, subject, place: "work bucket" });
    }
  }
}
