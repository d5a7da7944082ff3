import { setTimeout as delay } from "node:timers/promises";
import { Failure, type Side } from "../../core/errors.ts";

/** How often a read may break at one offset before it is given up. */
const attempts = 5;

/** What is read: its name for messages, and its bytes from one offset to before another. */
export interface Reading {
  readonly what: string;
  readonly from: number;
  readonly end: number;
  readonly side: Side | undefined;
  /** Waits for so many milliseconds; a timer when it is absent. */
  readonly sleep?: (milliseconds: number) => Promise<unknown>;
}

/**
 * Reads to the end, and begins again where a read broke; what is opened must begin at the offset that is given.
 * Throws `Unavailable` after five attempts that brought no byte, and any Failure at once.
 */
export async function* readOn(
  reading: Reading,
  open: (at: number) => Promise<AsyncIterable<Uint8Array>>,
): AsyncGenerator<Uint8Array> {
  const { from, end, sleep = delay } = reading;
  let at = from;
  let broken = 0;
  while (at < end) {
    const before = at;
    try {
      for await (const chunk of await open(at)) {
        at += chunk.length;
        broken = 0;
        yield chunk;
      }
      if (at === before) throw new Error("the answer was empty");
    } catch (error) {
      // What a client has named, it has tried again already.
      if (error instanceof Failure) throw error;
      if (++broken >= attempts) throw unavailable(reading, at, error);
      await sleep(2 ** broken * 50 * (1 + Math.random()));
    }
  }
}

function unavailable({ what, side }: Reading, at: number, cause: unknown): Failure {
  return new Failure(
    "Unavailable",
    { side, operation: "ReadBlob", cause },
    `${what} cannot be read at byte ${at}: ${attempts} attempts brought nothing, the last ended with ${(cause as Error).message}`,
  );
}
