import { setImmediate } from "node:timers/promises";
import { Failure, type FailureName, Incomplete } from "../../core/errors.ts";
import type { Blob } from "../../core/model/descriptor.ts";
import { type Digest, digestOf, isDigest } from "../../core/model/digest.ts";
import type { FoundLayer } from "../../core/model/making.ts";
import type { Manifest } from "../../core/model/manifest.ts";
import type { Destination, StandingImage, Upload } from "../../core/ports.ts";
import { heldLayers } from "./held-layers.ts";

/** What a destination in memory is strict about. */
export interface Rules {
  /** The part size it asks for, and the largest part it takes. */
  readonly partSize?: number;
  /** The smallest part that may be followed by another. */
  readonly minimumPartSize?: number;
  /** Whether a tag that stands for another image is refused. */
  readonly immutable?: boolean;
}

/** A destination in memory, as strict as Amazon ECR. Its maps may be changed, to make things vanish. */
export class MemoryDestination implements Destination {
  readonly layers = new Map<string, Uint8Array>();
  readonly images = new Map<string, Uint8Array>();
  readonly tags = new Map<string, string>();
  /** The parts that open uploads have taken. */
  readonly uploads = new Map<string, Uint8Array[]>();
  /** The names of the methods that were called, in order. */
  readonly calls: string[] = [];
  /** What was put, in order: a digest, and the tag when there was one. */
  readonly puts: { digest: string; tag?: string }[] = [];
  /** How many bytes were offered in parts, taken or not. */
  bytesOffered = 0;
  /** How many uploads were ever opened. */
  opened = 0;
  readonly rules: Required<Rules>;

  constructor(rules: Rules = {}) {
    this.rules = { partSize: 10, minimumPartSize: 5, immutable: false, ...rules };
  }

  async resolve(reference: string): Promise<string | undefined> {
    this.calls.push("resolve");
    const digest = isDigest(reference) ? reference : this.tags.get(reference);
    return this.images.has(digest ?? "") ? digest : undefined;
  }

  async imageOf(reference: string): Promise<StandingImage | undefined> {
    this.calls.push("imageOf");
    const digest = this.tags.get(reference) ?? "";
    const bytes = this.images.get(digest);
    if (!bytes) return undefined;
    const { mediaType = "", config } = JSON.parse(new TextDecoder().decode(bytes));
    return { digest, mediaType, size: bytes.length, config: config?.digest };
  }

  async findLayers(wanted: readonly Digest[]): Promise<FoundLayer[]> {
    this.calls.push("findLayers");
    const found = new Map<string, FoundLayer>();
    for (const manifest of [...this.images.values()].reverse()) {
      for (const layer of heldLayers(manifest, this.layers)) {
        const key = `${layer.diffId} ${layer.compression}`;
        if (wanted.includes(layer.diffId) && !found.has(key)) found.set(key, layer);
      }
    }
    return [...found.values()];
  }

  async missingBlobs<T extends Blob>(wanted: readonly T[]): Promise<T[]> {
    this.calls.push("missingBlobs");
    return wanted.filter(({ digest }) => !this.layers.has(digest));
  }

  async missingManifests(wanted: readonly Manifest[]): Promise<Manifest[]> {
    this.calls.push("missingManifests");
    return wanted.filter(({ descriptor }) => !this.images.has(descriptor.digest));
  }

  async openUpload(): Promise<Upload> {
    this.calls.push("openUpload");
    const id = `upload-${++this.opened}`;
    this.uploads.set(id, []);
    return { id, partSize: this.rules.partSize };
  }

  async expected({ id }: Upload): Promise<number> {
    this.calls.push("expected");
    return lengthOf(this.#upload(id));
  }

  async writePart({ id }: Upload, from: number, part: Uint8Array): Promise<number> {
    this.calls.push("writePart");
    this.bytesOffered += part.length;
    const sent = Uint8Array.from(part);
    // A request is under way for some time, in which the next part is read.
    for (let turn = 0; turn < 3; turn++) await setImmediate();
    if (Buffer.compare(sent, part) !== 0) throw new Error(`part at ${from} changed while it was being sent`);
    const taken = this.#upload(id);
    const length = lengthOf(taken);
    if (from !== length || part.length === 0 || part.length > this.rules.partSize) return length;
    taken.push(sent);
    return length + sent.length;
  }

  async closeUpload({ id }: Upload, { digest }: Blob): Promise<void> {
    this.calls.push("closeUpload");
    const taken = this.#upload(id);
    if (taken.length === 0) throw failure("UploadLost", "CompleteLayerUpload", `upload ${id} is empty`);
    if (taken.slice(0, -1).some(({ length }) => length < this.rules.minimumPartSize)) {
      throw new Error("LayerPartTooSmallException: a part that others follow is too small");
    }
    const bytes = Buffer.concat(taken);
    if (digestOf(bytes) !== digest) {
      throw failure("DigestMismatch", "CompleteLayerUpload", `the bytes of upload ${id} are not ${digest}`);
    }
    this.uploads.delete(id);
    this.layers.set(digest, bytes);
  }

  async putManifest({ descriptor, bytes }: Manifest, tag?: string): Promise<void> {
    this.calls.push("putManifest");
    const { digest } = descriptor;
    if (digestOf(bytes) !== digest) throw failure("DigestMismatch", "PutImage", `${digest} is another`);
    const missing = wantedBy(bytes).filter((wanted) => !this.layers.has(wanted) && !this.images.has(wanted));
    if (missing.length > 0) throw new Incomplete(`${missing} do not exist`);
    const tagged = tag === undefined ? undefined : this.tags.get(tag);
    if (this.rules.immutable && tagged !== undefined && tagged !== digest) {
      throw failure("TagImmutable", "PutImage", `the tag '${tag}' has another image`);
    }
    this.puts.push({ digest, tag });
    this.images.set(digest, bytes);
    if (tag !== undefined) this.tags.set(tag, digest);
  }

  #upload(id: string): Uint8Array[] {
    const upload = this.uploads.get(id);
    if (upload) return upload;
    throw failure("UploadLost", "UploadLayerPart", `upload ${id} does not exist`);
  }
}

function lengthOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}

function wantedBy(bytes: Uint8Array): string[] {
  const { config, layers = [], manifests = [] } = JSON.parse(new TextDecoder().decode(bytes));
  const held = layers.filter(({ urls }: { urls?: string[] }) => !urls);
  return [...(config ? [config] : []), ...held, ...manifests].map(({ digest }) => digest);
}

function failure(name: FailureName, operation: string, message: string): Failure {
  return new Failure(name, { side: "destination", operation }, message);
}
