import { encodeBody } from "../../adapters/clients/layer-part.ts";
import { bytesOf } from "../fakes/image.ts";

const input = { repositoryName: 'a/b"\\ä', uploadId: "u", partFirstByte: 0, partLastByte: 9 };
const slice = 48 * 1024;

function expected(part: Uint8Array): string {
  return JSON.stringify({ ...input, layerPartBlob: Buffer.from(part).toString("base64") });
}

describe("encodeBody", () => {
  test.each([
    ...Array.from({ length: 11 }, (_, length) => length),
    ...[1, 2, 3].flatMap((count) => [-2, -1, 0, 1, 2].map((more) => count * slice + more)),
  ])("of %i bytes is what JSON.stringify writes", (length) => {
    const part = bytesOf(length);
    expect(encodeBody(input, part).toString()).toBe(expected(part));
  });

  test("of a part that is a window of a larger buffer has the window's bytes only", () => {
    const part = bytesOf(100).subarray(7, 40);
    expect(encodeBody(input, part).toString()).toBe(expected(part));
  });

  test.each([10, 100, 101, 5_000])(
    "after another body in the same buffer has %i bytes of its own only",
    (length) => {
      const first = encodeBody(input, bytesOf(5_000, 2));
      const part = bytesOf(length);
      expect(encodeBody(input, part, Buffer.from(first.buffer)).toString()).toBe(expected(part));
    },
  );

  test("uses a buffer that is large enough, and another when it is not", () => {
    const buffer = Buffer.allocUnsafeSlow(1_000);
    expect(encodeBody(input, bytesOf(10), buffer).buffer).toBe(buffer.buffer);
    expect(encodeBody(input, bytesOf(1_000), buffer).buffer).not.toBe(buffer.buffer);
  });
});
