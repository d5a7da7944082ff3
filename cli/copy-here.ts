import { openSides, untarSource } from "../adapters/open.ts";
import type { Plan, Unpacking } from "../core/model/plan.ts";
import type { Report } from "../core/model/report.ts";
import type { Request } from "../core/model/request.ts";
import { replicate } from "../core/replicate.ts";
import { bytes } from "./amount.ts";
import { credentialsOfUser } from "./docker-config.ts";
import type { Progress } from "./progress.ts";

/** Layers copied at once: more do not make one machine's line faster, and each holds two parts in memory. */
const workers = 6;

/** What copying from here needs beside the request. */
export interface Place {
  /** The bucket to inflate compressed archives into. */
  readonly workBucket?: string;
  /** Whether registries on this machine are spoken to without TLS, and private addresses are. */
  readonly allowInsecure?: boolean;
}

/** How many times it is told how much of an archive has been inflated. */
const steps = 20;

/**
 * Copies the images of a request from this process, with its own credentials and those that docker has for registries; a
 * compressed archive by way of the work bucket. Throws Failure.
 */
export async function copyHere(
  request: Request,
  progress: Progress,
  { workBucket, allowInsecure }: Place = {},
): Promise<Report> {
  let size = 0;
  const sides = openSides({ workBucket, allowInsecure, credentialsOf: credentialsOfUser });
  return replicate(request, sides, {
    untar: () =>
      untarSource(request, workBucket, {
        timeLeft: () => Number.POSITIVE_INFINITY,
        read: tellSteps(progress, () => size),
      }),
    now: () => new Date(),
    workers,
    planned: (plan: Plan | Unpacking) => {
      if (plan.next !== "Untar") progress.planned(plan);
      else size = plan.packed.size;
      if (plan.next.startsWith("PutManifests")) progress.doing("putting manifests");
    },
    took: (blob, at) => progress.copied(blob, at),
  });
}

/** Tells how much of an archive has been read, a few times. */
function tellSteps(progress: Progress, size: () => number): (read: number) => void {
  let told = -1;
  return (read) => {
    const step = Math.floor((read / size()) * steps);
    if (step > told) progress.doing(`inflating the archive: ${bytes(read)} of ${bytes(size())}`);
    told = step;
  };
}
