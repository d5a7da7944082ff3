import { randomUUID } from "node:crypto";
import {
  createReadStream,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { ByteRange } from "./byte-range.ts";
import { EcrError } from "./errors.ts";
import { type Image, type ImageChange, Images } from "./images.ts";
import { Journal } from "./journal.ts";
import type { Quotas } from "./quota.ts";
import type { RepositoryKey } from "./repository-key.ts";
import type { ExclusionFilter, Mutability } from "./tag-mutability.ts";
import type { Tag } from "./tags.ts";
import { Upload } from "./upload.ts";

/** What CreateRepository and the Put* operations set. */
export interface RepositorySettings {
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly imageTagMutability: Mutability;
  readonly imageTagMutabilityExclusionFilters?: readonly ExclusionFilter[];
  readonly imageScanningConfiguration: { readonly scanOnPush: boolean };
  readonly encryptionConfiguration: { readonly encryptionType: string; readonly kmsKey?: string };
  readonly tags: readonly Tag[];
  readonly lifecyclePolicyText?: string;
  readonly policyText?: string;
}

type Change = ImageChange | { readonly key: RepositoryKey; readonly settings: RepositorySettings };

/** One repository in one folder: a journal of its images and settings, and a file for each manifest, layer and upload. */
export class Repository {
  readonly key: RepositoryKey;
  readonly quotas: Quotas;
  readonly images = new Images();
  /** Bytes of each layer, by digest. */
  readonly layers = new Map<string, number>();
  readonly #uploads = new Map<string, Upload>();
  readonly #directory: string;
  readonly #journal: Journal<Change>;
  #settings: RepositorySettings | undefined;

  private constructor(directory: string, quotas: Quotas, key?: RepositoryKey) {
    this.#directory = directory;
    this.quotas = quotas;
    this.#journal = new Journal(join(directory, "journal.jsonl"));
    this.key = key ?? this.#recall();
  }

  /** A new repository in an empty folder; it is there once its settings are set. */
  static create(directory: string, quotas: Quotas, key: RepositoryKey): Repository {
    for (const folder of ["layers", "manifests", "uploads"])
      mkdirSync(join(directory, folder), { recursive: true });
    return new Repository(directory, quotas, key);
  }

  /** The repository of a folder that `create` began; uploads do not outlive the process, all else does. */
  static open(directory: string, quotas: Quotas): Repository {
    for (const id of readdirSync(join(directory, "uploads"))) rmSync(join(directory, "uploads", id));
    return new Repository(directory, quotas);
  }

  get settings(): RepositorySettings {
    if (!this.#settings) throw new Error(`repository ${this.key.name} has no settings`);
    return this.#settings;
  }

  set settings(settings: RepositorySettings) {
    this.#journal.append({ key: this.key, settings });
    this.#settings = settings;
  }

  /** Records what happened to an image. */
  change(change: ImageChange): void {
    this.#journal.append(change);
    this.images.apply(change);
  }

  /** Keeps a manifest and its exact text. */
  addImage(image: Image, text: string): void {
    writeFileSync(this.#file("manifests", image.digest), text);
    this.change({ put: image });
  }

  /** The manifest's exact text. */
  manifestText(digest: string): string {
    return readFileSync(this.#file("manifests", digest), "utf8");
  }

  /** Forgets an image and all its tags. */
  removeImage(digest: string): void {
    this.change({ remove: digest });
    rmSync(this.#file("manifests", digest));
  }

  /** Opens an upload, empty. */
  openUpload(): Upload {
    const id = randomUUID();
    const upload = new Upload(id, join(this.#directory, "uploads", id), this.quotas);
    writeFileSync(upload.path, "");
    this.#uploads.set(id, upload);
    return upload;
  }

  /** Does one piece of work on an upload at a time. Throws UploadNotFoundException. */
  withUpload<Result>(id: string, work: (upload: Upload) => Promise<Result>): Promise<Result> {
    const { account, name } = this.key;
    const found = () => {
      const upload = this.#uploads.get(id);
      if (upload) return upload;
      throw new EcrError(
        "UploadNotFoundException",
        `The layer upload with id '${id}' does not exist in the repository with name '${name}' in the registry with id '${account}'`,
      );
    };
    // Looked up again when its turn comes: the work before it may have ended the upload.
    return found().exclusively(async () => work(found()));
  }

  /** Turns an upload into a layer; must be called from `withUpload`. */
  keepLayer(upload: Upload, digest: string): void {
    renameSync(upload.path, this.#file("layers", digest));
    this.layers.set(digest, upload.received);
    this.#uploads.delete(upload.id);
  }

  /** Forgets an upload and its bytes; must be called from `withUpload`. */
  dropUpload(upload: Upload): void {
    rmSync(upload.path);
    this.#uploads.delete(upload.id);
  }

  /** The bytes of a layer, streamed from disk; its file is not opened before they are asked for. */
  async *readLayer(digest: string, { first, last }: ByteRange): AsyncIterable<Uint8Array> {
    yield* createReadStream(this.#file("layers", digest), {
      start: first,
      end: last,
      highWaterMark: 1024 * 1024,
    });
  }

  /** Removes the layers that no manifest names, as ECR may at any time; the digests removed. */
  removeOrphanLayers(): string[] {
    const orphans = [...this.layers.keys()].filter((digest) => !this.images.usesLayer(digest));
    for (const digest of orphans) {
      this.layers.delete(digest);
      rmSync(this.#file("layers", digest));
    }
    return orphans;
  }

  #file(folder: "layers" | "manifests", digest: string): string {
    return join(this.#directory, folder, digest.replace("sha256:", ""));
  }

  #recall(): RepositoryKey {
    let key: RepositoryKey | undefined;
    for (const change of this.#journal.read()) {
      if ("key" in change) {
        key = change.key;
        this.#settings = change.settings;
      } else this.images.apply(change);
    }
    for (const hex of readdirSync(join(this.#directory, "layers"))) {
      this.layers.set(`sha256:${hex}`, statSync(join(this.#directory, "layers", hex)).size);
    }
    if (!key) throw new Error(`${this.#directory} is not a repository's folder: its journal names none`);
    return key;
  }
}
