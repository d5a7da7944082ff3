import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** How one request is answered. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** An HTTP server with one layer, whose answers can be prepared; what has no answer prepared is served as S3 does. */
export interface LayerServer {
  readonly url: URL;
  /** Answers for the next requests, in order. */
  readonly answers: Answer[];
  /** The Range headers that were received. */
  readonly ranges: (string | undefined)[];
  close(): void;
}

/** Starts a server of some bytes on a free port. */
export async function serveLayer(bytes: Uint8Array): Promise<LayerServer> {
  const answers: Answer[] = [];
  const ranges: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    ranges.push(request.headers.range);
    (answers.shift() ?? whole(bytes))(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: new URL(`http://127.0.0.1:${port}/layer?X-Amz-Signature=secret`),
    answers,
    ranges,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Sends the range that was asked for. */
export function whole(bytes: Uint8Array): Answer {
  return (request, response) => {
    const { first, last } = rangeOf(request);
    response.writeHead(206, rangeHeaders(first, last, bytes.length)).end(bytes.subarray(first, last + 1));
  };
}

/** Sends so many bytes of the range that was asked for, and breaks the connection. */
export function breaksAfter(bytes: Uint8Array, count: number): Answer {
  return (request, response) => {
    const { first, last } = rangeOf(request);
    response.writeHead(206, rangeHeaders(first, last, bytes.length));
    response.write(bytes.subarray(first, first + count), () => response.destroy());
    if (count === 0) response.flushHeaders();
  };
}

/** Sends a status, with headers and a body. */
export function sends(
  status: number,
  headers: Record<string, string> = {},
  body: Uint8Array | string = "",
): Answer {
  return (_, response) => {
    response.writeHead(status, { "content-length": String(body.length), ...headers }).end(body);
  };
}

function rangeOf({ headers }: IncomingMessage): { first: number; last: number } {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? "") ?? [];
  return { first: Number(first), last: Number(last) };
}

function rangeHeaders(first: number, last: number, total: number): Record<string, string> {
  return { "content-range": `bytes ${first}-${last}/${total}`, "content-length": String(last - first + 1) };
}
