import { digestOf } from "../../../core/model/digest.ts";

/** The most bytes of manifests that are kept, and the most manifests. */
const [mostBytes, mostEntries] = [16 * 1024 * 1024, 1_000];

/** Manifests that were read, under keys that say from where and by whom; the oldest go when there are too many. */
export class KeptManifests {
  readonly #kept = new Map<string, Uint8Array>();
  #bytes = 0;

  /** The manifest under a key, or what `read` brings, which is kept when it has the digest. */
  async get(key: string, digest: string, read: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const kept = this.#kept.get(key);
    if (kept) return kept;
    const bytes = await read();
    if (digestOf(bytes) === digest) this.#keep(key, bytes);
    return bytes;
  }

  #keep(key: string, bytes: Uint8Array): void {
    this.#forget(key);
    this.#kept.set(key, bytes);
    this.#bytes += bytes.length;
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= mostBytes && this.#kept.size <= mostEntries) return;
      this.#forget(oldest);
    }
  }

  #forget(key: string): void {
    this.#bytes -= this.#kept.get(key)?.length ?? 0;
    this.#kept.delete(key);
  }
}
