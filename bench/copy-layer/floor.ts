/*
 * What cannot be avoided: the layer's bytes are read from a socket, become base64 in a buffer, that
 * buffer is hashed (the signature covers the body), and it is written to a socket. Each is done in
 * the cheapest way that was found.
 */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";

const partSize = 10 * 1024 * 1024;
const slice = 48 * 1024;

/** Moves `size` bytes from a bare socket to another on a port of this machine. */
export async function floor(port: number, size: number): Promise<void> {
  const part = Buffer.allocUnsafeSlow(partSize);
  const body = Buffer.allocUnsafeSlow((partSize / 3 + 1) * 4);
  const sink = connect(port, "127.0.0.1");
  sink.write("take\n");
  let [filled, taken] = [0, 0];
  const received = (count: number, chunk: Uint8Array): boolean => {
    let written = true;
    for (let at = 0; at < count; ) {
      const fits = Math.min(count - at, partSize - filled);
      part.set(chunk.subarray(at, at + fits), filled);
      [at, filled, taken] = [at + fits, filled + fits, taken + fits];
      if (filled < partSize && taken < size) continue;
      const encoded = body.subarray(0, encode(part, filled, body));
      createHash("sha256").update(encoded).digest();
      written = sink.write(encoded);
      filled = 0;
    }
    if (taken === size) sink.end();
    return written;
  };
  const onread = { buffer: Buffer.allocUnsafeSlow(256 * 1024), callback: received };
  const source = connect({ port, host: "127.0.0.1", onread });
  sink.on("drain", () => source.resume());
  source.write(`give ${size}\n`);
  await once(sink, "close");
  source.destroy();
}

function encode(part: Buffer, filled: number, body: Buffer): number {
  let at = 0;
  for (let from = 0; from < filled; from += slice) {
    at += body.write(part.toString("base64", from, Math.min(from + slice, filled)), at, "latin1");
  }
  return at;
}
