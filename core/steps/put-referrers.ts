import { Incomplete } from "../errors.ts";
import type { Referrer } from "../model/referrer.ts";
import type { ReferrerReport } from "../model/report.ts";
import type { Destination, Source } from "../ports.ts";
import { type ReadReferrer, readReferrers, refusal } from "./find-referrers.ts";

/**
 * Puts the artifacts of an image that is there, one after the other, each with its tag if it has one. One that the
 * destination does not take is refused, and the others go on. Throws `Incomplete` when something listed has vanished.
 */
export async function putReferrers(
  referrers: readonly Referrer[],
  source: Source,
  destination: Destination,
): Promise<ReferrerReport[]> {
  const outcomes: ReferrerReport[] = [];
  for (const read of await readReferrers(referrers, source)) outcomes.push(await put(read, destination));
  return outcomes;
}

async function put({ referrer, graph }: ReadReferrer, destination: Destination): Promise<ReferrerReport> {
  const { refused, tag } = referrer;
  const top = graph?.manifests.at(-1);
  if (!graph || !top) return reportOf(referrer, "refused", refused);
  try {
    if (await isThere({ referrer, graph }, destination)) return reportOf(referrer, "present");
    for (const manifest of await destination.missingManifests(graph.manifests)) {
      if (manifest !== top) await destination.putManifest(manifest);
    }
    await destination.putManifest(top, tag);
    return reportOf(referrer, "copied");
  } catch (error) {
    if (error instanceof Incomplete) throw error;
    return reportOf(referrer, "refused", refusal(error));
  }
}

/** Whether the destination has an artifact, with its tag. */
export async function isThere(
  { referrer: { digest, tag }, graph }: ReadReferrer,
  destination: Destination,
): Promise<boolean> {
  const missing = await destination.missingManifests(graph?.manifests ?? []);
  return missing.length === 0 && (tag === undefined || (await destination.resolve(tag)) === digest);
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
