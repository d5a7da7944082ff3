import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { limitExceeded } from "./errors.ts";
import type { Quotas } from "./quota.ts";

/** A layer on its way in: its bytes so far are in a file, their hash in memory. */
export class Upload {
  readonly id: string;
  readonly path: string;
  /** Bytes received so far. */
  received = 0;
  parts = 0;
  /** A part that others followed was smaller than a part may be. */
  undersized = false;
  readonly #quotas: Quotas;
  readonly #hash = createHash("sha256");
  #lastPartBytes = Number.POSITIVE_INFINITY;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(id: string, path: string, quotas: Quotas) {
    this.id = id;
    this.path = path;
    this.#quotas = quotas;
  }

  /** Runs the work after all work that was given earlier has ended. */
  exclusively<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {});
    return result;
  }

  /** Appends one part; the caller has checked where it starts. Throws LimitExceededException. */
  async appendPart(part: Uint8Array): Promise<void> {
    if (this.parts >= this.#quotas.partsPerLayer)
      throw limitExceeded("layer parts", this.#quotas.partsPerLayer);
    await this.append([part]);
    this.undersized ||= this.#lastPartBytes < this.#quotas.minimumPartBytes;
    this.#lastPartBytes = part.length;
    this.parts += 1;
  }

  /** Appends a stream; what came before it broke stays. Throws LimitExceededException. */
  async append(chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void> {
    const file = await open(this.path, "a");
    try {
      for await (const chunk of chunks) {
        if (this.received + chunk.length > this.#quotas.layerBytes) {
          throw limitExceeded("bytes in a layer", this.#quotas.layerBytes);
        }
        await file.appendFile(chunk);
        this.#hash.update(chunk);
        this.received += chunk.length;
      }
    } finally {
      await file.close();
    }
  }

  /** `sha256:<hex>` of what was received so far. */
  digest(): string {
    return `sha256:${this.#hash.copy().digest("hex")}`;
  }
}
