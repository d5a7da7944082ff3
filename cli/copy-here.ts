import { openSides } from "../adapters/open.ts";
import type { Report } from "../core/model/report.ts";
import type { Request } from "../core/model/request.ts";
import { replicate } from "../core/replicate.ts";
import type { Progress } from "./progress.ts";

/** Layers copied at once: more do not make one machine's line faster, and each holds two parts in memory. */
const workers = 6;

/** Copies an image from this process, with its own credentials. Throws Failure. */
export async function copyHere(request: Request, progress: Progress): Promise<Report> {
  return replicate(request, openSides(), {
    untar: () => Promise.reject(new Error("not yet")),
    now: () => new Date(),
    workers,
    planned: (plan) => {
      if (plan.next === "Untar") {
        progress.doing("inflating the archive");
        return;
      }
      progress.planned(plan);
      if (plan.next.startsWith("PutManifests")) progress.doing("putting manifests");
    },
    took: (blob, at) => progress.copied(blob, at),
  });
}
