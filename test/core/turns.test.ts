import { Turns } from "../../core/turns.ts";

test("only so many run at once, and the others in their order", async () => {
  const turns = new Turns(2);
  const ends: (() => void)[] = [];
  const begun: number[] = [];
  const run = (name: number) =>
    turns.take(() => {
      begun.push(name);
      return new Promise<number>((resolve) => ends.push(() => resolve(name)));
    });
  const all = Promise.all([1, 2, 3, 4].map(run));
  expect(begun).toEqual([1, 2]);
  ends[1]?.();
  await new Promise(setImmediate);
  expect(begun).toEqual([1, 2, 3]);
  ends[0]?.();
  await new Promise(setImmediate);
  expect(begun).toEqual([1, 2, 3, 4]);
  for (const end of ends) end();
  expect(await all).toEqual([1, 2, 3, 4]);
});

test("a turn that fails is given on, and what it threw is thrown", async () => {
  const turns = new Turns(1);
  await expect(turns.take(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await turns.take(async () => 1)).toBe(1);
});
