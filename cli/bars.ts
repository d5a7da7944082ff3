import type { Blob } from "../core/model/descriptor.ts";
import type { Plan } from "../core/model/plan.ts";
import { bytes, count, duration } from "./amount.ts";
import { Frame, type Terminal } from "./frame.ts";
import type { Progress } from "./progress.ts";
import { shortDigest, Transfer } from "./transfer.ts";

/** How often the rate and the time left are drawn anew, in milliseconds. */
const interval = 500;

/** The most bars at a time beside the one for all. */
const maxBars = 8;

/** What a line takes beside its bar, in characters, when every amount is at its longest. */
const textWidth = 76;

/** Progress on a terminal: a bar for each layer on its way, and below them one for all, with rate and time left. */
export class Bars implements Progress {
  readonly #terminal: Terminal;
  readonly #frame: Frame;
  readonly #transfer: Transfer;
  readonly #timer: NodeJS.Timeout;
  #doing = "";

  constructor(terminal: Terminal, now: () => number) {
    this.#terminal = terminal;
    this.#frame = new Frame(terminal);
    this.#transfer = new Transfer(now);
    this.#timer = setInterval(() => this.#draw(), interval).unref();
  }

  note(line: string): void {
    this.#frame.keep([line]);
    this.#draw();
  }

  doing(what: string): void {
    this.#doing = what;
    this.#draw();
  }

  planned({ next, tasks }: Plan): void {
    if (next !== "CopyLayers") return;
    this.#doing = "";
    this.#transfer.add(tasks.flatMap(({ blobs }) => blobs));
    this.#draw();
  }

  copied(blob: Blob, at: number): void {
    this.#transfer.copied(blob, at);
    this.#draw();
  }

  /** Leaves the line for all, if there was one, and gives the cursor back. */
  end(): void {
    clearInterval(this.#timer);
    const lines = this.#transfer.layers > 0 ? [this.#total()] : [];
    this.#frame.keep(lines);
    this.#frame.end();
  }

  #draw(): void {
    const { layers, unfinished } = this.#transfer;
    // A frame higher than the screen could not be drawn over.
    const room = Math.max(0, Math.min(maxBars, (this.#terminal.rows ?? 24) - 3));
    const bars = unfinished
      .slice(0, room)
      .map(({ blob, at }) => this.#line(shortDigest(blob), at, blob.size));
    const lines = [...bars, ...(layers > 0 ? [this.#total()] : []), ...(this.#doing ? [this.#doing] : [])];
    this.#frame.draw(lines);
  }

  #total(): string {
    const { layers, unfinished, done, size, rate, left } = this.#transfer;
    const speed = rate === undefined ? "" : `  ${bytes(rate)}/s`;
    const time = left ? `  ${duration(left)} left` : "";
    return this.#line(
      `${layers - unfinished.length} of ${count(layers, "layer")}`,
      done,
      size,
      `${speed}${time}`,
    );
  }

  #line(name: string, at: number, size: number, rest = ""): string {
    const width = Math.max(8, Math.min(30, (this.#terminal.columns || 80) - textWidth));
    const full = size > 0 ? Math.floor((at / size) * width) : width;
    const bar = "█".repeat(full) + "░".repeat(width - full);
    return `${name.padEnd(16)}  ${bar}  ${bytes(at)} of ${bytes(size)}${rest}`;
  }
}
