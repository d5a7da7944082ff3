import { Failure, Incomplete } from "../errors.ts";
import { readImageGraph } from "../model/image-graph.ts";
import type { ManifestCounts } from "../model/report.ts";
import { destinationOf, type Request } from "../model/request.ts";
import type { Destination, Source } from "../ports.ts";
import type { Plan } from "./plan.ts";

/** A request whose blobs are all at the destination. */
export interface PutManifestsInput {
  readonly request: Request;
  readonly plan: Plan;
  /** Set when the destination has refused this image once as incomplete. */
  readonly incomplete?: unknown;
}

/**
 * Puts the manifests that the destination does not have, children before what lists them, and last
 * the root with its tag: until then the tag stands for what it stood for before.
 * Throws `Incomplete` when something listed has vanished, and `UploadLost` when that happens again.
 */
export async function putManifests(
  input: PutManifestsInput,
  source: Source,
  destination: Destination,
): Promise<ManifestCounts> {
  const { tag } = destinationOf(input.request);
  const { root } = input.plan;
  const { manifests } = await readImageGraph(root, (manifest) => source.readManifest(manifest));
  const missing = await destination.missingManifests(manifests);
  try {
    for (const manifest of missing) {
      if (manifest.descriptor.digest !== root.digest) await destination.putManifest(manifest);
    }
    const top = manifests.at(-1);
    if (top && (tag !== undefined || missing.includes(top))) await destination.putManifest(top, tag);
  } catch (error) {
    throw error instanceof Incomplete && input.incomplete !== undefined ? vanished(error) : error;
  }
  return { copied: missing.length, present: manifests.length - missing.length };
}

function vanished(error: Incomplete): Failure {
  return new Failure(
    "UploadLost",
    { side: "destination", operation: "PutImage", cause: error },
    `${error.message}; they were copied again and vanished again, so look for what deletes images or layers in this repository`,
  );
}
