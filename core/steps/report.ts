import { Failure, isFailureName } from "../errors.ts";
import { formatEcrImage } from "../model/reference.ts";
import type { BlobCounts, FailureCause, FailureReport, Report } from "../model/report.ts";
import { destinationOf, type Request, sourceOf } from "../model/request.ts";
import { formatSource } from "../model/source-reference.ts";
import type { Destination } from "../ports.ts";
import type { Plan } from "./plan.ts";
import type { Put } from "./put-manifests.ts";

/** All that a replication that ended well has said of itself. */
export interface ReportInput {
  readonly request: Request;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly plan: Plan;
  readonly put?: Put;
}

/** What an execution knows when a step has failed; the plan is absent when it was the first plan. */
export interface FailureInput {
  readonly plan?: Plan;
  readonly failure: CaughtFailure;
}

/** What a step failed with. */
export interface CaughtFailure {
  readonly name: string;
  readonly side?: "source" | "destination";
  readonly operation?: string;
  readonly message: string;
}

/** Says how a replication ended. */
export function report({ request, startedAt, plan, put }: ReportInput, now: Date): Report {
  const { digest, mediaType } = plan.root;
  return {
    status: plan.status ?? "Replicated",
    source: formatSource(sourceOf(request), digest),
    destination: formatEcrImage(destinationOf(request)),
    digest,
    mediaType,
    manifests: put ? { copied: put.copied, present: put.present } : plan.manifests,
    layers: plan.layers,
    warnings: put?.moved ? [movedWarning(put.moved)] : [],
    startedAt,
    seconds: Math.round((now.getTime() - Date.parse(startedAt)) / 100) / 10,
  };
}

function movedWarning(digest: string): string {
  return `the source's tag moved to ${digest} while the image was copied; start again to copy that`;
}

/**
 * Says how a replication failed, under a stable name: what has none is `Unavailable`, with its own
 * name in the message. The destination is asked what had arrived of the round that failed; when it
 * cannot say, the count of the rounds before stands.
 */
export async function reportFailure(
  { plan, failure }: FailureInput,
  destination: () => Promise<Destination>,
): Promise<FailureReport> {
  const stable = isFailureName(failure.name);
  const cause: FailureCause = {
    side: failure.side,
    operation: failure.operation ?? "RunStep",
    message: stable ? failure.message : `a step ended with ${failure.name}: ${failure.message}`,
    copied: plan && { layers: await arrived(plan, destination) },
  };
  return { error: stable ? failure.name : "Unavailable", cause: JSON.stringify(cause) };
}

async function arrived(plan: Plan, destination: () => Promise<Destination>): Promise<BlobCounts> {
  const round = plan.tasks.flatMap(({ blobs }) => blobs);
  if (round.length === 0) return plan.layers;
  try {
    const missing = new Set((await (await destination()).missingBlobs(round)).map(({ digest }) => digest));
    const there = round.filter(({ digest }) => !missing.has(digest));
    const bytes = there.reduce((sum, { size }) => sum + size, 0);
    const { copied, bytesCopied } = plan.layers;
    return { ...plan.layers, copied: copied + there.length, bytesCopied: bytesCopied + bytes };
  } catch (error) {
    // The destination may be what failed; its first failure is the one to report.
    if (error instanceof Failure) return plan.layers;
    throw error;
  }
}
