import { appendFileSync, existsSync, readFileSync, truncateSync } from "node:fs";

/** A file of changes, one JSON object a line, that is only ever appended to. */
export class Journal<Change> {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** Every change since the file was begun; a last line that a crash cut short never happened, and is cut off. */
  read(): Change[] {
    if (!existsSync(this.#path)) return [];
    const text = readFileSync(this.#path);
    const whole = text.subarray(0, text.lastIndexOf("\n") + 1);
    if (whole.length < text.length) truncateSync(this.#path, whole.length);
    return whole
      .toString()
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Change);
  }

  append(change: Change): void {
    appendFileSync(this.#path, `${JSON.stringify(change)}\n`);
  }
}
