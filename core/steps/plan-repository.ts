import { Failure } from "../errors.ts";
import type { ImagePlan } from "../model/plan.ts";
import { formatEcrImage } from "../model/reference.ts";
import { destinationOf } from "../model/request.ts";
import type { Destination, Source } from "../ports.ts";
import { type ImageInput, planImage } from "./plan-image.ts";

/**
 * Plans an image whose repository may be absent and is to be created then. One in sync is not looked at further: that
 * its settings are what was asked for is told when something is copied. Throws what `planImage` throws.
 */
export async function planInRepository(
  input: ImageInput,
  source: Source,
  destination: Destination,
): Promise<ImagePlan> {
  const { ensureRepository } = destination;
  if (input.plan || !ensureRepository) return planImage(input, source, destination);
  const planned = await unlessAbsent(() => planImage(input, source, destination));
  if (planned?.status === "InSync") return planned;
  if (input.request.mode === "plan") {
    if (planned) return planned;
    const { repository } = destinationOf(input.request);
    const warning = `the repository ${formatEcrImage({ repository })} is absent and would be created`;
    const imagined = await planImage(input, source, empty(destination));
    // A run says it once, of all the images of the repository.
    return input.request.rule === undefined ? warned(imagined, [warning]) : imagined;
  }
  const warnings = await ensureRepository();
  return warned(planned ?? (await planImage(input, source, destination)), warnings);
}

async function unlessAbsent(run: () => Promise<ImagePlan>): Promise<ImagePlan | undefined> {
  try {
    return await run();
  } catch (error) {
    const absent =
      error instanceof Failure && error.name === "RepositoryNotFound" && error.side === "destination";
    if (absent) return undefined;
    throw error;
  }
}

/** A repository that has nothing yet. */
function empty(destination: Destination): Destination {
  return Object.assign(Object.create(destination) as Destination, {
    resolve: async () => undefined,
    imageOf: async () => undefined,
    missingBlobs: async <T>(wanted: readonly T[]) => [...wanted],
    missingManifests: async <T>(wanted: readonly T[]) => [...wanted],
    findLayers: async () => [],
  });
}

function warned(planned: ImagePlan, warnings: readonly string[]): ImagePlan {
  const told = [...(planned.warnings ?? []), ...warnings];
  return told.length > 0 ? { ...planned, warnings: told } : planned;
}
