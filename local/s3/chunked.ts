import { Refusal } from "../refusal.ts";

/** The content of an `aws-chunked` body, and what its trailer says once all of it was read. */
export interface Decoded {
  readonly content: AsyncIterable<Uint8Array>;
  /** Lower-case names; complete when `content` has ended. */
  readonly trailers: Record<string, string>;
}

// A chunk's header: its size, a signature perhaps. No client's is anywhere near so long.
const LONGEST_LINE = 4096;

/** Decodes an `aws-chunked` body (S3 API reference, "SigV4 streaming"), signed or not, with or without a trailer. */
export function decodeChunked(body: AsyncIterable<Uint8Array>): Decoded {
  const trailers: Record<string, string> = {};
  return { content: chunks(new Lines(body), trailers), trailers };
}

async function* chunks(source: Lines, trailers: Record<string, string>): AsyncGenerator<Uint8Array> {
  for (;;) {
    const size = sizeOf(await source.line());
    if (size === 0) break;
    yield* source.bytes(size);
    if ((await source.line()) !== "") throw malformed("a chunk is longer than its size");
  }
  for (let line = await source.line(); line !== ""; line = await source.line()) {
    const [, name = "", value = ""] = /^([^:]+):(.*)$/.exec(line) ?? [];
    trailers[name.toLowerCase()] = value.trim();
  }
}

function sizeOf(header: string): number {
  const [, digits] = /^([0-9a-fA-F]{1,8})(;.*)?$/.exec(header) ?? [];
  if (digits === undefined) throw malformed(`'${header.slice(0, 40)}' is not a chunk header`);
  return Number.parseInt(digits, 16);
}

/** Reads lines and byte counts in turn from one stream. */
class Lines {
  readonly #iterator: AsyncIterator<Uint8Array>;
  #buffer: Buffer = Buffer.alloc(0);

  constructor(body: AsyncIterable<Uint8Array>) {
    this.#iterator = body[Symbol.asyncIterator]();
  }

  /** The next line without its CRLF; empty at the end of the stream, where clients leave out the last CRLF. */
  async line(): Promise<string> {
    for (;;) {
      const end = this.#buffer.indexOf("\r\n");
      if (end >= 0)
        return this.#take(end + 2)
          .subarray(0, end)
          .toString("latin1");
      if (this.#buffer.length > LONGEST_LINE) throw malformed("a line has no end");
      if (!(await this.#fill())) return this.#take(this.#buffer.length).toString("latin1");
    }
  }

  async *bytes(count: number): AsyncGenerator<Uint8Array> {
    for (let left = count; left > 0; ) {
      if (this.#buffer.length === 0 && !(await this.#fill())) throw malformed("the body ends inside a chunk");
      const piece = this.#take(Math.min(left, this.#buffer.length));
      left -= piece.length;
      yield piece;
    }
  }

  async #fill(): Promise<boolean> {
    const { value, done } = await this.#iterator.next();
    if (done) return false;
    this.#buffer =
      this.#buffer.length === 0
        ? Buffer.from(value.buffer, value.byteOffset, value.length)
        : Buffer.concat([this.#buffer, value]);
    return true;
  }

  #take(count: number): Buffer {
    const taken = this.#buffer.subarray(0, count);
    this.#buffer = this.#buffer.subarray(count);
    return taken;
  }
}

function malformed(reason: string): Refusal {
  return new Refusal("IncompleteBody", `The aws-chunked body is malformed: ${reason}.`);
}
