import { Failure } from "../../core/errors.ts";
import type { Blob, Descriptor } from "../../core/model/descriptor.ts";
import { isDigest } from "../../core/model/digest.ts";
import type { Source } from "../../core/ports.ts";
import type { Content } from "./image.ts";

/** A source in memory. Its maps may be changed, to make it a source that is damaged or that moves. */
export class MemorySource implements Source {
  readonly manifests = new Map<string, Uint8Array>();
  readonly mediaTypes = new Map<string, string>();
  readonly blobs = new Map<string, Uint8Array>();
  readonly tags = new Map<string, string>();
  /** The names of the methods that were called, in order. */
  readonly calls: string[] = [];
  /** How many bytes of blobs were read. */
  bytesRead = 0;
  /** The size of the chunks in which blobs are read. */
  chunkSize = 7;
  /** When set, the next read that reaches this offset breaks there, once. */
  breakAt: number | undefined;

  /** Adds an image under a tag. */
  add(content: Content, tag?: string): void {
    for (const [digest, bytes] of content.manifests) {
      this.manifests.set(digest, bytes);
      const { mediaType } = JSON.parse(new TextDecoder().decode(bytes));
      this.mediaTypes.set(digest, mediaType ?? content.root.mediaType);
    }
    for (const [digest, bytes] of content.blobs) this.blobs.set(digest, bytes);
    if (tag !== undefined) this.tags.set(tag, content.root.digest);
  }

  async resolve(reference: string): Promise<Descriptor> {
    this.calls.push("resolve");
    const digest = isDigest(reference) ? reference : this.tags.get(reference);
    const bytes = this.manifests.get(digest ?? "");
    if (!digest || !bytes) throw notFound("ResolveImage", reference);
    return { mediaType: this.mediaTypes.get(digest) ?? "", digest, size: bytes.length };
  }

  async readManifest({ digest }: Descriptor): Promise<Uint8Array> {
    this.calls.push("readManifest");
    const bytes = this.manifests.get(digest);
    if (!bytes) throw notFound("ReadManifest", digest);
    return bytes;
  }

  async *readBlob({ digest }: Blob, from: number): AsyncGenerator<Uint8Array> {
    this.calls.push("readBlob");
    const bytes = this.blobs.get(digest);
    if (!bytes) throw notFound("ReadBlob", digest);
    for (let at = from; at < bytes.length; at += this.chunkSize) {
      const end = Math.min(at + this.chunkSize, bytes.length);
      this.#break(at, end);
      this.bytesRead += end - at;
      yield bytes.slice(at, end);
    }
  }

  #break(at: number, end: number): void {
    if (this.breakAt === undefined || this.breakAt < at || this.breakAt >= end) return;
    this.breakAt = undefined;
    throw new Failure("Unavailable", { side: "source", operation: "ReadBlob" }, `the read broke at ${at}`);
  }
}

function notFound(operation: string, reference: string): Failure {
  return new Failure("SourceNotFound", { side: "source", operation }, `nothing is at ${reference}`);
}
