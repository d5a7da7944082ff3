import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BucketIdentity } from "./bucket-store.ts";
import type { StoredContent } from "./content.ts";

/** An object of a bucket without its bytes. */
export interface StoredObject {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** With its quotes. */
  readonly etag: string;
  /** ISO 8601. */
  readonly lastModified: string;
  /** Headers to give back with the object, such as `content-type` and `x-amz-meta-…`. */
  readonly headers: Readonly<Record<string, string>>;
}

/** One bucket in a folder: each object a file of bytes and a file that describes it, under the hash of its key. */
export class Bucket {
  readonly identity: BucketIdentity;
  readonly directory: string;
  readonly #objects = new Map<string, StoredObject>();

  constructor(identity: BucketIdentity, directory: string) {
    this.identity = identity;
    this.directory = directory;
    mkdirSync(join(directory, "objects"), { recursive: true });
    for (const name of readdirSync(join(directory, "objects"))) {
      if (!name.endsWith(".json")) continue;
      const object: StoredObject = JSON.parse(readFileSync(join(directory, "objects", name), "utf8"));
      this.#objects.set(object.key, object);
    }
  }

  /** Whether new objects are told to EventBridge. */
  get eventBridge(): boolean {
    return existsSync(join(this.directory, "eventbridge"));
  }

  set eventBridge(on: boolean) {
    const path = join(this.directory, "eventbridge");
    if (on) writeFileSync(path, "");
    else rmSync(path, { force: true });
  }

  find(key: string): StoredObject | undefined {
    return this.#objects.get(key);
  }

  /** Sorted as S3 lists them, by the UTF-8 bytes of their keys. */
  list(): StoredObject[] {
    return [...this.#objects.values()].sort((one, other) =>
      Buffer.compare(Buffer.from(one.key), Buffer.from(other.key)),
    );
  }

  /** The file with an object's bytes. */
  path(key: string): string {
    return join(this.directory, "objects", createHash("sha256").update(key).digest("hex"));
  }

  /** Makes stored content the object; takes its file over. */
  put(
    key: string,
    { path, size }: Omit<StoredContent, "md5">,
    { etag, headers }: Pick<StoredObject, "etag" | "headers">,
  ): StoredObject {
    const object: StoredObject = { key, size, etag, headers, lastModified: new Date().toISOString() };
    renameSync(path, this.path(key));
    writeFileSync(`${this.path(key)}.json`, JSON.stringify(object));
    this.#objects.set(key, object);
    return object;
  }

  delete(key: string): void {
    if (!this.#objects.delete(key)) return;
    rmSync(this.path(key));
    rmSync(`${this.path(key)}.json`);
  }
}
