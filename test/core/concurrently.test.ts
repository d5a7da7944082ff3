import { setImmediate } from "node:timers/promises";
import { eachAtOnce } from "../../core/concurrently.ts";

describe("eachAtOnce", () => {
  test.each([
    [3, 10, 3],
    [8, 2, 2],
    [1, 4, 1],
    [4, 0, 0],
  ])("runs %i at a time of %i", async (atOnce, count, expected) => {
    let [running, most] = [0, 0];
    const done: number[] = [];
    await eachAtOnce(atOnce, [...Array(count).keys()], async (item) => {
      most = Math.max(most, ++running);
      await setImmediate();
      running -= 1;
      done.push(item);
    });
    expect(most).toBe(expected);
    expect(done.sort((a, b) => a - b)).toEqual([...Array(count).keys()]);
  });

  test("begins nothing after a failure, waits for what is under way, and throws the failure that came first", async () => {
    const [begun, ended]: [number[], number[]] = [[], []];
    const run = eachAtOnce(3, [...Array(10).keys()], async (item) => {
      begun.push(item);
      // The first fails last.
      for (let turn = 0; turn < 5 - item * 2; turn++) await setImmediate();
      ended.push(item);
      if (item < 3) throw new Error(`failure of ${item}`);
    });
    await expect(run).rejects.toThrow("failure of 2");
    expect(begun).toEqual([0, 1, 2]);
    expect(ended).toEqual([2, 1, 0]);
  });

  test("throws also what is no error", async () => {
    await expect(eachAtOnce(1, [1], () => Promise.reject(undefined))).rejects.toBeUndefined();
  });

  test("takes hundreds of thousands of items in no more than their time", async () => {
    let sum = 0;
    await eachAtOnce(16, [...Array(300_000).keys()], async (item) => {
      sum += item;
    });
    expect(sum).toBe((300_000 * 299_999) / 2);
  });
});
