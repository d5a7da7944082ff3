import { Incomplete } from "../errors.ts";
import type { ImageGraph } from "../model/image-graph.ts";
import type { Plan } from "../model/plan.ts";
import { briefly, type Referrer } from "../model/referrer.ts";
import type { ReferrerReport } from "../model/report.ts";
import type { Destination, Source } from "../ports.ts";
import { type ReadReferrer, readReferrer, refusal } from "./find-referrers.ts";

/**
 * Puts the artifacts of an image that is there, one after the other, each with its tag if it has one; those that are
 * refused already are left out. One that the destination does not take is refused, and the others go on.
 * Throws `Incomplete` when something listed has vanished, unless that is so for the second time.
 */
export async function putReferrers(
  { referrers = [], healing }: Pick<Plan, "referrers" | "healing">,
  source: Source,
  destination: Destination,
): Promise<ReferrerReport[]> {
  const outcomes: ReferrerReport[] = [];
  for (const referrer of referrers.filter(({ refused }) => refused === undefined)) {
    const { graph, referrer: read } = await readReferrer(referrer, source);
    outcomes.push(
      graph ? await put(referrer, graph, destination, healing) : reportOf(referrer, "refused", read.refused),
    );
  }
  return outcomes;
}

async function put(
  referrer: Referrer,
  graph: ImageGraph,
  destination: Destination,
  healing: true | undefined,
): Promise<ReferrerReport> {
  const top = graph.manifests.at(-1);
  try {
    const missing = await destination.missingManifests(graph.manifests);
    if (missing.length === 0 && (await isTagged(referrer, destination))) {
      return reportOf(referrer, "present");
    }
    for (const manifest of missing) {
      if (manifest !== top) await destination.putManifest(manifest);
    }
    if (top) await destination.putManifest(top, referrer.tag);
    return reportOf(referrer, "copied");
  } catch (error) {
    if (!(error instanceof Incomplete)) return reportOf(referrer, "refused", refusal(error));
    if (!healing) throw error;
    return reportOf(referrer, "refused", briefly(error.message));
  }
}

/** Whether the destination has an artifact, with its tag. */
export async function isThere({ referrer, graph }: ReadReferrer, destination: Destination): Promise<boolean> {
  const missing = await destination.missingManifests(graph?.manifests ?? []);
  return missing.length === 0 && isTagged(referrer, destination);
}

async function isTagged({ digest, tag }: Referrer, destination: Destination): Promise<boolean> {
  return tag === undefined || (await destination.resolve(tag)) === digest;
}

/** What is said of an artifact. */
export function reportOf(
  { digest, artifactType, tag }: Referrer,
  outcome: ReferrerReport["outcome"],
  reason?: string,
): ReferrerReport {
  return {
    digest,
    ...(artifactType && { artifactType }),
    ...(tag && { tag }),
    outcome,
    ...(reason && { reason }),
  };
}
