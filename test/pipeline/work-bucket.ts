import { createHash } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
} from "@aws-sdk/client-s3";
import type { LocalAws } from "../../local/aws.ts";
import type { CallRecord } from "../../local/http.ts";
import { bucket, s3Of } from "./bucket.ts";
import { accounts } from "./pipeline.ts";

/** The bucket into which the deployed state machine inflates archives, looked at as its account's administrator. */
export class WorkBucket {
  readonly #aws: LocalAws;
  readonly name: string;

  private constructor(aws: LocalAws, name: string) {
    this.#aws = aws;
    this.name = name;
  }

  /** Finds that of a stack. */
  static async of(aws: LocalAws, stack = "EcrReplicator"): Promise<WorkBucket> {
    const { Buckets = [] } = await s3Of(aws, accounts.pipeline).send(new ListBucketsCommand());
    const found = Buckets.find(({ Name = "" }) => Name.startsWith(`${stack.toLowerCase()}-`));
    if (!found?.Name) throw new Error(`${stack} has none of the buckets ${JSON.stringify(Buckets)}`);
    return new WorkBucket(aws, found.Name);
  }

  /** The keys of its objects. */
  async keys(): Promise<string[]> {
    const { Contents = [] } = await this.#client().send(new ListObjectsV2Command({ Bucket: this.name }));
    return Contents.flatMap(({ Key = "" }) => Key);
  }

  async read(Key: string): Promise<Uint8Array> {
    const { Body } = await this.#client().send(new GetObjectCommand({ Bucket: this.name, Key }));
    return (await Body?.transformToByteArray()) ?? new Uint8Array();
  }

  async delete(Key: string): Promise<void> {
    await this.#client().send(new DeleteObjectCommand({ Bucket: this.name, Key }));
  }

  /** How many uploads were begun, and neither completed nor aborted. */
  unfinished(): number {
    const folder = join(this.#aws.data, "s3", this.name, "uploads");
    return existsSync(folder) ? readdirSync(folder).length : 0;
  }

  /** The calls to it since the record was cleared. */
  calls(): CallRecord[] {
    return this.#aws.calls.filter(
      ({ service, detail }) => service === "s3" && detail["bucket"] === this.name,
    );
  }

  /** How often an operation was called. */
  count(operation: string): number {
    return this.calls().filter((call) => call.operation === operation).length;
  }

  #client() {
    return s3Of(this.#aws, accounts.pipeline);
  }
}

/** Where a version of an archive of the source bucket is inflated to: its name tells which version it is. */
export function inflatedKey(key: string, archive: Uint8Array): string {
  const etag = `"${createHash("md5").update(archive).digest("hex")}"`;
  const version = createHash("sha256").update(`${bucket}\n${key}\n${etag}`).digest("hex");
  return `inflated/${version}.tar`;
}
