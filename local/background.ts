import { setTimeout } from "node:timers/promises";

/** Work that goes on after its call was answered: deliveries of events and asynchronous invocations, with their retries. */
export class Background {
  readonly #intervalMillis: number | undefined;
  readonly #stop = new AbortController();
  readonly #running = new Set<Promise<void>>();

  /** `intervalMillis`, if given, is how long every pause takes. */
  constructor(intervalMillis?: number) {
    this.#intervalMillis = intervalMillis;
  }

  /** Whether nothing may happen any more. */
  get stopped(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Begins work that nobody waits for; does nothing once stopped. */
  run(work: () => Promise<void>): void {
    if (this.stopped) return;
    const running = work()
      .catch((error: unknown) => this.#report(error))
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Waits so many milliseconds, or the interval in their place; rejects when local AWS stops meanwhile. */
  async pause(millis: number): Promise<void> {
    await setTimeout(this.#intervalMillis ?? millis, undefined, { signal: this.#stop.signal });
  }

  /** Resolves when no work is left, or at the stop. */
  async settled(): Promise<void> {
    const { signal } = this.#stop;
    const stopped = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    while (this.#running.size > 0 && !this.stopped) await Promise.race([Promise.all(this.#running), stopped]);
  }

  /** Ends pauses, and with them the work; what is at work in a function must look at `stopped` before it goes on. */
  stop(): void {
    this.#stop.abort();
  }

  #report(error: unknown): void {
    if (!this.stopped) process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
  }
}
