import { ForwardReader } from "../../../core/archive/forward-reader.ts";
import { chunksOf } from "../../fakes/packed.ts";

const bytes = Uint8Array.from({ length: 10 }, (_, at) => at);
const reader = (chunk = 3) => new ForwardReader(chunksOf(bytes, chunk));

describe("a forward reader", () => {
  test.each([1, 3, 9, 10, 100])("gives what is asked for, out of chunks of %i bytes", async (chunk) => {
    const forward = reader(chunk);
    expect([...(await forward.read(0, 2))]).toEqual([0, 1]);
    expect([...(await forward.read(2, 3))]).toEqual([2, 3, 4]);
    expect([...(await forward.read(8, 2))]).toEqual([8, 9]);
  });

  test("gives fewer bytes at the end, and knows the size only then", async () => {
    const forward = reader();
    expect(await forward.read(0, 10)).toHaveLength(10);
    expect(forward.size).toBe(Number.POSITIVE_INFINITY);
    expect(await forward.read(9, 5)).toHaveLength(1);
    expect(forward.size).toBe(10);
    expect(await forward.read(10, 5)).toHaveLength(0);
    expect(await forward.read(1_000, 5)).toHaveLength(0);
  });

  test("gives nothing of nothing", async () => {
    const forward = new ForwardReader(chunksOf(new Uint8Array(), 1));
    expect(await forward.read(0, 512)).toHaveLength(0);
    expect(forward.size).toBe(0);
  });

  test("does not go back", async () => {
    const forward = reader();
    await forward.read(7, 1);
    await expect(forward.read(5, 1)).rejects.toThrow(RangeError);
  });

  test("reads on to the end when it is drained, and no further when it is closed", async () => {
    const drained = reader();
    expect(await drained.drain(10)).toBe(true);
    expect(drained.size).toBe(10);
    expect(await reader().drain(5)).toBe(false);
    const closed = reader();
    await closed.read(0, 1);
    await closed.close();
    expect(await closed.read(4, 1)).toHaveLength(0);
  });
});
