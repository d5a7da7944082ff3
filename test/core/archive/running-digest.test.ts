import { createHash } from "node:crypto";
import { RunningDigest } from "../../../core/archive/running-digest.ts";
import { digestOf } from "../../../core/model/digest.ts";
import { bytesOf } from "../../fakes/image.ts";

/** A state as it is after it has travelled. */
const travelled = (state: string): string => JSON.parse(JSON.stringify({ state })).state;

describe("a running digest", () => {
  test.each([0, 1, 55, 56, 63, 64, 65, 127, 128, 1_000_000])(
    "of %i bytes is what Node computes",
    async (size) => {
      const digest = await RunningDigest.start();
      digest.update(bytesOf(size));
      expect(digest.finish()).toBe(`sha256:${createHash("sha256").update(bytesOf(size)).digest("hex")}`);
    },
  );

  test("is the same put down and taken up at any byte", async () => {
    const bytes = bytesOf(200);
    for (let at = 0; at <= bytes.length; at++) {
      const first = await RunningDigest.start();
      first.update(bytes.subarray(0, at));
      const second = await RunningDigest.start(travelled(first.save()));
      second.update(bytes.subarray(at));
      expect([at, second.finish()]).toEqual([at, digestOf(bytes)]);
    }
  });

  test("is the same put down and taken up after every byte", async () => {
    const bytes = bytesOf(200);
    let state: string | undefined;
    for (const byte of bytes) {
      const digest = await RunningDigest.start(state);
      digest.update(Uint8Array.of(byte));
      state = travelled(digest.save());
    }
    expect((await RunningDigest.start(state)).finish()).toBe(digestOf(bytes));
  });

  test("goes on after it was saved as if it had not been", async () => {
    const bytes = bytesOf(1_000);
    const digest = await RunningDigest.start();
    digest.update(bytes.subarray(0, 333));
    const saved = digest.save();
    digest.update(bytes.subarray(333));
    expect(digest.finish()).toBe(digestOf(bytes));
    const again = await RunningDigest.start(saved);
    again.update(bytes.subarray(333));
    expect(again.finish()).toBe(digestOf(bytes));
  });

  test("has a state of one short size, since it travels", async () => {
    const digest = await RunningDigest.start();
    const empty = digest.save();
    digest.update(bytesOf(1_000_001));
    expect([empty.length, digest.save().length]).toEqual([empty.length, empty.length]);
    expect(empty.length).toBeLessThan(200);
  });

  test("is apart from others that run at the same time", async () => {
    const [one, other] = [await RunningDigest.start(), await RunningDigest.start()];
    one.update(bytesOf(100, 1));
    other.update(bytesOf(100, 2));
    one.update(bytesOf(50, 3));
    expect(one.finish()).toBe(digestOf(Buffer.concat([bytesOf(100, 1), bytesOf(50, 3)])));
    expect(other.finish()).toBe(digestOf(bytesOf(100, 2)));
  });

  test.each(["", "AAAA", Buffer.alloc(200).toString("base64")])("does not go on from '%s'", async (state) => {
    await expect(RunningDigest.start(state)).rejects.toThrow();
  });
});
