/** What some workers take that others add: whoever adds waits while it is full, whoever takes while it is empty. */
export class BoundedQueue<T> {
  readonly #size: number;
  readonly #items: T[] = [];
  /** Who waits for room, or for an item: told when there may be some. */
  readonly #waiting = new Set<() => void>();
  #isClosed = false;

  constructor(size: number) {
    this.#size = size;
  }

  /** What is added after the end goes nowhere. */
  async add(item: T): Promise<void> {
    while (this.#items.length >= this.#size && !this.#isClosed) await this.#change();
    if (this.#isClosed) return;
    this.#items.push(item);
    this.#tell();
  }

  /** The next item; undefined at the end. */
  async take(): Promise<T | undefined> {
    while (this.#items.length === 0 && !this.#isClosed) await this.#change();
    const item = this.#items.shift();
    this.#tell();
    return item;
  }

  /** Nothing follows; what waits is still taken. */
  close(): void {
    this.#isClosed = true;
    this.#tell();
  }

  /** Nothing follows, and what waits is dropped. */
  abort(): void {
    this.#items.length = 0;
    this.close();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  #tell(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
