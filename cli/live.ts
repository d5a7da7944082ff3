import { Frame, type Terminal } from "./frame.ts";

/** What something that goes on looks like now: a few lines on a terminal, and one line in a log. */
export interface View {
  readonly block: readonly string[];
  readonly line: string;
}

/** Where it is shown how something goes on. */
export interface Live {
  /** Something to know that stays, in one line. */
  note(line: string): void;
  /** Shows a view in the place of the last one. */
  show(view: View): void;
  /** Leaves the screen as others may write to it. Nothing follows. */
  end(): void;
}

/** How often a log is told at most, in milliseconds. */
const interval = 10_000;

/** A view on standard error: drawn again in its place on a terminal, elsewhere lines that read well in a log. */
export function openLive(stream: NodeJS.WriteStream, terminal = process.env["TERM"]): Live {
  return stream.isTTY && terminal !== "dumb" ? new Block(stream) : new Log(stream, Date.now);
}

/** Shows views on a terminal, each in the place of the last. */
export class Block implements Live {
  readonly #frame: Frame;
  readonly #terminal: Terminal;
  #last: readonly string[] = [];

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.#frame = new Frame(terminal);
  }

  note(line: string): void {
    this.#frame.keep([line]);
    this.#frame.draw(this.#last);
  }

  show({ block }: View): void {
    // A frame higher than the screen could not be drawn over.
    this.#last = block.slice(0, Math.max(1, (this.#terminal.rows ?? 24) - 2));
    this.#frame.draw(this.#last);
  }

  end(): void {
    this.#frame.keep(this.#last);
    this.#frame.end();
  }
}

/** Writes a view's line when it has changed, every ten seconds at most. */
export class Log implements Live {
  readonly #stream: { write(text: string): unknown };
  readonly #now: () => number;
  #told = "";
  #toldAt = Number.NEGATIVE_INFINITY;
  #last = "";

  constructor(stream: { write(text: string): unknown }, now: () => number) {
    this.#stream = stream;
    this.#now = now;
  }

  note(line: string): void {
    this.#stream.write(`${line}\n`);
  }

  show({ line }: View): void {
    this.#last = line;
    if (this.#now() - this.#toldAt >= interval) this.#tell();
  }

  end(): void {
    this.#tell();
  }

  #tell(): void {
    if (this.#last === this.#told) return;
    this.#told = this.#last;
    this.#toldAt = this.#now();
    this.note(this.#last);
  }
}
