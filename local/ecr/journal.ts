import { appendFileSync, existsSync, readFileSync } from "node:fs";

/** A file of changes, one JSON object a line, that is only ever appended to. */
export class Journal<Change> {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** Every change since the file was begun; a last line cut short by a crash never happened. */
  read(): Change[] {
    if (!existsSync(this.#path)) return [];
    const lines = readFileSync(this.#path, "utf8").split("\n");
    return lines.slice(0, -1).map((line) => JSON.parse(line) as Change);
  }

  append(change: Change): void {
    appendFileSync(this.#path, `${JSON.stringify(change)}\n`);
  }
}
