import { createHash, randomUUID } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Refusal } from "../refusal.ts";
import type { Bucket, StoredObject } from "./bucket.ts";
import type { StoredContent } from "./content.ts";

interface Upload {
  readonly bucket: Bucket;
  readonly key: string;
  readonly headers: StoredObject["headers"];
  readonly directory: string;
  readonly parts: Map<number, StoredContent>;
}

// S3's least size of every part but the last.
const LEAST_PART_BYTES = 5 * 1024 * 1024;

/** The multipart uploads in progress; a restart forgets them. */
export class MultipartUploads {
  readonly #uploads = new Map<string, Upload>();

  async open(bucket: Bucket, key: string, headers: StoredObject["headers"]): Promise<string> {
    const id = randomUUID();
    const directory = join(bucket.directory, "uploads", id);
    await mkdir(directory, { recursive: true });
    this.#uploads.set(id, { bucket, key, headers, directory, parts: new Map() });
    return id;
  }

  /** Where the parts of an upload are stored; throws NoSuchUpload. */
  directory(id: string): string {
    return this.#get(id).directory;
  }

  /** Makes stored content a part, in place of an earlier one of that number; returns its ETag. */
  async addPart(id: string, number: number, content: StoredContent): Promise<string> {
    if (!Number.isInteger(number) || number < 1 || number > 10_000) {
      throw new Refusal("InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive");
    }
    const path = join(this.#get(id).directory, String(number));
    await rename(content.path, path);
    this.#get(id).parts.set(number, { ...content, path });
    return `"${content.md5}"`;
  }

  /** Joins the listed parts into the object; throws InvalidPart, InvalidPartOrder or EntityTooSmall. */
  async complete(id: string, listed: readonly { number: number; etag: string }[]): Promise<StoredObject> {
    const { bucket, key, headers, directory, parts } = this.#get(id);
    const chosen = choose(parts, listed);
    const path = join(directory, "whole");
    await pipeline(Readable.from(joined(chosen), { objectMode: false }), createWriteStream(path));
    const size = chosen.reduce((total, part) => total + part.size, 0);
    const digest = createHash("md5")
      .update(Buffer.from(chosen.map(({ md5 }) => md5).join(""), "hex"))
      .digest("hex");
    const object = bucket.put(key, { path, size }, { etag: `"${digest}-${chosen.length}"`, headers });
    await this.abort(id);
    return object;
  }

  /** Throws NoSuchUpload. */
  async abort(id: string): Promise<void> {
    const { directory } = this.#get(id);
    this.#uploads.delete(id);
    await rm(directory, { recursive: true });
  }

  #get(id: string): Upload {
    const upload = this.#uploads.get(id);
    if (upload) return upload;
    throw new Refusal(
      "NoSuchUpload",
      "The specified multipart upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
      404,
    );
  }
}

function choose(
  parts: ReadonlyMap<number, StoredContent>,
  listed: readonly { number: number; etag: string }[],
): StoredContent[] {
  if (listed.length === 0)
    throw new Refusal(
      "MalformedXML",
      "The XML you provided was not well-formed or did not validate against our published schema",
    );
  if (listed.some(({ number }, index) => number <= (listed[index - 1]?.number ?? 0))) {
    throw new Refusal(
      "InvalidPartOrder",
      "The list of parts was not in ascending order. Parts must be ordered by part number.",
    );
  }
  return listed.map(({ number, etag }, index) => {
    const part = parts.get(number);
    if (!part || part.md5 !== etag) {
      throw new Refusal(
        "InvalidPart",
        "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
      );
    }
    if (index < listed.length - 1 && part.size < LEAST_PART_BYTES) {
      throw new Refusal("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size");
    }
    return part;
  });
}

async function* joined(parts: readonly StoredContent[]): AsyncGenerator<Uint8Array> {
  for (const { path } of parts) yield* createReadStream(path);
}
