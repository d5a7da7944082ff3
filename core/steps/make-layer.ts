/*
 * A layer that lies in an archive without compression is compressed as it is copied. The digest of its
 * blob is known only at the end, and a process may end before that: so the bytes are compressed in
 * members of their own, a part of the upload holds whole members, and between two parts all there is
 * to know is how much was read and made, and the state of two hashes. The same bytes become the same
 * blob, so what a killed worker had sent is made again, and not sent again.
 */
import { largestMember, type Member, members } from "../archive/members.ts";
import { RunningDigest } from "../archive/running-digest.ts";
import { Failure } from "../errors.ts";
import type { PendingBlob } from "../model/copy-task.ts";
import { maxLayerSize } from "../model/limits.ts";
import type { MadeLayer, Making } from "../model/making.ts";
import type { Destination, Source } from "../ports.ts";
import { pauseMargin, type Watch } from "./watch.ts";

/** A layer on its way whose blob is being made. */
export type PendingLayer = PendingBlob & { readonly make: Making };

/** Makes a layer's blob and writes it to the end, or returns the layer with how far it came. */
export async function makeLayer(
  layer: PendingLayer,
  source: Source,
  destination: Destination,
  watch: Watch,
): Promise<MadeLayer | PendingLayer> {
  // Never next to what could be expected: a blob is neither twice as large as what it is made of nor larger than any.
  const beyond = { digest: layer.digest, size: Math.min(2 * layer.size + largestMember, maxLayerSize) };
  const standing = await destination.expected(layer.upload, beyond);
  const maker = await Maker.start(layer, destination, standing);
  const raw = source.readBlob(layer, layer.from);
  for await (const member of members(raw, layer.make.compression, layer.size - layer.from)) {
    if (!maker.fits(member)) {
      await maker.flush();
      watch.took?.(layer, maker.read);
    }
    // Within a part, too: a part of what compresses well is made of more than there may be time to read.
    if (maker.sent && watch.timeLeft() < pauseMargin) return maker.sent;
    maker.add(member);
  }
  await maker.flush();
  watch.took?.(layer, maker.read);
  return maker.close();
}

class Maker {
  readonly #layer: PendingLayer;
  readonly #destination: Destination;
  /** The offset that the destination expected when this began: what lies before has been sent. */
  readonly #standing: number;
  readonly #hashes: readonly [RunningDigest, RunningDigest];
  readonly #part: Buffer;
  #filled = 0;
  #output: number;
  /** Bytes of the archive's layer that have gone into parts. */
  read: number;
  /** The layer as it was after the last part that this has been through; undefined before the first. */
  sent: PendingLayer | undefined;

  private constructor(
    layer: PendingLayer,
    destination: Destination,
    standing: number,
    hashes: readonly [RunningDigest, RunningDigest],
  ) {
    this.#layer = layer;
    this.#destination = destination;
    this.#standing = standing;
    this.#hashes = hashes;
    this.#part = Buffer.allocUnsafeSlow(layer.upload.partSize);
    this.#output = layer.make.output;
    this.read = layer.from;
  }

  static async start(layer: PendingLayer, destination: Destination, standing: number): Promise<Maker> {
    const [raw, made] = layer.make.hashes ?? [];
    const hashes = [await RunningDigest.start(raw), await RunningDigest.start(made)] as const;
    return new Maker(layer, destination, standing, hashes);
  }

  fits({ bytes }: Member): boolean {
    return this.#filled + bytes.length <= this.#part.length;
  }

  add({ raw, bytes }: Member): void {
    this.#hashes[0].update(raw);
    this.#hashes[1].update(bytes);
    this.#part.set(bytes, this.#filled);
    this.#filled += bytes.length;
    this.read += raw.length;
  }

  /** Sends what has been made and the destination does not have. */
  async flush(): Promise<void> {
    const end = this.#output + this.#filled;
    const from = Math.max(this.#output, this.#standing);
    if (from < end) {
      const part = this.#part.subarray(from - this.#output, this.#filled);
      const at = await this.#destination.writePart(this.#layer.upload, from, part);
      if (at !== end) throw this.#elsewhere(at, end);
    }
    this.#output = end;
    this.#filled = 0;
    const hashes = [this.#hashes[0].save(), this.#hashes[1].save()] as const;
    const { compression } = this.#layer.make;
    this.sent = { ...this.#layer, from: this.read, make: { compression, output: end, hashes } };
  }

  async close(): Promise<MadeLayer> {
    const { digest: diffId, size, upload, make } = this.#layer;
    const [rawDigest, digest] = this.#hashes.map((hash) => hash.finish()) as [string, string];
    if (this.read !== size) throw this.#mismatch(`${this.read} bytes long, and not ${size}`);
    if (make.compression !== "copy" && rawDigest !== diffId) {
      throw this.#mismatch(`of the digest ${rawDigest}: its config lists another`);
    }
    const blob = { digest, size: this.#output };
    await this.#destination.closeUpload(upload, blob);
    return { diffId, ...blob };
  }

  #mismatch(what: string): Failure {
    return new Failure(
      "DigestMismatch",
      { side: "source", operation: "ReadArchive" },
      `the archive's layer ${this.#layer.digest} is ${what}`,
    );
  }

  #elsewhere(at: number, end: number): Failure {
    return new Failure(
      "Unavailable",
      { side: "destination", operation: "UploadLayerPart" },
      `the destination expects byte ${at} of layer ${this.#layer.digest} after it was sent all before ${end}; another copy of it may be under way`,
    );
  }
}
