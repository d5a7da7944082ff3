import { type AddressInfo, type LookupFunction, setDefaultAutoSelectFamilyAttemptTimeout } from "node:net";
import { createServer, type Server, setDefaultCACertificates, type TLSSocket } from "node:tls";
import { requestRange } from "../../adapters/clients/range-request.ts";
import { bytesOf } from "../fakes/image.ts";
import { localhost } from "./localhost.ts";

/** More than the reader's buffers hold, so that it has to tell the connection to wait. */
const body = bytesOf(5_000_000);
const range = { first: 0, last: body.length - 1 };
const head = `HTTP/1.1 206 Partial Content\r\nContent-Length: ${body.length}\r\nX-Two: a\r\nx-two: b\r\n\r\n`;
let server: Server;
let answer: (socket: TLSSocket, request: string) => void;
let requests: string[];

// Where localhost is 127.0.0.1 and ::1, the first is given up for the other after 250 ms, in which a slow machine may not get to it.
beforeAll(() => setDefaultAutoSelectFamilyAttemptTimeout(300_000));
beforeEach(async () => {
  requests = [];
  answer = (socket) => socket.end(Buffer.concat([Buffer.from(head), body]));
  server = createServer(localhost, (socket) => {
    socket.on("error", () => {});
    socket.once("data", (data) => {
      requests.push(data.toString("latin1"));
      answer(socket, data.toString("latin1"));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(() => void server.close());

const url = (host = "localhost") =>
  new URL(`https://${host}:${(server.address() as AddressInfo).port}/a%20b?c=d`);

async function read(pause = 0): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of (await requestRange(url(), range)).body) {
    chunks.push(Uint8Array.from(chunk));
    for (let turn = 0; turn < pause; turn++) await new Promise(setImmediate);
  }
  return Buffer.concat(chunks);
}

describe("a range over TLS", () => {
  test("is refused when the certificate is not trusted", async () => {
    await expect(requestRange(url(), range)).rejects.toThrow(/self-signed/);
    expect(requests).toEqual([]);
  });

  describe("from a host whose certificate is trusted", () => {
    beforeAll(() => setDefaultCACertificates([localhost.cert]));

    test("asks for the path, the query and the range, and nothing else", async () => {
      await read();
      const { host } = url();
      expect(requests).toEqual([
        `GET /a%20b?c=d HTTP/1.1\r\nHost: ${host}\r\nRange: bytes=0-4999999\r\nConnection: close\r\n\r\n`,
      ]);
    });

    test("sends further headers, and none that would end before its end", async () => {
      const { body } = await requestRange(url(), range, { headers: { authorization: "Bearer x" } });
      for await (const _ of body) break;
      expect(requests[0]).toContain("\r\nauthorization: Bearer x\r\n\r\n");
      const split = { headers: { authorization: "x\r\nHost: evil" } };
      await expect(requestRange(url(), range, split)).rejects.toThrow("a header would end before its end");
      expect(requests).toHaveLength(1);
    });

    test("connects to what the given lookup finds, and nowhere when it finds nothing", async () => {
      const refused = new Error("that address is private");
      const lookup: LookupFunction = (_name, _options, found) => found(refused, "");
      await expect(requestRange(url(), range, { lookup })).rejects.toBe(refused);
      expect(requests).toEqual([]);
    });

    test("gives all challenges of a server", async () => {
      answer = (socket) =>
        socket.end(
          "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=x\r\nwww-authenticate: Bearer realm=y\r\n\r\n",
        );
      const { status, headers } = await requestRange(url(), range);
      expect([status, headers.get("www-authenticate")]).toEqual([401, "Basic realm=x, Bearer realm=y"]);
    });

    test("hands on every byte that came before a connection ended", async () => {
      answer = (socket) => socket.end(Buffer.concat([Buffer.from(head), body.subarray(0, 700_001)]));
      let came = 0;
      const reading = async () => {
        for await (const chunk of (await requestRange(url(), range)).body) came += chunk.length;
      };
      await expect(reading()).rejects.toThrow("the connection ended too early");
      expect(came).toBe(700_001);
    });

    test.each([0, 50])(
      "brings every byte once to a reader that waits %i turns between chunks",
      async (pause) => {
        expect((await read(pause)).equals(Buffer.from(body))).toBe(true);
      },
    );

    test("gives status and headers, whose names are lower-case", async () => {
      const { status, headers, body } = await requestRange(url(), range);
      for await (const _ of body) break;
      expect(status).toBe(206);
      expect([...headers]).toEqual([
        ["content-length", "5000000"],
        ["x-two", "b"],
      ]);
    });

    test("is refused when the certificate is for another name", async () => {
      await expect(requestRange(url("127.0.0.1"), range)).rejects.toThrow(/IP|altnames/);
    });

    test.each([1, 7, 20, 40])("reads a head that comes in pieces of %i bytes", async (length) => {
      answer = async (socket) => {
        for (let at = 0; at < head.length; at += length) {
          await new Promise((resolve) => socket.write(head.slice(at, at + length), resolve));
        }
        socket.end(body);
      };
      expect((await read()).equals(Buffer.from(body))).toBe(true);
    });

    test("leaves out what comes after the body", async () => {
      answer = (socket) =>
        socket.end(Buffer.concat([Buffer.from(head), body, Buffer.from("HTTP/1.1 200 OK\r\n")]));
      expect((await read()).equals(Buffer.from(body))).toBe(true);
    });

    test("fails when the body is shorter than its length", async () => {
      answer = (socket) => socket.end(Buffer.concat([Buffer.from(head), body.subarray(1)]));
      await expect(read()).rejects.toThrow("the connection ended too early");
    });

    test.each([
      ["no length", "HTTP/1.1 200 OK\r\n\r\n"],
      ["chunks", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"],
      ["a length that is no number", "HTTP/1.1 200 OK\r\nContent-Length: 0x10\r\n\r\n"],
      ["another protocol", "SSH-2.0-OpenSSH\r\n\r\n"],
      ["an interim status", "HTTP/1.1 103 Early Hints\r\nContent-Length: 1\r\n\r\n"],
    ])("fails for an answer with %s", async (_what, text) => {
      answer = (socket) => socket.end(text);
      await expect(read()).rejects.toThrow("no answer of a known length");
    });

    test.each([403, 404, 416, 503])(
      "gives the status %i of an error that comes in chunks",
      async (status) => {
        answer = (socket) =>
          socket.write(
            `HTTP/1.1 ${status} No\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n<Error/>\r\n0\r\n\r\n`,
          );
        const answered = await requestRange(url(), range);
        expect(answered.status).toBe(status);
        for await (const _ of answered.body) throw new Error("an error has no body here");
      },
    );

    test("fails for a head without end", async () => {
      answer = (socket) => socket.write(`HTTP/1.1 200 OK\r\nX: ${"x".repeat(40_000)}`);
      await expect(read()).rejects.toThrow("the answer's head is too long");
    });

    test("closes the connection when the reader leaves", async () => {
      const closed = new Promise((resolve) => {
        answer = (socket) => {
          socket.on("close", resolve);
          socket.write(Buffer.concat([Buffer.from(head), body.subarray(0, 2_000_000)]));
        };
      });
      for await (const _ of (await requestRange(url(), range)).body) break;
      await closed;
    });
  });
});
