import { GetObjectCommand, type GetObjectCommandOutput, PutObjectCommand } from "@aws-sdk/client-s3";
import { PartWriter } from "../../core/archive/part-writer.ts";
import { Failure } from "../../core/errors.ts";
import { formatS3Object, type S3Object } from "../../core/model/s3-object.ts";
import { awsFailure } from "./aws-failure.ts";
import { readOn } from "./continued-read.ts";
import { s3Client } from "./s3-client.ts";
import { ObjectUpload } from "./work-bucket.ts";

/** In bytes: up to 10,000 of them are one object. */
const partSize = 8 * 1024 * 1024;
/** The longest line that is read, in bytes. */
const maxLineLength = 1024 * 1024;

/** The role of this process: the work bucket is no side's. */
const client = () => s3Client({ side: "source" });

/** What was written: where it is, and how many lines it has. */
export interface WrittenList {
  readonly bucket: string;
  readonly key: string;
  readonly count: number;
}

/** A list of values in the work bucket that is written as it is found: an object of lines, each with one value as JSON. */
export class WorkList {
  readonly #object: S3Object;
  readonly #upload: ObjectUpload;
  readonly #writer: PartWriter;
  /** What was added last: one line is taken in after the other. */
  #last: Promise<void> = Promise.resolve();
  #count = 0;

  /** Nothing is called before a part is full. */
  constructor(workBucket: string, key: string) {
    this.#object = { bucket: workBucket, key };
    this.#upload = new ObjectUpload(client(), this.#object);
    this.#writer = new PartWriter(this.#upload, partSize);
  }

  /** Adds a value; several may be added at once. Waits while too much is on its way. Throws what writing any part threw. */
  add(value: object): Promise<void> {
    const line = Buffer.from(`${JSON.stringify(value)}\n`);
    this.#count += 1;
    this.#last = this.#last.then(() => this.#writer.add(line));
    return this.#last;
  }

  /** Makes the object, unless nothing was added. Throws Failure; `abort` is the caller's then. */
  async close(): Promise<WrittenList | undefined> {
    await this.#last;
    if (this.#count === 0) return undefined;
    await this.#writer.finish();
    await this.#upload.complete();
    const { bucket, key } = this.#object;
    return { bucket, key, count: this.#count };
  }

  /** Leaves nothing of what was written, or what the bucket's lifecycle rule removes. Throws nothing. */
  async abort(): Promise<void> {
    await this.#last.catch(() => {});
    await this.#writer.settled();
    await this.#upload.abort().catch(() => {});
  }
}

/** The lines of an object in the work bucket, without those that are empty. Throws Failure, also for one of more than 1 MiB. */
export async function* readLines(bucket: string, key: string): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of bytesOf({ bucket, key })) {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : Buffer.from(chunk);
    let from = 0;
    // No byte of a longer character is that of a line's end.
    for (let end = bytes.indexOf("\n"); end >= 0; end = bytes.indexOf("\n", from)) {
      if (end - from > maxLineLength) throw tooLarge({ bucket, key }, "a line", maxLineLength);
      if (end > from) yield bytes.toString("utf8", from, end);
      from = end + 1;
    }
    rest = bytes.subarray(from);
    if (rest.length > maxLineLength) throw tooLarge({ bucket, key }, "a line", maxLineLength);
  }
  if (rest.length > 0) yield rest.toString("utf8");
}

/** The text of an object in the work bucket. Throws Failure, also for one of more bytes than the most. */
export async function readObject(bucket: string, key: string, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of bytesOf({ bucket, key })) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge({ bucket, key }, "it", maxBytes);
    chunks.push(Uint8Array.from(chunk));
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Puts a text into the work bucket. Throws Failure. */
export async function writeObject(bucket: string, key: string, text: string): Promise<void> {
  const input = { Bucket: bucket, Key: key, Body: Buffer.from(text) };
  await call("PutObject", { bucket, key }, () => client().send(new PutObjectCommand(input)));
}

/** The bytes of an object, of one version of it: a reader who takes his time may find the connection closed. */
async function* bytesOf(object: S3Object): AsyncGenerator<Uint8Array> {
  let next: GetObjectCommandOutput | undefined = await get(object, {});
  const { ETag: IfMatch, ContentLength: end = 0 } = next;
  yield* readOn({ what: formatS3Object(object), from: 0, end, side: undefined }, async (at) => {
    const answer = next ?? (await get(object, { IfMatch, Range: `bytes=${at}-` }));
    next = undefined;
    return answer.Body as AsyncIterable<Uint8Array>;
  });
}

function get(
  object: S3Object,
  also: { readonly IfMatch?: string; readonly Range?: string },
): Promise<GetObjectCommandOutput> {
  const input = { Bucket: object.bucket, Key: object.key, ...also };
  return call("GetObject", object, () => client().send(new GetObjectCommand(input)));
}

async function call<T>(operation: string, object: S3Object, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    throw awsFailure(error, { operation, subject: formatS3Object(object), place: "work bucket" });
  }
}

function tooLarge(object: S3Object, what: string, most: number): Failure {
  return new Failure(
    "Unavailable",
    { operation: "GetObject" },
    `${formatS3Object(object)} in the work bucket is not read: ${what} has more than ${most} bytes`,
  );
}
