import { Failure } from "../errors.ts";
import { type CopyResult, type CopyTask, type PendingBlob, remaining, shareOut } from "../model/copy-task.ts";
import type { Blob } from "../model/descriptor.ts";
import { type ImageGraph, readImageGraph } from "../model/image-graph.ts";
import { maxRawLayers } from "../model/limits.ts";
import type { MadeLayer, RawLayer } from "../model/making.ts";
import type { BlobCounts, ManifestCounts } from "../model/report.ts";
import { destinationOf, type Request, sourceOf } from "../model/request.ts";
import { referenceOf } from "../model/source-reference.ts";
import type { Destination, Root, Source } from "../ports.ts";

/** What comes after a plan. */
export type Next = "CopyLayers" | "PutManifests" | "Report";

/** Where a replication stands, as compared with the destination. It is small: it travels in state. */
export interface Plan {
  readonly next: Next;
  /** What the source's reference stood for when the first plan looked: all that follows reads this. */
  readonly root: Root;
  readonly tasks: readonly CopyTask[];
  readonly layers: BlobCounts;
  readonly manifests: ManifestCounts;
  /** The layers that were made so far, of an archive's image whose layers had no blobs. */
  readonly made?: readonly MadeLayer[];
  /** Whether layers have yet to be made; then the root is the image's config. */
  readonly making?: boolean;
  /** How many rounds in a row have changed nothing. */
  readonly stalled?: number;
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

/** The most layers in one round that have yet to be made: with the states of their hashes they take more room. */
export const maxRawPerRound = 100;

/** After so many rounds in a row that changed nothing, a copy is given up: a destination that forgets would be copied to for ever. */
const maxStalled = 3;

/** How many uploads are opened at once; ECR takes a hundred a second, and answers in some 40 milliseconds. */
const openers = 4;

/**
 * Compares source and destination, and says what is missing. It may run at any time and says less
 * each time; a second and later run keeps to the image that the first one found.
 * Throws `UploadLost` when three rounds in a row have changed nothing, and what the sides throw.
 */
export async function plan(input: PlanInput, source: Source, destination: Destination): Promise<Plan> {
  const made = await madeSoFar(input, destination);
  const unmade = (await source.prepare?.(made)) ?? [];
  const known = unmade.length === 0 && !input.plan?.making ? input.plan?.root : undefined;
  const root = known ?? (await source.resolve(referenceOf(sourceOf(input.request))));
  if (unmade.length > 0) return planMaking(input, { root, made, unmade }, destination);
  const planned = await planCopying(input, root, source, destination);
  return made.length > 0 ? { ...planned, made } : planned;
}

async function planCopying(
  input: PlanInput,
  root: Root,
  source: Source,
  destination: Destination,
): Promise<Plan> {
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
  const stalled = countStalled(missing, paused, input.plan);
  const tasks = shareOut(await openUploads(missing, paused, destination, maxBlobsPerRound));
  return { next: "CopyLayers", root, tasks, layers, manifests, stalled };
}

/** The layers that earlier rounds have made and the destination still has. */
async function madeSoFar(
  { plan: earlier, copied }: PlanInput,
  destination: Destination,
): Promise<MadeLayer[]> {
  const last = (copied ?? []).flatMap(({ made }) => made ?? []);
  const made = [
    ...new Map([...(earlier?.made ?? []), ...last].map((layer) => [layer.diffId, layer])).values(),
  ];
  const gone = made.length > 0 ? await destination.missingBlobs(made) : [];
  return made.filter((layer) => !gone.includes(layer));
}

interface Draft {
  /** The image's config, while there is no manifest. */
  readonly root: Root;
  readonly made: readonly MadeLayer[];
  readonly unmade: readonly RawLayer[];
}

/** Plans the layers of an archive that have yet to be made; an image of the same config is in sync without making any. */
async function planMaking(input: PlanInput, draft: Draft, destination: Destination): Promise<Plan> {
  const { root, made, unmade } = draft;
  checkCount(root, made.length + unmade.length);
  const { tag } = destinationOf(input.request);
  if (!input.plan && tag !== undefined) {
    const standing = await destination.imageOf(tag);
    if (standing?.config === root.digest) {
      const { mediaType, digest, size } = standing;
      return inSync({ mediaType, digest, size, pin: root.pin });
    }
  }
  const wanted = unmade.map(({ diffId, size }) => ({ digest: diffId, size }));
  const none = { present: 0, bytesPresent: 0 };
  if (input.request.mode === "plan") {
    const layers = { ...none, copied: wanted.length, bytesCopied: bytesOf(wanted) };
    return {
      next: "Report",
      root,
      tasks: [],
      layers,
      manifests: { copied: 1, present: 0 },
      status: "Planned",
    };
  }
  const paused = (input.copied ?? []).flatMap((result) => result.paused);
  const stalled = countStalled(wanted, paused, input.plan);
  const compressions = new Map(unmade.map(({ diffId, compression }) => [diffId, compression]));
  const uploads = await openUploads(wanted, paused, destination, maxRawPerRound);
  const pending = uploads.map((blob) => ({
    ...blob,
    make: blob.make ?? { compression: compressions.get(blob.digest) ?? "copy", output: 0 },
  }));
  const layers = { ...none, copied: made.length, bytesCopied: bytesOf(made) };
  const manifests = { copied: 0, present: 0 };
  const tasks = shareOut(pending);
  return { next: "CopyLayers", root, tasks, layers, manifests, made, making: true, stalled };
}

function checkCount(root: Root, count: number): void {
  if (count <= maxRawLayers) return;
  throw new Failure(
    "UnsupportedImage",
    { side: "source", operation: "ReadArchive" },
    `image ${root.digest} has ${count} layers that would have to be compressed, and at most ${maxRawLayers} are; set layerCompression to none, or save the image as an OCI archive`,
  );
}

function inSync(root: Root): Plan {
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
  root: Root,
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
  most: number,
): Promise<PendingBlob[]> {
  const open = new Map(paused.map((blob) => [blob.digest, blob]));
  const round = missing
    .toSorted((a, b) => Number(open.has(b.digest)) - Number(open.has(a.digest)) || b.size - a.size)
    .slice(0, most);
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

/** Counts this round if the one before has left all that it was given as it was. Throws `UploadLost` at the third. */
function countStalled(
  missing: readonly Blob[],
  paused: readonly PendingBlob[],
  { tasks = [], stalled = 0 }: Partial<Plan> = {},
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

function bytesOf(blobs: readonly Blob[]): number {
  return blobs.reduce((sum, { size }) => sum + size, 0);
}
