import { connect as connectTcp, isIP, type LookupFunction, type OnReadOpts, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { type ByteRange, rangeHeader } from "../../core/model/byte-range.ts";

/** The answer to a ranged GET. What is no success has no body here: an error of S3's comes in chunks. */
export interface RangeAnswer {
  readonly status: number;
  /** Lower-case names; the last of equal ones, but of challenges all, with commas between them. */
  readonly headers: ReadonlyMap<string, string>;
  /** Reads on. A chunk is valid until the next is asked for. Leaving the loop closes the connection. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** What else a request says, and how its host is found. */
export interface RangeOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** DNS when absent. */
  readonly lookup?: LookupFunction;
}

/** The code of the error for an answer that does not say how long it is. */
export const noLength = "ERR_NO_LENGTH";

/** What is read before it is handed on, in bytes. */
const chunkSize = 256 * 1024;
/** A chunk with less room than this, in bytes, is handed on: reading into little room costs as much as into more. */
const leastRoom = 16 * 1024;
/** Chunks that may wait for the reader before the connection is told to wait. */
const waiting = 2;
const maxHeadLength = 32 * 1024;
/** How long a connection may bring nothing while it is read, in milliseconds. */
const idle = 60_000;

/**
 * One HTTP/1.1 GET of a closed range (RFC 9110, section 14.2) over a connection of its own. Bytes go
 * from the socket straight into a few buffers that are used again and again: Node's HTTP client
 * allocates each 64 KiB anew, which costs three times the CPU and 100 MiB of memory (docs/decisions/0003).
 * Throws Error when the connection breaks, or the answer has no length: that one has the code `noLength`.
 */
export function requestRange(url: URL, range: ByteRange, options: RangeOptions = {}): Promise<RangeAnswer> {
  const head = [
    `GET ${url.pathname}${url.search} HTTP/1.1`,
    `Host: ${url.host}`,
    `Range: ${rangeHeader(range)}`,
    "Connection: close",
    ...Object.entries(options.headers ?? {}).map(([name, value]) => `${name}: ${value}`),
  ];
  return new Promise((resolve, reject) => {
    if (head.some((line) => /[\r\n]/.test(line))) throw new Error("a header would end before its end");
    new Connection(resolve, reject).open(url, head, options.lookup);
  });
}

class Connection {
  readonly #resolve: (answer: RangeAnswer) => void;
  readonly #reject: (error: Error) => void;
  #socket: Socket | undefined;
  #buffer: Buffer = Buffer.allocUnsafeSlow(chunkSize);
  /** What of the buffer has been read, and where in it the body begins. */
  #filled = 0;
  #begin = 0;
  /** The bytes of the body that are still to come; undefined before the head has been read. */
  #remaining: number | undefined;
  readonly #full: { buffer: Buffer; chunk: Uint8Array }[] = [];
  readonly #free: Buffer[] = [];
  #failure: Error | undefined;
  #paused = false;
  #wake = () => {};

  constructor(resolve: (answer: RangeAnswer) => void, reject: (error: Error) => void) {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  open(url: URL, head: readonly string[], lookup?: LookupFunction): void {
    const onread: OnReadOpts = {
      buffer: () => this.#buffer.subarray(this.#filled),
      callback: (count) => this.#received(count),
    };
    const secure = url.protocol === "https:";
    const host = url.hostname.replace(/^\[|\]$/g, "");
    const to = { host, port: Number(url.port) || (secure ? 443 : 80), onread, lookup };
    const socket = secure
      ? connectTls({ ...to, servername: isIP(host) ? "" : host, ALPNProtocols: ["http/1.1"] })
      : connectTcp(to);
    this.#socket = socket;
    socket.setTimeout(idle, () => {
      if (!this.#paused) this.#fail(new Error(`no byte came for ${idle / 1000} s`));
    });
    socket.on("error", (error) => this.#fail(error));
    socket.on("end", () => this.#fail(new Error("the connection ended too early")));
    socket.write(`${head.join("\r\n")}\r\n\r\n`);
  }

  /** Takes note of what the socket has put into the buffer; false tells it to wait. */
  #received(count: number): boolean {
    this.#filled += count;
    if (this.#remaining === undefined) this.#readHead();
    else this.#remaining -= count;
    if (this.#remaining === undefined) return true;
    if (this.#remaining <= 0 || this.#filled > chunkSize - leastRoom) this.#handOn(this.#remaining);
    this.#paused = this.#full.length >= waiting;
    return !this.#paused;
  }

  #readHead(): void {
    const end = this.#buffer.subarray(0, this.#filled).indexOf("\r\n\r\n");
    if (end < 0) {
      if (this.#filled > maxHeadLength) this.#fail(new Error("the answer's head is too long"));
      return;
    }
    const [first = "", ...lines] = this.#buffer.toString("latin1", 0, end).split("\r\n");
    const status = Number(/^HTTP\/1\.[01] ([2-5]\d\d)(?: |$)/.exec(first)?.[1]);
    const headers = parseHeaders(lines);
    if (status >= 300) {
      this.#refused(status, headers);
      return;
    }
    const length = headers.get("content-length");
    if (!status || !length || !/^\d{1,15}$/.test(length) || headers.has("transfer-encoding")) {
      const error = new Error(`no answer of a known length: ${first.slice(0, 80)}`);
      this.#fail(status ? Object.assign(error, { code: noLength }) : error);
      return;
    }
    this.#begin = end + 4;
    this.#remaining = Number(length) - (this.#filled - this.#begin);
    this.#resolve({ status, headers, body: this.#body() });
  }

  #refused(status: number, headers: RangeAnswer["headers"]): void {
    this.#remaining = 0;
    this.#begin = this.#filled;
    this.#socket?.destroy();
    this.#resolve({ status, headers, body: this.#body() });
  }

  /** Gives the buffer to the reader, without what came after the body, and takes another. */
  #handOn(remaining: number): void {
    const chunk = this.#buffer.subarray(this.#begin, this.#filled + Math.min(0, remaining));
    this.#full.push({ buffer: this.#buffer, chunk });
    this.#buffer = this.#free.pop() ?? Buffer.allocUnsafeSlow(chunkSize);
    this.#filled = 0;
    this.#begin = 0;
    this.#wake();
  }

  async *#body(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const next = this.#full.shift();
        if (next) {
          if (next.chunk.length > 0) yield next.chunk;
          this.#free.push(next.buffer);
          this.#resume();
        } else if ((this.#remaining ?? 0) <= 0) return;
        else if (this.#failure) throw this.#failure;
        else {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        }
      }
    } finally {
      this.#socket?.destroy();
    }
  }

  #resume(): void {
    if (!this.#paused || this.#full.length >= waiting) return;
    this.#paused = false;
    // The timer has run out if the pause was long, and would not run again for a peer that has gone.
    this.#socket?.setTimeout(idle);
    this.#socket?.resume();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    // What has come is not asked for again.
    if ((this.#remaining ?? 0) > 0 && this.#filled > this.#begin) this.#handOn(this.#remaining ?? 0);
    this.#socket?.destroy();
    this.#reject(this.#failure);
    this.#wake();
  }
}

function parseHeaders(lines: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    const [name, value] = [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    const earlier = name === "www-authenticate" ? headers.get(name) : undefined;
    headers.set(name, earlier === undefined ? value : `${earlier}, ${value}`);
  }
  return headers;
}
