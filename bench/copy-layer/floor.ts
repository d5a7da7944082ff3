/*
 * What cannot be avoided: the layer's bytes are read from a socket, become base64 in a buffer, that
 * buffer is hashed (the signature covers the body), and it is written to a socket.
 */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";

const partSize = 10 * 1024 * 1024;
const slice = 48 * 1024;

/** Moves `size` bytes from a bare socket to another on a port of this machine. */
export async function floor(port: number, size: number): Promise<void> {
  const source = connect(port, "127.0.0.1");
  const sink = connect(port, "127.0.0.1");
  sink.write("take\n");
  source.write(`give ${size}\n`);
  const part = Buffer.allocUnsafeSlow(partSize);
  const body = Buffer.allocUnsafeSlow((partSize / 3 + 1) * 4);
  let [filled, taken] = [0, 0];
  for await (const chunk of source as AsyncIterable<Buffer>) {
    for (let at = 0; at < chunk.length; ) {
      const count = Math.min(chunk.length - at, partSize - filled);
      part.set(chunk.subarray(at, at + count), filled);
      [at, filled, taken] = [at + count, filled + count, taken + count];
      if (filled === partSize || taken === size) {
        const length = encode(part, filled, body);
        createHash("sha256").update(body.subarray(0, length)).digest();
        if (!sink.write(body.subarray(0, length))) await once(sink, "drain");
        filled = 0;
      }
    }
    if (taken === size) break;
  }
  sink.end();
  await once(sink, "close");
}

function encode(part: Buffer, filled: number, body: Buffer): number {
  let at = 0;
  for (let from = 0; from < filled; from += slice) {
    at += body.write(part.toString("base64", from, Math.min(from + slice, filled)), at, "latin1");
  }
  return at;
}
