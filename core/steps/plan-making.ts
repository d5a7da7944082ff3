import { Failure } from "../errors.ts";
import { shareOut } from "../model/copy-task.ts";
import { bytesOf } from "../model/descriptor.ts";
import { maxRawLayers } from "../model/limits.ts";
import type { MadeLayer, RawLayer } from "../model/making.ts";
import type { ImagePlan } from "../model/plan.ts";
import type { Destination, Root } from "../ports.ts";
import { countStalled, maxRawPerRound, openUploads } from "./next-round.ts";
import type { ImageInput } from "./plan-image.ts";

/** An image of an archive while it has no manifest, because some of its layers have no blobs. */
export interface Draft {
  /** The image's config. */
  readonly root: Root;
  readonly made: readonly MadeLayer[];
  readonly unmade: readonly RawLayer[];
}

/** The layers that earlier rounds have made or found and the destination still has. */
export async function madeSoFar(
  { plan: earlier, copied }: ImageInput,
  destination: Destination,
): Promise<MadeLayer[]> {
  const last = (copied ?? []).flatMap(({ made }) => made ?? []);
  const made = [
    ...new Map([...(earlier?.made ?? []), ...last].map((layer) => [layer.diffId, layer])).values(),
  ];
  return stillThere(made, destination);
}

/** What was found of layers that would have to be made. */
export interface Found {
  readonly made: MadeLayer[];
  readonly warnings?: readonly string[];
}

/**
 * The layers that need not be made, because other images of the destination have them, compressed as they would be.
 * A role that may not look costs only the work that this would have saved, and leads to a warning.
 */
export async function findMade(unmade: readonly RawLayer[], destination: Destination): Promise<Found> {
  const results = new Map(unmade.map(({ diffId, result }) => [diffId, result]));
  try {
    const found = await destination.findLayers([...results.keys()]);
    const made = found
      .filter(({ diffId, compression }) => results.get(diffId) === compression)
      .map(({ diffId, digest, size }): MadeLayer => ({ diffId, digest, size, found: true }));
    return { made: await stillThere(made, destination) };
  } catch (error) {
    if (!(error instanceof Failure && error.name === "AccessDenied")) throw error;
    const warning = `layers were not looked for in other images of the destination, and so were all compressed: ${error.message}`;
    return { made: [], warnings: [warning] };
  }
}

async function stillThere(made: readonly MadeLayer[], destination: Destination): Promise<MadeLayer[]> {
  const gone = made.length > 0 ? await destination.missingBlobs(made) : [];
  return made.filter((layer) => !gone.includes(layer));
}

/** Plans the layers of an archive that have yet to be made. Throws `UnsupportedImage` when they are too many. */
export async function planMaking(
  input: ImageInput,
  { root, made, unmade }: Draft,
  destination: Destination,
): Promise<ImagePlan> {
  checkCount(root, made.length + unmade.length);
  const wanted = unmade.map(({ diffId, size }) => ({ digest: diffId, size }));
  const found = made.filter((layer) => layer.found);
  const present = { present: found.length, bytesPresent: bytesOf(found) };
  if (input.request.mode === "plan") {
    const layers = { ...present, copied: wanted.length, bytesCopied: bytesOf(wanted) };
    const manifests = { copied: 1, present: 0 };
    return { next: "Report", root, tasks: [], layers, manifests, status: "Planned" };
  }
  const paused = (input.copied ?? []).flatMap((result) => result.paused);
  const stalled = countStalled(wanted, paused, input.plan);
  const compressions = new Map(unmade.map(({ diffId, compression }) => [diffId, compression]));
  const uploads = await openUploads(wanted, paused, destination, maxRawPerRound);
  const pending = uploads.map((blob) => ({
    ...blob,
    make: blob.make ?? { compression: compressions.get(blob.digest) ?? "copy", output: 0 },
  }));
  const layers = {
    ...present,
    copied: made.length - found.length,
    bytesCopied: bytesOf(made) - bytesOf(found),
  };
  const manifests = { copied: 0, present: 0 };
  return { next: "CopyLayers", root, tasks: shareOut(pending), layers, manifests, making: true, stalled };
}

function checkCount(root: Root, count: number): void {
  if (count <= maxRawLayers) return;
  throw new Failure(
    "UnsupportedImage",
    { side: "source", operation: "ReadArchive" },
    `image ${root.digest} has ${count} layers that would have to be compressed, and at most ${maxRawLayers} are; set layerCompression to none, or save the image as an OCI archive`,
  );
}

/** The plan for an image that the destination has, tag and all. */
export function inSync(root: Root): ImagePlan {
  const layers = { copied: 0, present: 0, bytesCopied: 0, bytesPresent: 0 };
  const manifests = { copied: 0, present: 1 };
  return { next: "Report", root, tasks: [], layers, manifests, status: "InSync" };
}
