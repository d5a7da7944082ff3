import { createGunzip, createZstdDecompress } from "node:zlib";
import type { Packed } from "../ports.ts";
import { unreadable } from "./unreadable.ts";

type Format = Packed["format"];

/** Bytes of output that are made at a time: handing them on costs more than making them when they are few. */
const chunkSize = 256 * 1024;

const options = { chunkSize, highWaterMark: chunkSize };
const streams = {
  gzip: () => createGunzip(options),
  // It refuses a window of more than 128 MiB, which is how much memory an archive can ask for.
  zstd: () => createZstdDecompress(options),
};

/**
 * Inflates a stream of gzip members (RFC 1952, section 2.2) or zstd frames (RFC 8878, section 3). What comes is valid
 * until the next is asked for, and so is what goes. Throws `UnsupportedImage`, with about the byte where it was, for what
 * is damaged or cut short, and for anything behind the end but zeros behind gzip.
 */
export async function* inflate(
  format: Format,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let engine = new Engine(format, 0);
  let padding = false;
  try {
    for await (const chunk of chunks) {
      let rest = chunk;
      while (rest.length > 0 && !padding) {
        rest = rest.subarray(yield* engine.write(rest));
        if (rest.length === 0) break;
        // Node's streams end with a frame, and where zeros follow a member, and leave what comes then.
        padding = format === "gzip" && rest[0] === 0;
        engine.close();
        engine = new Engine(format, engine.at);
      }
      if (rest.some((byte) => byte !== 0)) throw damaged(format, engine.at, "something follows its end");
    }
    if (!padding) yield* engine.end();
  } finally {
    engine.close();
  }
}

/** One of Node's streams, written and read in turns. */
class Engine {
  readonly #format: Format;
  readonly #from: number;
  readonly #stream: ReturnType<(typeof streams)[Format]>;
  #failure: Error | undefined;
  #wake = () => {};

  /** Begins at a byte of the whole. */
  constructor(format: Format, from: number) {
    this.#format = format;
    this.#from = from;
    this.#stream = streams[format]();
    this.#stream.on("readable", () => this.#wake());
    this.#stream.on("error", (error) => {
      this.#failure = failureOf(error, format, this.at);
      this.#wake();
    });
  }

  /** The bytes of the whole that have been taken in. */
  get at(): number {
    return this.#from + this.#stream.bytesWritten;
  }

  /** Gives what becomes of a chunk, and returns how much of it was taken in: not all when a frame has ended. */
  async *write(chunk: Uint8Array): AsyncGenerator<Uint8Array, number> {
    const before = this.at;
    yield* this.#read((ended) => this.#stream.write(chunk, ended));
    const taken = this.at - before;
    if (taken > 0 || before > this.#from) return taken;
    throw damaged(this.#format, before, "nothing can be made of it");
  }

  /** Gives what is left. */
  end(): AsyncGenerator<Uint8Array> {
    // It has finished writing before it has made all of it.
    return this.#read((ended) => this.#stream.once("end", ended).end());
  }

  close(): void {
    this.#stream.destroy();
  }

  async *#read(begin: (ended: (error?: Error | null) => void) => void): AsyncGenerator<Uint8Array, void> {
    let done = false;
    begin((error) => {
      done = !error; // The event that says what it was comes after.
      this.#wake();
    });
    for (;;) {
      const chunk = this.#stream.read() as Uint8Array | null;
      if (chunk) yield chunk;
      else if (this.#failure) throw this.#failure;
      else if (done) return;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}

function failureOf(error: NodeJS.ErrnoException, format: Format, at: number): Error {
  switch (error.code) {
    case "Z_BUF_ERROR":
      return unreadable(`the ${format} archive is cut short after ${at} bytes`, error);
    case "ZSTD_error_frameParameter_windowTooLarge":
      return unreadable(
        "the zstd archive needs a window of more than 128 MiB; compress it again with a smaller one, such as --long=27",
        error,
      );
    case "Z_MEM_ERROR":
    case "ZSTD_error_memory_allocation":
      return error;
    default:
      return damaged(format, at, error.message, error);
  }
}

function damaged(format: Format, at: number, what: string, cause?: unknown): Error {
  return unreadable(`the ${format} archive is damaged at about byte ${at}: ${what}`, cause);
}
