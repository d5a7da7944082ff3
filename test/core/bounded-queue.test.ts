import { BoundedQueue } from "../../core/bounded-queue.ts";

test("what is added is taken in its order, and the end comes after the last", async () => {
  const queue = new BoundedQueue<number>(3);
  for (const item of [1, 2, 3]) await queue.add(item);
  queue.close();
  expect([await queue.take(), await queue.take(), await queue.take()]).toEqual([1, 2, 3]);
  expect([await queue.take(), await queue.take()]).toEqual([undefined, undefined]);
});

test("whoever adds waits while it is full", async () => {
  const queue = new BoundedQueue<number>(2);
  const added: number[] = [];
  const all = Promise.all([1, 2, 3, 4].map((item) => queue.add(item).then(() => added.push(item))));
  await new Promise(setImmediate);
  expect(added).toEqual([1, 2]);
  expect(await queue.take()).toBe(1);
  await new Promise(setImmediate);
  expect(added).toEqual([1, 2, 3]);
  await queue.take();
  await all;
});

test("whoever takes waits for an item, or for the end", async () => {
  const queue = new BoundedQueue<number>(1);
  const taken = Promise.all([queue.take(), queue.take()]);
  await queue.add(7);
  queue.close();
  expect(await taken).toEqual([7, undefined]);
});

test("after it was aborted nothing is taken, and nobody waits to add", async () => {
  const queue = new BoundedQueue<number>(1);
  await queue.add(1);
  const waiting = queue.add(2);
  queue.abort();
  await waiting;
  await queue.add(3);
  expect(await queue.take()).toBeUndefined();
});
