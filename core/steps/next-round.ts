import { Failure } from "../errors.ts";
import { type PendingBlob, remaining } from "../model/copy-task.ts";
import type { Blob } from "../model/descriptor.ts";
import type { ImagePlan } from "../model/plan.ts";
import type { Destination } from "../ports.ts";

/** The most blobs in one round: what a task says of them must fit in a state's 256 KiB, twice. */
export const maxBlobsPerRound = 200;

/** The most layers in one round that have yet to be made: with the states of their hashes they take more room. */
export const maxRawPerRound = 100;

/** After so many rounds in a row that changed nothing, a copy is given up: a destination that forgets would be copied to for ever. */
const maxStalled = 3;

/** How many uploads are opened at once; ECR takes a hundred a second, and answers in some 40 milliseconds. */
const openers = 4;

/** Chooses at most so many blobs for the next round, those under way and the largest first, and opens uploads for those that have none. */
export async function openUploads(
  missing: readonly (Blob & Pick<PendingBlob, "optional">)[],
  paused: readonly PendingBlob[],
  destination: Destination,
  most: number,
): Promise<PendingBlob[]> {
  const open = new Map(paused.map((blob) => [blob.digest, blob]));
  const round = missing
    .toSorted((a, b) => Number(open.has(b.digest)) - Number(open.has(a.digest)) || b.size - a.size)
    .slice(0, most);
  const pending: PendingBlob[] = [];
  for (let at = 0; at < round.length; at += openers) {
    const batch = round.slice(at, at + openers).map(
      async ({ digest, size, optional }): Promise<PendingBlob> =>
        open.get(digest) ?? {
          digest,
          size,
          upload: await destination.openUpload(),
          from: 0,
          ...(optional && { optional }),
        },
    );
    pending.push(...(await Promise.all(batch)));
  }
  return pending;
}

/** Counts this round if the one before has left all that it was given as it was. Throws `UploadLost` at the third. */
export function countStalled(
  missing: readonly Blob[],
  paused: readonly PendingBlob[],
  { tasks = [], stalled = 0 }: Partial<ImagePlan> = {},
): number {
  const given = tasks.flatMap(({ blobs }) => blobs);
  const left = new Map<string, number>(missing.map(({ digest, size }) => [digest, size]));
  for (const blob of paused) if (left.has(blob.digest)) left.set(blob.digest, remaining(blob));
  const same = given.filter((blob) => (left.get(blob.digest) ?? 0) >= remaining(blob));
  if (given.length === 0 || same.length < given.length) return 0;
  if (stalled + 1 < maxStalled) return stalled + 1;
  throw new Failure(
    "UploadLost",
    { side: "destination", operation: "CopyLayers" },
    `after ${maxStalled} rounds of copying the destination has nothing more of ${given.length} layers, the first being ${given[0]?.digest}; look for what deletes layers in this repository, then start again`,
  );
}
