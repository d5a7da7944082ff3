import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Reply } from "./http.ts";

/** Writes a reply; a streamed body is sent as fast as the client reads it. */
export async function send(response: ServerResponse, reply: Reply): Promise<void> {
  writeHead(response, reply);
  if (typeof reply.body === "object" && !ArrayBuffer.isView(reply.body)) {
    await pipeline(Readable.from(reply.body, { objectMode: false }), response);
  } else {
    response.end(reply.body);
  }
}

/** Writes a reply but destroys the connection after so many bytes of its body. */
export async function sendBroken(response: ServerResponse, reply: Reply, bytes: number): Promise<void> {
  writeHead(response, reply);
  let left = bytes;
  for await (const chunk of chunksOf(reply.body)) {
    await new Promise<void>((resolve) => response.write(chunk.subarray(0, left), () => resolve()));
    left -= Math.min(left, chunk.length);
    if (left === 0) break;
  }
  response.destroy();
}

/** Closes a body that will not be sent, so that its file is not left open. */
export async function discard({ body }: Reply): Promise<void> {
  if (body instanceof Readable) body.destroy();
  else if (typeof body === "object" && Symbol.asyncIterator in body)
    await body[Symbol.asyncIterator]().return?.();
}

function writeHead(response: ServerResponse, { status, headers, body }: Reply): void {
  const known =
    typeof body === "string"
      ? Buffer.byteLength(body)
      : ArrayBuffer.isView(body)
        ? body.byteLength
        : undefined;
  const length =
    known === undefined || response.req.method === "HEAD" ? {} : { "content-length": String(known) };
  response.writeHead(status, { "x-amzn-requestid": randomUUID(), ...length, ...headers });
}

async function* chunksOf(body: Reply["body"]): AsyncIterable<Uint8Array> {
  if (typeof body === "string") yield Buffer.from(body);
  else if (ArrayBuffer.isView(body)) yield body;
  else if (body) yield* body;
}
