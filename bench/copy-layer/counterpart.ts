/*
 * The other end for the measurements: it gives out bytes and takes bytes as fast as it can, and
 * checks nothing, so that only the process under measurement does work worth counting.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createSocketServer } from "node:net";

const chunk = Buffer.alloc(1024 * 1024, "0123456789abcdef");
const digest = `sha256:${"0".repeat(64)}`;

const answers: Readonly<Record<string, (endpoint: string) => object>> = {
  BatchCheckLayerAvailability: () => ({
    layers: [{ layerDigest: digest, layerAvailability: "UNAVAILABLE" }],
    failures: [],
  }),
  GetDownloadUrlForLayer: (endpoint) => ({ downloadUrl: `${endpoint}/layer`, layerDigest: digest }),
  UploadLayerPart: () => ({}),
  CompleteLayerUpload: () => ({ layerDigest: digest }),
};

const http = createServer(async (request, response) => {
  if (request.method === "GET") return give(request, response);
  for await (const _ of request);
  const operation = String(request.headers["x-amz-target"]).split(".")[1] ?? "";
  // One byte, where none can be taken, is the question where the upload stands.
  if (operation === "UploadLayerPart" && Number(request.headers["content-length"]) < 1024) {
    const refusal = {
      __type: "InvalidLayerPartException",
      lastValidByteReceived: 0,
      message: "out of order",
    };
    response.writeHead(400, { "content-type": "application/x-amz-json-1.1" });
    response.end(JSON.stringify(refusal));
    return;
  }
  const answer = answers[operation]?.(`http://${request.headers.host}`);
  response.writeHead(answer ? 200 : 404, { "content-type": "application/x-amz-json-1.1" });
  response.end(JSON.stringify(answer ?? {}));
});

async function give(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [, first = 0, last = 0] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? "")?.map(Number) ?? [];
  const total = last + 1;
  response.writeHead(206, {
    "content-length": last - first + 1,
    "content-range": `bytes ${first}-${last}/${total}`,
  });
  for (let at = first; at < total; at += chunk.length) {
    const fits = response.write(chunk.subarray(0, Math.min(chunk.length, total - at)));
    if (!fits) await new Promise((resolve) => response.once("drain", resolve));
  }
  response.end();
}

/** Bare sockets, for the floor: `give <n>` is answered with n bytes; anything else is taken. */
const bare = createSocketServer((socket) => {
  socket.once("data", async (data) => {
    const length = Number(/^give (\d+)/.exec(data.toString("latin1", 0, 32))?.[1] ?? 0);
    for (let at = 0; at < length; at += chunk.length) {
      if (!socket.write(chunk.subarray(0, Math.min(chunk.length, length - at)))) {
        await new Promise((resolve) => socket.once("drain", resolve));
      }
    }
    socket.resume();
  });
  socket.on("error", () => socket.destroy());
});

http.listen(0, "127.0.0.1", () => {
  bare.listen(0, "127.0.0.1", () => {
    process.send?.({ http: portOf(http.address()), bare: portOf(bare.address()) });
  });
});

function portOf(address: ReturnType<typeof http.address>): number {
  return typeof address === "object" && address ? address.port : 0;
}
