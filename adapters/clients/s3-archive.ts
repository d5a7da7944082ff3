import { GetObjectCommand, type GetObjectCommandOutput, type S3Client } from "@aws-sdk/client-s3";
import type { Archive } from "../../core/archive/archive-source.ts";
import type { Place } from "../../core/archive/random-access.ts";
import { Failure } from "../../core/errors.ts";
import { byteRange, parseContentRange, rangeHeader } from "../../core/model/byte-range.ts";
import { formatS3Object, type S3Object } from "../../core/model/s3-object.ts";
import type { Pin } from "../../core/ports.ts";
import { awsFailure } from "./aws-failure.ts";
import { readOn } from "./continued-read.ts";

const where = { side: "source", operation: "GetObject" } as const;

/** An image archive in S3, held to one version of the object by its ETag. */
export class S3Archive implements Archive {
  readonly size: number;
  readonly pin: Pin;
  readonly #client: S3Client;
  readonly #object: S3Object;

  private constructor(client: S3Client, object: S3Object, { size, pin }: { size: number; pin: Pin }) {
    this.#client = client;
    this.#object = object;
    this.size = size;
    this.pin = pin;
  }

  /**
   * Looks at the object, which must be the version of the pin, if there is one.
   * Throws `SourceNotFound`, `AccessDenied`, or `UnsupportedImage` for an object without a byte.
   */
  static async open(client: S3Client, object: S3Object, pin?: Pin): Promise<S3Archive> {
    const first = await get(client, object, { range: "bytes=0-0", pin });
    const sent = parseContentRange(first.ContentRange);
    await discard(first);
    if (sent && first.ETag)
      return new S3Archive(client, object, { size: sent.total, pin: { etag: first.ETag } });
    throw new Failure("Unavailable", where, `${urlOf(object)}: S3 answered without a range or an ETag`);
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const end = Math.min(offset + length, this.size);
    if (end <= offset) return new Uint8Array();
    const bytes = Buffer.alloc(end - offset);
    let filled = 0;
    for await (const chunk of this.stream({ offset, size: end - offset })) {
      bytes.set(chunk, filled);
      filled += chunk.length;
    }
    return bytes;
  }

  stream({ offset, size }: Place): AsyncGenerator<Uint8Array> {
    const end = offset + size;
    return readOn({ what: urlOf(this.#object), from: offset, end }, async (at) => {
      const range = byteRange(at, end - at);
      const answer = await get(this.#client, this.#object, { range: rangeHeader(range), pin: this.pin });
      const sent = parseContentRange(answer.ContentRange);
      if (sent?.first === at && sent.last === range.last && sent.total === this.size) return bodyOf(answer);
      await discard(answer);
      throw new Error(`S3 answered ${rangeHeader(range)} with ${answer.ContentRange ?? "the whole object"}`);
    });
  }
}

async function get(
  client: S3Client,
  object: S3Object,
  { range, pin }: { range: string; pin?: Pin },
): Promise<GetObjectCommandOutput> {
  const { bucket: Bucket, key: Key } = object;
  try {
    return await client.send(new GetObjectCommand({ Bucket, Key, Range: range, IfMatch: pin?.etag }));
  } catch (error) {
    throw failureOf(error, object);
  }
}

function failureOf(error: unknown, object: S3Object): Error {
  const cause = error;
  switch ((error as Error).name) {
    case "InvalidRange":
      return new Failure("UnsupportedImage", { ...where, cause }, `${urlOf(object)} is empty`);
    case "InvalidObjectState":
      return new Failure(
        "SourceNotFound",
        { ...where, cause },
        `${urlOf(object)} is archived by its storage class and cannot be read; restore it, then start again`,
      );
    case "PreconditionFailed":
      return new Failure(
        "SourceNotFound",
        { ...where, cause },
        `${urlOf(object)} was replaced while it was copied; start again to copy what is there now`,
      );
    default:
      return awsFailure(error, { ...where, subject: urlOf(object) });
  }
}

function bodyOf({ Body }: GetObjectCommandOutput): AsyncIterable<Uint8Array> {
  return Body as AsyncIterable<Uint8Array>;
}

/** Lets the connection go of an answer whose body is not read. */
async function discard(answer: GetObjectCommandOutput): Promise<void> {
  for await (const _ of bodyOf(answer)) break;
}

/** The object alone: an image in it is not what S3 was asked for. */
function urlOf({ bucket, key }: S3Object): string {
  return formatS3Object({ bucket, key });
}
