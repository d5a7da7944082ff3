import type { Blob } from "../core/model/descriptor.ts";
import type { Plan } from "../core/model/plan.ts";
import { bytes, count, duration } from "./amount.ts";
import type { Progress } from "./progress.ts";
import { shortDigest, Transfer } from "./transfer.ts";

/** A terminal: what is written to, and its size in characters. */
export interface Terminal {
  write(text: string): unknown;
  readonly columns?: number;
  readonly rows?: number;
}

/** How often the rate and the time left are drawn anew, in milliseconds. */
const interval = 500;

/** The most bars at a time beside the one for all. */
const maxBars = 8;

/** What a line takes beside its bar, in characters, when every amount is at its longest. */
const textWidth = 76;

// ECMA-48 control sequences, and DEC's for the cursor.
const hideCursor = "\x1b[?25l";
const showCursor = "\x1b[?25h";
const clearBelow = "\x1b[0J";
const up = (lines: number) => (lines > 0 ? `\x1b[${lines}A` : "");

/** Progress on a terminal: a bar for each layer on its way, and below them one for all, with rate and time left. */
export class Bars implements Progress {
  readonly #terminal: Terminal;
  readonly #transfer: Transfer;
  readonly #timer: NodeJS.Timeout;
  #doing = "";
  /** The lines of the last frame, above the cursor. */
  #drawn = 0;

  constructor(terminal: Terminal, now: () => number) {
    this.#terminal = terminal;
    this.#transfer = new Transfer(now);
    this.#timer = setInterval(() => this.#draw(), interval).unref();
    terminal.write(hideCursor);
  }

  note(line: string): void {
    this.#replace([line], 0);
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
    this.#replace(lines, 0);
    this.#terminal.write(showCursor);
  }

  #draw(): void {
    const { layers, unfinished } = this.#transfer;
    // A frame higher than the screen could not be drawn over.
    const room = Math.max(0, Math.min(maxBars, (this.#terminal.rows ?? 24) - 3));
    const bars = unfinished
      .slice(0, room)
      .map(({ blob, at }) => this.#line(shortDigest(blob), at, blob.size));
    const lines = [...bars, ...(layers > 0 ? [this.#total()] : []), ...(this.#doing ? [this.#doing] : [])];
    this.#replace(lines, lines.length);
  }

  /** Writes lines over the last frame; the next one is written over as many of them as are `drawn`. */
  #replace(lines: readonly string[], drawn: number): void {
    const width = drawn > 0 ? (this.#terminal.columns || 80) - 1 : undefined;
    const text = lines.map((line) => `${line.slice(0, width)}\n`).join("");
    this.#terminal.write(`${up(this.#drawn)}\r${clearBelow}${text}`);
    this.#drawn = drawn;
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
