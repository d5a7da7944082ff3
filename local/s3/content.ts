import { createHash, type Hash, randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { crc32 } from "node:zlib";
import type { Call } from "../http.ts";
import { Refusal } from "../refusal.ts";
import { decodeChunked } from "./chunked.ts";

/** A body that was written to a file. */
export interface StoredContent {
  readonly path: string;
  readonly size: number;
  /** Hex MD5. */
  readonly md5: string;
}

const CHECKSUMS = ["x-amz-checksum-crc32", "x-amz-checksum-sha1", "x-amz-checksum-sha256"];

/** Streams a call's body to a new file in `directory`, checked against the length and checksums that came with it. */
export async function storeContent(call: Call, directory: string): Promise<StoredContent> {
  const path = join(directory, `new-${randomUUID()}`);
  try {
    return { path, ...(await write(call, path)) };
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

async function write({ headers, body }: Call, path: string): Promise<{ size: number; md5: string }> {
  const chunked =
    headers["content-encoding"]?.includes("aws-chunked") ||
    headers["x-amz-content-sha256"]?.startsWith("STREAMING-");
  const { content, trailers } = chunked ? decodeChunked(body) : { content: body, trailers: {} };
  const digests = new Digests([
    ...Object.keys(headers),
    ...(headers["x-amz-trailer"] ?? "").toLowerCase().split(","),
  ]);
  await pipeline(Readable.from(digests.through(content), { objectMode: false }), createWriteStream(path));
  const expected = { ...headers, ...trailers };
  const length = chunked ? headers["x-amz-decoded-content-length"] : headers["content-length"];
  if (length !== undefined && Number(length) !== digests.size) {
    throw new Refusal(
      "IncompleteBody",
      "You did not provide the number of bytes specified by the Content-Length HTTP header",
    );
  }
  const md5 = digests.md5.digest();
  if (headers["content-md5"] !== undefined && headers["content-md5"] !== md5.toString("base64")) {
    throw new Refusal("BadDigest", "The Content-MD5 you specified did not match what we received.");
  }
  for (const [name, value] of digests.checksums()) {
    if (expected[name] !== undefined && expected[name] !== value) {
      throw new Refusal(
        "BadDigest",
        `The ${name.replace("x-amz-checksum-", "").toUpperCase()} you specified did not match the calculated checksum.`,
      );
    }
  }
  return { size: digests.size, md5: md5.toString("hex") };
}

/** Computes what is needed of a stream while it passes. */
class Digests {
  readonly md5: Hash = createHash("md5");
  size = 0;
  #crc = 0;
  readonly #hashes: [name: string, hash: Hash][];
  readonly #wanted: readonly string[];

  constructor(names: readonly string[]) {
    this.#wanted = CHECKSUMS.filter((name) => names.some((given) => given.trim() === name));
    const hashed = this.#wanted.filter((name) => !name.endsWith("crc32"));
    this.#hashes = hashed.map((name) => [name, createHash(name.replace("x-amz-checksum-", ""))]);
  }

  async *through(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of content) {
      this.size += chunk.length;
      this.md5.update(chunk);
      if (this.#wanted.includes("x-amz-checksum-crc32")) this.#crc = crc32(chunk, this.#crc);
      for (const [, hash] of this.#hashes) hash.update(chunk);
      yield chunk;
    }
  }

  /** Base64 by header name, as S3 writes them. */
  checksums(): [name: string, value: string][] {
    const crc = Buffer.alloc(4);
    crc.writeUInt32BE(this.#crc);
    const hashed = this.#hashes.map(([name, hash]): [string, string] => [name, hash.digest("base64")]);
    return this.#wanted.includes("x-amz-checksum-crc32")
      ? [["x-amz-checksum-crc32", crc.toString("base64")], ...hashed]
      : hashed;
  }
}
