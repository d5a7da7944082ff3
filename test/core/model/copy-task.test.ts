import {
  type CopyTask,
  maxTasks,
  type PendingBlob,
  remaining,
  shareOut,
} from "../../../core/model/copy-task.ts";

const MiB = 1024 * 1024;

function pending(size: number, position: number, from = 0): PendingBlob {
  return { digest: `sha256:${position}`, size, from, upload: { id: `${position}`, partSize: 10 * MiB } };
}

const share = (...sizes: number[]) => shareOut(sizes.map((size, position) => pending(size, position)));
const sizesOf = (tasks: readonly CopyTask[]) => tasks.map(({ blobs }) => blobs.map(({ size }) => size));

const loadsOf = (tasks: readonly CopyTask[]) =>
  tasks.map(({ blobs }) => blobs.reduce((sum, blob) => sum + remaining(blob) + 4 * MiB, 0));

describe("shareOut", () => {
  test("makes no task of nothing", () => {
    expect(share()).toEqual([]);
  });

  test("gives each large blob a task of its own", () => {
    expect(sizesOf(share(900 * MiB, 800 * MiB, 700 * MiB))).toEqual([[900 * MiB], [800 * MiB], [700 * MiB]]);
  });

  test("puts tiny blobs together, as many as make a worker worth while", () => {
    expect(share(...Array(40).fill(1)).map(({ blobs }) => blobs.length)).toEqual([7, 7, 7, 7, 7, 5]);
  });

  test("puts small blobs into tasks that take no longer than the largest blob", () => {
    const tasks = share(500 * MiB, ...Array(100).fill(1 * MiB));
    expect(sizesOf(tasks)).toEqual([[500 * MiB], Array(100).fill(1 * MiB)]);
  });

  test("counts what is still to be sent and not what has been", () => {
    const tasks = shareOut([pending(1_000 * MiB, 0, 999 * MiB), pending(1 * MiB, 1)]);
    expect(tasks).toHaveLength(1);
  });

  test.each([1, 2, 10, 30])(
    "gives no task of %i blobs more than the largest, or what is worth while",
    (count) => {
      const sizes = sizesLike(count);
      const largest = Math.max(32 * MiB, Math.max(...sizes) + 4 * MiB);
      for (const load of loadsOf(share(...sizes))) expect(load).toBeLessThanOrEqual(largest);
    },
  );

  test.each([1, 2, 39, 40, 41, 200])(
    "loses and doubles none of %i blobs, the longest task first",
    (count) => {
      const blobs = sizesLike(count).map((size, position) => pending(size, position));
      const tasks = shareOut(blobs);
      const shared = tasks.flatMap((task) => task.blobs);
      expect(shared.toSorted((a, b) => Number(a.upload.id) - Number(b.upload.id))).toEqual(blobs);
      expect(loadsOf(tasks)).toEqual(loadsOf(tasks).toSorted((a, b) => b - a));
      expect(tasks.length).toBeLessThanOrEqual(maxTasks);
    },
  );
});

function sizesLike(count: number): number[] {
  return Array.from({ length: count }, (_, at) => ((at * 7_919) % 97) * MiB + 1);
}
