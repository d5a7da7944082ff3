import { createSHA256, type IHasher } from "hash-wasm";
import type { Digest } from "../model/digest.ts";

/** A SHA-256 that can be put down and taken up in another process, which Node's own cannot. */
export class RunningDigest {
  readonly #hasher: IHasher;

  private constructor(hasher: IHasher) {
    this.#hasher = hasher;
  }

  /** Begins, or goes on from a state that was saved. */
  static async start(state?: string): Promise<RunningDigest> {
    const hasher = await createSHA256();
    hasher.init();
    if (state !== undefined) hasher.load(Buffer.from(state, "base64"));
    return new RunningDigest(hasher);
  }

  update(bytes: Uint8Array): void {
    this.#hasher.update(bytes);
  }

  /** What `start` goes on from, in base64. */
  save(): string {
    return Buffer.from(this.#hasher.save()).toString("base64");
  }

  /** The digest of all there was. It ends the hash. */
  finish(): Digest {
    return `sha256:${this.#hasher.digest("hex")}`;
  }
}
