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

/** What is read when an object is opened, in bytes: enough for its format and its first headers. */
const beginning = 4 * 1024;

/** The version of an object that is meant; of one that something was inflated to, the version of that. */
export interface Version {
  readonly etag?: string;
  readonly inflatedFrom?: string;
}

interface Opened {
  readonly size: number;
  readonly etag: string;
  readonly modified: Date;
  /** The first bytes; fewer when reading them broke. */
  readonly start: Uint8Array;
}

/** An image archive in S3, held to one version of the object by its ETag. */
export class S3Archive implements Archive {
  readonly size: number;
  readonly pin: Pin & { readonly etag: string };
  /** When the object was put. */
  readonly modified: Date;
  readonly #client: S3Client;
  readonly #object: S3Object;
  readonly #held: Version;
  readonly #start: Uint8Array;

  private constructor(client: S3Client, object: S3Object, opened: Opened, inflatedFrom?: string) {
    this.#client = client;
    this.#object = object;
    this.#held = { etag: opened.etag, inflatedFrom };
    this.#start = opened.start;
    this.size = opened.size;
    this.modified = opened.modified;
    this.pin = inflatedFrom === undefined ? { etag: opened.etag } : { etag: inflatedFrom, inflated: true };
  }

  /**
   * Looks at the object, which must be the version that is given, if one is.
   * Throws `SourceNotFound`, `AccessDenied`, or `UnsupportedImage` for an object without a byte.
   */
  static async open(client: S3Client, object: S3Object, version: Version = {}): Promise<S3Archive> {
    const first = await get(client, object, rangeHeader(byteRange(0, beginning)), version);
    const { ETag: etag, LastModified: modified = new Date(0) } = first;
    const sent = parseContentRange(first.ContentRange);
    if (sent?.first === 0 && etag) {
      const opened = { size: sent.total, etag, modified, start: await startOf(first) };
      return new S3Archive(client, object, opened, version.inflatedFrom);
    }
    await discard(first);
    throw new Failure("Unavailable", where, `${urlOf(object)}: S3 answered without a range or an ETag`);
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const end = Math.min(offset + length, this.size);
    if (end <= offset) return new Uint8Array();
    if (end <= this.#start.length) return this.#start.subarray(offset, end);
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
    return readOn({ what: urlOf(this.#object), from: offset, end, side: "source" }, async (at) => {
      const range = byteRange(at, end - at);
      const answer = await get(this.#client, this.#object, rangeHeader(range), this.#held);
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
  range: string,
  { etag, inflatedFrom }: Version,
): Promise<GetObjectCommandOutput> {
  const { bucket: Bucket, key: Key } = object;
  try {
    return await client.send(new GetObjectCommand({ Bucket, Key, Range: range, IfMatch: etag }));
  } catch (error) {
    throw failureOf(error, object, inflatedFrom !== undefined);
  }
}

function failureOf(error: unknown, object: S3Object, inflated: boolean): Error {
  const cause = error;
  const { name } = error as Error;
  switch (inflated && name === "NoSuchKey" ? "Expired" : name) {
    case "Expired":
      return new Failure(
        "SourceNotFound",
        { ...where, cause },
        `${urlOf(object)}, which the archive was inflated to, is not in the work bucket any more; start again`,
      );
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
      return awsFailure(error, {
        ...where,
        subject: urlOf(object),
        ...(inflated && { place: "work bucket" }),
      });
  }
}

function bodyOf({ Body }: GetObjectCommandOutput): AsyncIterable<Uint8Array> {
  return Body as AsyncIterable<Uint8Array>;
}

/** What came of an answer: what did not is asked for when it is needed. */
async function startOf(answer: GetObjectCommandOutput): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of bodyOf(answer)) chunks.push(Uint8Array.from(chunk));
  } catch {
    return new Uint8Array();
  }
  return Buffer.concat(chunks);
}

/** Lets the connection go of an answer whose body is not read. */
async function discard(answer: GetObjectCommandOutput): Promise<void> {
  for await (const _ of bodyOf(answer)) break;
}

/** The object alone: an image in it is not what S3 was asked for. */
function urlOf({ bucket, key }: S3Object): string {
  return formatS3Object({ bucket, key });
}
