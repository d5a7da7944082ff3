import { readRanges } from "../../adapters/clients/ranged-read.ts";
import { Failure } from "../../core/errors.ts";
import { blobOf, bytesOf } from "../fakes/image.ts";
import { breaksAfter, type LayerServer, sends, serveLayer, whole } from "./layer-server.ts";

const layer = bytesOf(1_000_000);
const blob = blobOf(layer);
let server: LayerServer;

beforeEach(async () => {
  server = await serveLayer(layer);
});
afterEach(() => server.close());

/** Reads the layer from an offset; chunks are copied, since a chunk is valid until the next is asked for. */
async function read(from = 0, located = async () => server.url): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of readRanges(blob, from, located)) chunks.push(Uint8Array.from(chunk));
  return Buffer.concat(chunks);
}

const rest = (from: number) => Buffer.from(layer.subarray(from));
const isRest = async (from: number) => expect((await read(from)).equals(rest(from))).toBe(true);

describe("readRanges", () => {
  test.each([0, 1, 262_143, 262_144, 500_000, 999_999])(
    "reads from byte %i to the end in one request",
    async (from) => {
      await isRest(from);
      expect(server.ranges).toEqual([`bytes=${from}-999999`]);
    },
  );

  test("asks nothing at the end of a blob", async () => {
    expect(await read(layer.length)).toHaveLength(0);
    expect(server.ranges).toEqual([]);
  });

  test.each([0, 1, 65_536, 300_000, 999_999])(
    "yields each byte once when the read breaks after %i bytes",
    async (count) => {
      server.answers.push(breaksAfter(layer, count));
      await isRest(0);
      const again = Number(/^bytes=(\d+)-999999$/.exec(server.ranges[1] ?? "")?.[1]);
      expect(again).toBeLessThanOrEqual(count);
      expect(server.ranges).toHaveLength(2);
    },
  );

  test("goes on after many breaks that each brought something", async () => {
    for (let broken = 0; broken < 3; broken++) server.answers.push(breaksAfter(layer, 300_000));
    await isRest(0);
  });

  test.each([403, 500, 503])("asks for another URL when the one it has answers %i", async (status) => {
    server.answers.push(sends(status, {}, "<Error/>"));
    let located = 0;
    const bytes = await read(0, async () => {
      located++;
      return server.url;
    });
    expect([bytes.equals(Buffer.from(layer)), located]).toEqual([true, 2]);
  });

  test.each([
    ["an answer that is empty", sends(206, { "content-range": "bytes 0-999999/1000000" })],
    ["an answer without Content-Range", sends(206, {}, layer)],
    [
      "an answer with a longer body than its range",
      sends(206, { "content-range": "bytes 0-999999/1000000" }, Buffer.concat([layer, layer])),
    ],
    ["an answer with a wildcard for its size", sends(206, { "content-range": "bytes 0-999999/*" }, layer)],
    [
      "an answer of unknown length",
      sends(206, { "content-range": "bytes 0-999999/1000000", "content-length": "x" }),
    ],
  ])("asks again after %s", async (_, answer) => {
    server.answers.push(answer);
    await isRest(0);
    expect(server.ranges).toHaveLength(2);
  });

  test("takes 200 for the whole when it asked for the whole", async () => {
    server.answers.push(sends(200, {}, layer));
    await isRest(0);
    expect(server.ranges).toHaveLength(1);
  });

  test.each([
    ["the whole", sends(200, {}, layer)],
    ["another first byte", sends(206, { "content-range": "bytes 4-999999/1000000" }, layer.subarray(4))],
    ["another last byte", sends(206, { "content-range": "bytes 5-9/1000000" }, layer.subarray(5, 10))],
  ])("does not use %s when it asked for the rest, and asks again", async (_, answer) => {
    server.answers.push(answer);
    await isRest(5);
    expect(server.ranges).toHaveLength(2);
  });

  test.each([
    ["404", "SourceNotFound", sends(404), "is no longer in the source"],
    ["416", "DigestMismatch", sends(416), "has 1000000 bytes by its manifest, and the source has fewer"],
    [
      "a longer blob",
      "DigestMismatch",
      sends(206, { "content-range": "bytes 0-999999/1000001" }, layer),
      "has 1000001",
    ],
    [
      "a shorter blob",
      "DigestMismatch",
      sends(206, { "content-range": "bytes 0-8/9" }, "123456789"),
      "has 9",
    ],
    ["a shorter whole", "DigestMismatch", sends(200, {}, "123456789"), "has 9"],
  ])("ends at once at %s", async (_, name, answer, message) => {
    server.answers.push(answer);
    await expect(read()).rejects.toMatchObject({
      name,
      side: "source",
      message: expect.stringContaining(message),
    });
    expect(server.ranges).toHaveLength(1);
  });

  test("gives up after five attempts that brought nothing, without a word of the URL", async () => {
    for (let attempt = 0; attempt < 5; attempt++) server.answers.push(sends(500));
    await expect(read()).rejects.toMatchObject({
      name: "Unavailable",
      side: "source",
      operation: "ReadBlob",
      message: expect.not.stringMatching(/127\.0\.0\.1|secret/),
    });
    expect(server.ranges).toHaveLength(5);
  });

  test("passes on what cannot be located", async () => {
    const error = new Failure("Unavailable", { operation: "GetDownloadUrlForLayer" }, "no URL");
    await expect(read(0, () => Promise.reject(error))).rejects.toBe(error);
  });

  test("closes the connection when no more is wanted", async () => {
    const closed = new Promise<void>((resolve) => {
      server.answers.push((request, response) => {
        request.socket.on("close", () => resolve());
        whole(layer)(request, response);
      });
    });
    for await (const chunk of readRanges(blob, 0, async () => server.url)) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    await closed;
  });
});
