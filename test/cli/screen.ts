/** A terminal that keeps what a person would see; it knows the sequences that `cli/bars.ts` uses, and refuses others. */
export class Screen {
  readonly columns: number;
  readonly rows: number;
  cursorShown = true;
  #lines: string[] = [""];
  #row = 0;
  #column = 0;

  constructor(columns = 100, rows = 24) {
    this.columns = columns;
    this.rows = rows;
  }

  write(text: string): void {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what a terminal reads.
    for (const [piece] of text.matchAll(/\x1b\[[?\d]*[A-Za-z]|[\s\S]/gu)) this.#put(piece);
  }

  /** The lines that are not empty. */
  get lines(): string[] {
    return this.#lines.filter((line) => line !== "");
  }

  #put(piece: string): void {
    if (piece === "\n") this.#move(this.#row + 1);
    else if (piece === "\r") this.#column = 0;
    else if (piece === "\x1b[?25l") this.cursorShown = false;
    else if (piece === "\x1b[?25h") this.cursorShown = true;
    else if (piece === "\x1b[0J") this.#clearBelow();
    else if (piece.startsWith("\x1b")) this.#up(piece);
    else this.#print(piece);
  }

  #print(character: string): void {
    const line = this.#lines[this.#row] ?? "";
    this.#lines[this.#row] = line.slice(0, this.#column) + character + line.slice(this.#column + 1);
    this.#column += 1;
  }

  #move(row: number): void {
    this.#row = row;
    this.#column = 0;
    this.#lines[row] ??= "";
  }

  #up(sequence: string): void {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what a terminal reads.
    const [, lines] = /^\x1b\[(\d+)A$/.exec(sequence) ?? [];
    if (!lines || Number(lines) > this.#row)
      throw new Error(`a terminal would not do ${JSON.stringify(sequence)}`);
    if (Number(lines) >= this.rows)
      throw new Error(`${lines} lines up is beyond a screen of ${this.rows} rows`);
    this.#row -= Number(lines);
  }

  #clearBelow(): void {
    this.#lines = this.#lines.slice(0, this.#row);
    this.#lines[this.#row] = "";
  }
}
