/** A terminal: what is written to, and its size in characters. */
export interface Terminal {
  write(text: string): unknown;
  readonly columns?: number;
  readonly rows?: number;
}

// ECMA-48 control sequences, and DEC's for the cursor.
const hideCursor = "\x1b[?25l";
const showCursor = "\x1b[?25h";
const clearBelow = "\x1b[0J";
const up = (lines: number) => (lines > 0 ? `\x1b[${lines}A` : "");

/** Lines at the end of a terminal that are written over by the next ones, below those that stay. */
export class Frame {
  readonly #terminal: Terminal;
  /** The lines of the last frame, above the cursor. */
  #drawn = 0;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    terminal.write(hideCursor);
  }

  /** Writes lines over the last ones; they are cut where the terminal ends, since a line that wraps could not be counted. */
  draw(lines: readonly string[]): void {
    const width = (this.#terminal.columns || 80) - 1;
    this.#write(lines.map((line) => line.slice(0, width)));
    this.#drawn = lines.length;
  }

  /** Writes lines over the last ones that stay there. */
  keep(lines: readonly string[]): void {
    this.#write(lines);
    this.#drawn = 0;
  }

  /** Gives the cursor back. */
  end(): void {
    this.#terminal.write(showCursor);
  }

  #write(lines: readonly string[]): void {
    const text = lines.map((line) => `${line}\n`).join("");
    this.#terminal.write(`${up(this.#drawn)}\r${clearBelow}${text}`);
  }
}
