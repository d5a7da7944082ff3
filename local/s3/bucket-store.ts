import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Refusal } from "../refusal.ts";
import { Bucket } from "./bucket.ts";

/** Who has a bucket, and where. */
export interface BucketIdentity {
  readonly name: string;
  /** Twelve digits. */
  readonly owner: string;
  readonly region: string;
}

/** The buckets of all accounts, kept in a folder. */
export class BucketStore {
  readonly #directory: string;
  readonly #buckets = new Map<string, Bucket>();

  /** Opens the buckets that the folder has from an earlier run. */
  constructor(directory: string) {
    this.#directory = directory;
    mkdirSync(directory, { recursive: true });
    for (const name of readdirSync(directory)) {
      const identity: BucketIdentity = JSON.parse(readFileSync(join(directory, name, "bucket.json"), "utf8"));
      this.#buckets.set(name, new Bucket(identity, join(directory, name)));
    }
  }

  find(name: string): Bucket | undefined {
    return this.#buckets.get(name);
  }

  /** Throws NoSuchBucket. */
  get(name: string): Bucket {
    const bucket = this.#buckets.get(name);
    if (!bucket) throw new Refusal("NoSuchBucket", "The specified bucket does not exist", 404);
    return bucket;
  }

  of(owner: string): Bucket[] {
    return [...this.#buckets.values()].filter(({ identity }) => identity.owner === owner);
  }

  /** Throws InvalidBucketName, BucketAlreadyOwnedByYou or BucketAlreadyExists; in us-east-1 an own bucket is given back. */
  create(identity: BucketIdentity): Bucket {
    if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(identity.name)) {
      throw new Refusal("InvalidBucketName", "The specified bucket is not valid.");
    }
    const existing = this.#buckets.get(identity.name);
    if (existing?.identity.owner === identity.owner) {
      // Only there, for the sake of old clients (API reference, CreateBucket).
      if (identity.region === "us-east-1" && existing.identity.region === "us-east-1") return existing;
      throw new Refusal(
        "BucketAlreadyOwnedByYou",
        "Your previous request to create the named bucket succeeded and you already own it.",
        409,
      );
    }
    if (existing)
      throw new Refusal("BucketAlreadyExists", "The requested bucket name is not available.", 409);
    const directory = join(this.#directory, identity.name);
    mkdirSync(directory);
    writeFileSync(join(directory, "bucket.json"), JSON.stringify(identity));
    const bucket = new Bucket(identity, directory);
    this.#buckets.set(identity.name, bucket);
    return bucket;
  }
}
