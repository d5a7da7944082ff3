import type { Upload } from "../ports.ts";
import type { Blob } from "./descriptor.ts";
import type { Digest } from "./digest.ts";
import type { MadeLayer, Making } from "./making.ts";

/** A blob on its way: its upload is open at the destination, which had taken the bytes before `from` when last heard. */
export interface PendingBlob extends Blob {
  readonly upload: Upload;
  readonly from: number;
  /** Set for a layer of an archive whose blob has yet to be made: then digest is its diff_id, and size and `from` count what it is made of. */
  readonly make?: Making;
  /** Set for a blob that only artifacts of the image have: the image goes on without them. */
  readonly optional?: true;
}

/** What one worker copies, one blob after the other. */
export interface CopyTask {
  readonly blobs: readonly PendingBlob[];
}

/** What a worker did not finish, with where it stood. */
export interface CopyResult {
  readonly paused: readonly PendingBlob[];
  /** The layers whose blobs were made. */
  readonly made?: readonly MadeLayer[];
  /** The optional blobs that the source does not have, or has damaged. */
  readonly unreadable?: readonly UnreadableBlob[];
}

/** A blob that cannot be copied, and why not. */
export interface UnreadableBlob {
  readonly digest: Digest;
  readonly reason: string;
}

/** The bytes that could be sent in the time that a blob's calls take: what a small blob costs beside its size. */
const callCost = 4 * 1024 * 1024;

/** A task of this cost is worth a worker of its own. */
const worthwhileCost = 32 * 1024 * 1024;

/** The most tasks in one round: a Map runs no more at once, and each adds to an execution's history. */
export const maxTasks = 40;

/**
 * Shares blobs out to tasks: a large one has a task of its own, and small ones share tasks that take
 * no longer than the largest does. The longest task comes first, so that the last to end is short.
 */
export function shareOut(blobs: readonly PendingBlob[]): CopyTask[] {
  const largestFirst = blobs.toSorted((a, b) => remaining(b) - remaining(a));
  const capacity = Math.max(worthwhileCost, cost(largestFirst[0]));
  const tasks: { blobs: PendingBlob[]; cost: number }[] = [];
  for (const blob of largestFirst) {
    const task =
      tasks.find((open) => open.cost + cost(blob) <= capacity) ??
      (tasks.length < maxTasks
        ? undefined
        : tasks.reduce((least, open) => (open.cost < least.cost ? open : least)));
    if (task) {
      task.blobs.push(blob);
      task.cost += cost(blob);
    } else tasks.push({ blobs: [blob], cost: cost(blob) });
  }
  return tasks.toSorted((a, b) => b.cost - a.cost).map(({ blobs }) => ({ blobs }));
}

/** How many tasks blobs would be shared out to, if none of them had been begun. */
export function taskCountOf(blobs: readonly Blob[]): number {
  return shareOut(blobs.map((blob) => ({ ...blob, upload: { id: "", partSize: 0 }, from: 0 }))).length;
}

function cost(blob: PendingBlob | undefined): number {
  return blob ? remaining(blob) + callCost : 0;
}

/** The bytes of a blob that the destination has not taken. */
export function remaining({ size, from }: PendingBlob): number {
  return size - from;
}
