import type { Blob } from "../core/model/descriptor.ts";
import type { Plan } from "../core/model/plan.ts";
import { bytes, count, duration } from "./amount.ts";
import type { Progress } from "./progress.ts";
import { shortDigest, Transfer } from "./transfer.ts";

/** How often a line is written while no layer ends, in milliseconds. */
const interval = 10_000;

/** Progress for a log: a line for each layer that is there, and in between one every ten seconds. */
export class Lines implements Progress {
  readonly #stream: { write(text: string): unknown };
  readonly #now: () => number;
  readonly #transfer: Transfer;
  readonly #timer: NodeJS.Timeout;
  #last: number;

  constructor(stream: { write(text: string): unknown }, now: () => number) {
    this.#stream = stream;
    this.#now = now;
    this.#transfer = new Transfer(now);
    this.#last = now();
    this.#timer = setInterval(() => this.tick(), 1_000).unref();
  }

  note(line: string): void {
    this.#last = this.#now();
    this.#stream.write(`${line}\n`);
  }

  doing(what: string): void {
    this.note(what);
  }

  planned({ next, tasks, layers }: Plan): void {
    if (next !== "CopyLayers") return;
    const blobs = tasks.flatMap((task) => task.blobs);
    this.#transfer.add(blobs);
    const left = blobs.reduce((sum, { size, from }) => sum + size - from, 0);
    const there = layers.present + layers.copied;
    this.note(`copying ${count(blobs.length, "layer")}, ${bytes(left)}${there ? `; ${there} there` : ""}`);
  }

  copied(blob: Blob, at: number): void {
    this.#transfer.copied(blob, at);
    if (at >= blob.size) this.note(`layer ${shortDigest(blob)} copied, ${this.#sum()}`);
    else this.tick();
  }

  /** Writes how far it is if nothing was written for ten seconds. */
  tick(): void {
    if (this.#now() - this.#last >= interval && this.#transfer.unfinished.length > 0) this.note(this.#sum());
  }

  end(): void {
    clearInterval(this.#timer);
  }

  #sum(): string {
    const { done, size, rate, left } = this.#transfer;
    const speed = rate === undefined ? "" : `, ${bytes(rate)}/s`;
    const time = left ? `, ${duration(left)} left` : "";
    return `${bytes(done)} of ${bytes(size)}${speed}${time}`;
  }
}
