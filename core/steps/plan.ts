import { Failure } from "../errors.ts";
import type { CopyResult } from "../model/copy-task.ts";
import { imageRequests } from "../model/image-requests.ts";
import type { Ended, Plan, Unpacking } from "../model/plan.ts";
import type { Request } from "../model/request.ts";
import type { Packed, Pin, Sides, Source } from "../ports.ts";
import { planInRepository } from "./plan-repository.ts";
import type { Put } from "./put-manifests.ts";
import { endedWith } from "./report.ts";

/** A request, and what the states before have left. */
export interface PlanInput {
  readonly request: Request;
  readonly plan?: Plan | Unpacking;
  /** The version of the archive that has been inflated. */
  readonly untarred?: { readonly etag: string };
  readonly copied?: readonly CopyResult[];
  readonly put?: Put;
}

/**
 * Says what comes next for a request: inflating an archive that is compressed, or what is missing of the first image
 * that is not done. It may run at any time and says less each time.
 * Throws what `imageRequests`, `planImage` and the sides throw.
 */
export async function plan(input: PlanInput, sides: Sides): Promise<Plan | Unpacking> {
  const earlier = input.plan?.next === "Untar" ? undefined : input.plan;
  const source = sides.source(input.request, earlier?.root.pin);
  const packed = earlier ? undefined : await source.packed?.();
  if (packed) return unpacking(packed, input.untarred);
  const listing = await source.list?.();
  const requests = listing ? imageRequests(input.request, listing.images) : [input.request];
  const open = (request: Request, pin = listing?.pin) =>
    request.source === input.request.source ? source : sides.source(request, pin);
  return planNext({ ...input, plan: earlier }, requests, open, sides);
}

/** Goes through the images: those in sync, or of which there is only a plan, are done at once. */
async function planNext(
  input: PlanInput & { plan?: Plan },
  requests: readonly Request[],
  open: (request: Request, pin?: Pin) => Source,
  sides: Sides,
): Promise<Plan> {
  let { plan: current, ended } = standing(input);
  const refused = current !== undefined && isPut(current);
  for (;;) {
    const request = requests[ended?.images.length ?? 0];
    if (!request) throw new Error("the archive has fewer images than were copied from it");
    const image = { request, plan: current, copied: current && input.copied };
    const { next, ...planned } = await planInRepository(
      image,
      open(request, current?.root.pin),
      sides.destination(request),
    );
    const last = (ended?.images.length ?? 0) + 1 === requests.length;
    const healing = refused || current?.healing;
    const result: Plan = {
      ...planned,
      next: next === "PutManifests" && !last ? "PutManifestsThenPlan" : next,
      request: withoutSettings(request),
      ...(ended && { ended }),
      ...(healing && { healing }),
    };
    if (next !== "Report" || last) return result;
    ended = endedWith(result);
    current = undefined;
  }
}

/** The settings of a repository are long, and only the first plan needs them. */
function withoutSettings({ createRepository: _, ...request }: Request): Request {
  return request;
}

/** The plan of the image under way, if one is, and the images that are done. */
function standing({ plan, put }: PlanInput & { plan?: Plan }): { plan?: Plan; ended?: Ended } {
  if (!plan) return {};
  const done = isPut(plan) && put?.image === (plan.ended?.images.length ?? 0);
  return done ? { ended: endedWith(plan, put) } : { plan, ended: plan.ended };
}

function isPut({ next }: Plan): boolean {
  return next === "PutManifests" || next === "PutManifestsThenPlan";
}

/** Throws `Unavailable` for an archive that has been inflated and is not there. */
function unpacking(packed: Packed, untarred: PlanInput["untarred"]): Unpacking {
  if (packed.etag !== untarred?.etag) return { next: "Untar", packed };
  throw new Failure(
    "Unavailable",
    { side: "source", operation: "ReadArchive" },
    "the archive was inflated, and the work bucket does not have it any more; look for what deletes objects there, then start again",
  );
}
