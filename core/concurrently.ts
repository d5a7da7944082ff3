/** Runs something for each of some items, a few at a time; after a failure no other is begun, and the first is thrown. */
export async function eachAtOnce<T>(
  atOnce: number,
  items: readonly T[],
  run: (item: T) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const work = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
      try {
        await run(item);
      } catch (error) {
        queue.length = 0;
        throw error;
      }
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: Math.min(atOnce, items.length) }, work));
  const failure = ended.find((end) => end.status === "rejected");
  if (failure) throw failure.reason;
}
