import { Failure } from "../errors.ts";
import { type CopyResult, type CopyTask, type PendingBlob, remaining, shareOut } from "../model/copy-task.ts";
import type { Blob, Descriptor } from "../model/descriptor.ts";
import { type ImageGraph, readImageGraph } from "../model/image-graph.ts";
import type { BlobCounts, ManifestCounts } from "../model/report.ts";
import { destinationOf, type Request, sourceOf } from "../model/request.ts";
import type { Destination, Source } from "../ports.ts";

/** What comes after a plan. */
export type Next = "CopyLayers" | "PutManifests" | "Report";

/** Where a replication stands, as compared with the destination. It is small: it travels in state. */
export interface Plan {
  readonly next: Next;
  /** What the source's reference stood for when the first plan looked: all that follows reads this. */
  readonly root: Descriptor;
  readonly tasks: readonly CopyTask[];
  readonly layers: BlobCounts;
  readonly manifests: ManifestCounts;
  /** Set when there is nothing to apply. */
  readonly status?: "InSync" | "Planned";
}

/** A request, and what earlier rounds left. */
export interface PlanInput {
  readonly request: Request;
  readonly plan?: Plan;
  readonly copied?: readonly CopyResult[];
}

/** The most blobs in one round: what a task says of them must fit in a state's 256 KiB, twice. */
export const maxBlobsPerRound = 200;

/** How many uploads are opened at once; ECR takes a hundred a second. */
const openers = 10;

/**
 * Compares source and destination, and says what is missing. It may run at any time and says less
 * each time; a second and later run keeps to the image that the first one found.
 * Throws `Unavailable` when the round before changed nothing, and what the sides throw.
 */
export async function plan(input: PlanInput, source: Source, destination: Destination): Promise<Plan> {
  const { reference } = sourceOf(input.request);
  const root = input.plan?.root ?? (await source.resolve(reference));
  if (!input.plan) {
    const standing = await destination.resolve(destinationOf(input.request).tag ?? root.digest);
    if (standing === root.digest) return inSync(root);
  }
  const graph = await readImageGraph(root, (manifest) => source.readManifest(manifest));
  const missing = await destination.missingBlobs(graph.blobs);
  if (input.request.mode === "plan") return planned(root, graph, missing, destination);
  const layers = countBlobs(graph.blobs, missing, input.plan?.layers);
  const manifests = { copied: 0, present: 0 };
  if (missing.length === 0) return { next: "PutManifests", root, tasks: [], layers, manifests };
  const paused = (input.copied ?? []).flatMap((result) => result.paused);
  const pending = await openUploads(missing, paused, destination);
  checkProgress(pending, input.plan);
  return { next: "CopyLayers", root, tasks: shareOut(pending), layers, manifests };
}

function inSync(root: Descriptor): Plan {
  const layers = { copied: 0, present: 0, bytesCopied: 0, bytesPresent: 0 };
  return {
    next: "Report",
    root,
    tasks: [],
    layers,
    manifests: { copied: 0, present: 1 },
    status: "InSync",
  };
}

async function planned(
  root: Descriptor,
  graph: ImageGraph,
  missing: readonly Blob[],
  destination: Destination,
): Promise<Plan> {
  const layers = {
    copied: missing.length,
    present: graph.blobs.length - missing.length,
    bytesCopied: bytesOf(missing),
    bytesPresent: bytesOf(graph.blobs) - bytesOf(missing),
  };
  const copied = (await destination.missingManifests(graph.manifests)).length;
  const manifests = { copied, present: graph.manifests.length - copied };
  return { next: "Report", root, tasks: [], layers, manifests, status: "Planned" };
}

/** What the first plan finds is present; what later ones find besides was copied. */
function countBlobs(all: readonly Blob[], missing: readonly Blob[], earlier?: BlobCounts): BlobCounts {
  const [found, bytesFound] = [all.length - missing.length, bytesOf(all) - bytesOf(missing)];
  const { present, bytesPresent } = earlier ?? { present: found, bytesPresent: bytesFound };
  // What was present may have vanished since.
  const [copied, bytesCopied] = [Math.max(0, found - present), Math.max(0, bytesFound - bytesPresent)];
  return { copied, present, bytesCopied, bytesPresent };
}

async function openUploads(
  missing: readonly Blob[],
  paused: readonly PendingBlob[],
  destination: Destination,
): Promise<PendingBlob[]> {
  const open = new Map(paused.map((blob) => [blob.digest, blob]));
  const round = missing
    .toSorted((a, b) => Number(open.has(b.digest)) - Number(open.has(a.digest)) || b.size - a.size)
    .slice(0, maxBlobsPerRound);
  const pending: PendingBlob[] = [];
  for (let at = 0; at < round.length; at += openers) {
    const batch = round
      .slice(at, at + openers)
      .map(
        async ({ digest, size }): Promise<PendingBlob> =>
          open.get(digest) ?? { digest, size, upload: await destination.openUpload(), from: 0 },
      );
    pending.push(...(await Promise.all(batch)));
  }
  return pending;
}

/** A round that left all that it was given is the last: without this, a destination that forgets would be copied to for ever. */
function checkProgress(pending: readonly PendingBlob[], earlier: Plan | undefined): void {
  const before = earlier?.tasks.flatMap(({ blobs }) => blobs) ?? [];
  const now = new Map(pending.map((blob) => [blob.digest, blob]));
  const stuck = before.filter((blob) => {
    const same = now.get(blob.digest);
    return same && remaining(same) >= remaining(blob);
  });
  if (before.length === 0 || stuck.length < before.length) return;
  throw new Failure(
    "Unavailable",
    { side: "destination", operation: "CopyLayers" },
    `all ${before.length} layers of a round were copied, and the destination still says that it has none of them, the first being ${before[0]?.digest}; start again, and if it stays so, look at the repository's events`,
  );
}

function bytesOf(blobs: readonly Blob[]): number {
  return blobs.reduce((sum, { size }) => sum + size, 0);
}
