import type { CopyResult } from "../model/copy-task.ts";
import { shareOut, taskCountOf } from "../model/copy-task.ts";
import { type Blob, bytesOf } from "../model/descriptor.ts";
import { distinct, type ImageGraph, readImageGraph } from "../model/image-graph.ts";
import type { ImagePlan } from "../model/plan.ts";
import type { BlobCounts } from "../model/report.ts";
import { destinationOf, type Request, sourceOf } from "../model/request.ts";
import { referenceOf } from "../model/source-reference.ts";
import type { Destination, Root, Source } from "../ports.ts";
import { findReferrers, type ReadReferrer, readReferrers } from "./find-referrers.ts";
import { countStalled, maxBlobsPerRound, openUploads } from "./next-round.ts";
import { findMade, inSync, madeSoFar, planMaking } from "./plan-making.ts";
import { isThere } from "./put-referrers.ts";

/** A request for one image, and what earlier rounds left. */
export interface ImageInput {
  readonly request: Request;
  readonly plan?: Omit<ImagePlan, "next">;
  readonly copied?: readonly CopyResult[];
}

/**
 * Compares source and destination, and says what of one image is missing. It may run at any time and says less
 * each time; a second and later run keeps to the image that the first one found.
 * Throws `UploadLost` when three rounds in a row have changed nothing, and what the sides throw.
 */
export async function planImage(
  input: ImageInput,
  source: Source,
  destination: Destination,
): Promise<ImagePlan> {
  const planned = await planAsked(input, source, destination);
  // What the first plan was told of the source is kept: later ones would tell it again in other words.
  const told = [...(planned.warnings ?? []), ...(input.plan ? [] : (source.warnings?.() ?? []))];
  return told.length > 0 ? { ...planned, warnings: told } : planned;
}

async function planAsked(input: ImageInput, source: Source, destination: Destination): Promise<ImagePlan> {
  let made = await madeSoFar(input, destination);
  let unmade = (await source.prepare?.(made)) ?? [];
  const known = unmade.length === 0 && !input.plan?.making ? input.plan?.root : undefined;
  const reference = referenceOf(sourceOf(input.request));
  let root = known ?? (await source.resolve(reference));
  let warnings = input.plan?.warnings;
  if (unmade.length > 0 && !input.plan) {
    const standing = await standingAs(root, input.request, destination);
    if (standing) return inSync(standing);
    const found = await findMade(unmade, destination);
    ({ made, warnings } = found);
    unmade = (await source.prepare?.(made)) ?? [];
    if (unmade.length === 0) root = await source.resolve(reference);
  }
  const planned =
    unmade.length > 0
      ? await planMaking(input, { root, made, unmade }, destination)
      : await planCopying(input, { root, made }, source, destination);
  const told = [...(warnings ?? []), ...(planned.warnings ?? [])];
  return { ...planned, ...(made.length > 0 && { made }), ...(told.length > 0 && { warnings: told }) };
}

/** What the destination's tag stands for, if it is an image of the same config: then no layer need be made to see that they are one. */
async function standingAs(
  { digest: config, pin }: Root,
  request: Request,
  destination: Destination,
): Promise<Root | undefined> {
  const { tag } = destinationOf(request);
  const standing = tag === undefined ? undefined : await destination.imageOf(tag);
  if (standing?.config !== config) return undefined;
  const { mediaType, digest, size } = standing;
  return { mediaType, digest, size, pin };
}

async function planCopying(
  input: ImageInput,
  { root, made }: { root: Root; made: readonly Blob[] },
  source: Source,
  destination: Destination,
): Promise<ImagePlan> {
  const { request } = input;
  const standing =
    input.plan || made.length > 0
      ? undefined
      : await destination.resolve(destinationOf(request).tag ?? root.digest);
  // What was attached since is looked for only where that is asked for: it takes more than a look at two tags.
  if (standing === root.digest && request.referrers !== true) return inSync(root);
  const graph = await readImageGraph(root, (manifest) => source.readManifest(manifest));
  const { referrers, warnings, all } = await withReferrers(input, graph, source);
  const along = { ...(referrers.length > 0 && { referrers }), ...(warnings.length > 0 && { warnings }) };
  if (standing === root.digest && (await absent(all, destination)).length === 0) {
    return { ...inSync(root), ...along };
  }
  const blobs = allBlobs(graph, all);
  const missing = await destination.missingBlobs(blobs);
  if (request.mode === "plan") {
    const sum = await planned({ root, graph, blobs }, missing, destination);
    const present = await presentOf(all, destination);
    return { ...sum, ...along, ...(present.length > 0 && { present }) };
  }
  const layers = countBlobs(blobs, missing, input.plan?.layers);
  const manifests = { copied: 0, present: 0 };
  const draft = { root, layers, manifests, ...along };
  if (missing.length === 0) return { ...draft, next: "PutManifests", tasks: [] };
  const paused = (input.copied ?? []).flatMap((result) => result.paused);
  const stalled = countStalled(missing, paused, input.plan);
  const tasks = shareOut(await openUploads(missing, paused, destination, maxBlobsPerRound));
  return { ...draft, next: "CopyLayers", tasks, stalled };
}

/** The artifacts that go along with an image, read: those that the first plan has found. */
async function withReferrers({ request, plan, copied }: ImageInput, graph: ImageGraph, source: Source) {
  const isWanted = request.referrers !== false;
  const subjects = graph.manifests.map(({ descriptor }) => descriptor);
  const found = plan
    ? { referrers: plan.referrers ?? [], warnings: [] }
    : await findReferrers(isWanted ? subjects : [], source);
  const all = refuseUnreadable(await readReferrers(found.referrers, graph, source), copied);
  return { all, referrers: all.map(({ referrer }) => referrer), warnings: found.warnings };
}

/** Refuses the artifacts of which a worker could not read a blob. */
function refuseUnreadable(all: readonly ReadReferrer[], copied: ImageInput["copied"] = []): ReadReferrer[] {
  const reasons = new Map(
    copied.flatMap(({ unreadable = [] }) => unreadable.map(({ digest, reason }) => [digest, reason])),
  );
  return all.map((each) => {
    const bad = each.graph?.blobs.find(({ digest }) => reasons.has(digest));
    return bad ? { referrer: { ...each.referrer, refused: reasons.get(bad.digest) } } : each;
  });
}

/** The blobs of an image, and those of its artifacts, which it can do without. */
function allBlobs(graph: ImageGraph, all: readonly ReadReferrer[]): (Blob & { optional?: true })[] {
  const own = new Set<string>(graph.blobs.map(({ digest }) => digest));
  const others = distinct(all.flatMap((each) => each.graph?.blobs ?? []));
  return [
    ...graph.blobs,
    ...others.filter(({ digest }) => !own.has(digest)).map((blob) => ({ ...blob, optional: true as const })),
  ];
}

/** The artifacts that can be copied and are not at the destination. */
async function absent(all: readonly ReadReferrer[], destination: Destination): Promise<ReadReferrer[]> {
  const found: ReadReferrer[] = [];
  for (const each of all) if (each.graph && !(await isThere(each, destination))) found.push(each);
  return found;
}

async function presentOf(all: readonly ReadReferrer[], destination: Destination): Promise<string[]> {
  const away = await absent(all, destination);
  return all.filter((each) => each.graph && !away.includes(each)).map(({ referrer }) => referrer.digest);
}

async function planned(
  { root, graph, blobs }: { root: Root; graph: ImageGraph; blobs: readonly Blob[] },
  missing: readonly Blob[],
  destination: Destination,
): Promise<ImagePlan> {
  const layers = {
    copied: missing.length,
    present: blobs.length - missing.length,
    bytesCopied: bytesOf(missing),
    bytesPresent: bytesOf(blobs) - bytesOf(missing),
  };
  const copied = (await destination.missingManifests(graph.manifests)).length;
  const manifests = { copied, present: graph.manifests.length - copied };
  return {
    next: "Report",
    root,
    tasks: [],
    layers,
    manifests,
    status: "Planned",
    taskCount: taskCountOf(missing),
  };
}

/** What the first plan finds is present; what later ones find besides was copied. */
function countBlobs(all: readonly Blob[], missing: readonly Blob[], earlier?: BlobCounts): BlobCounts {
  const [found, bytesFound] = [all.length - missing.length, bytesOf(all) - bytesOf(missing)];
  const { present, bytesPresent } = earlier ?? { present: found, bytesPresent: bytesFound };
  // What was present may have vanished since.
  const [copied, bytesCopied] = [Math.max(0, found - present), Math.max(0, bytesFound - bytesPresent)];
  return { copied, present, bytesCopied, bytesPresent };
}
