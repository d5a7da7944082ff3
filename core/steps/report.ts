import { Failure, isFailureName } from "../errors.ts";
import { bytesOf } from "../model/descriptor.ts";
import type { Ended, EndedImage, Plan, Unpacking } from "../model/plan.ts";
import { formatEcrImage } from "../model/reference.ts";
import type { Referrer } from "../model/referrer.ts";
import {
  addCounts,
  type BlobCounts,
  type FailureCause,
  type FailureReport,
  type ImageReport,
  type ReferrerCounts,
  type Report,
} from "../model/report.ts";
import { destinationOf, type Request, sourceOf } from "../model/request.ts";
import { formatSource } from "../model/source-reference.ts";
import type { Destination } from "../ports.ts";
import type { Put } from "./put-manifests.ts";
import { reportOf } from "./put-referrers.ts";

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
  readonly plan?: Plan | Unpacking;
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
  const { images, layers, manifests, warnings } = endedWith(plan, put);
  const reports = images.map((image) => imageReport(image, request));
  const [{ digest, mediaType }] = images;
  const { source, destination } = reports.length > 1 ? request : (reports[0] ?? request);
  return {
    status: statusOf(images),
    source,
    destination,
    digest,
    mediaType,
    manifests,
    layers,
    referrers: referrersOf(plan, put),
    warnings,
    ...(plan.taskCount !== undefined && { tasks: plan.taskCount }),
    startedAt,
    seconds: Math.round((now.getTime() - Date.parse(startedAt)) / 100) / 10,
    ...(reports.length > 1 && { images: reports }),
  };
}

/** The images that are done, when that of a plan is the last of them; what was put may be that of an image before. */
export function endedWith(plan: Plan, latest?: Put): Ended {
  const { root, request, ended } = plan;
  const put = latest?.image === (ended?.images.length ?? 0) ? latest : undefined;
  const before = ended ?? none;
  const source = sourceOf(request);
  const image: EndedImage = {
    status: plan.status ?? "Replicated",
    ...(source.kind === "s3" && source.image !== undefined && { image: source.image }),
    ...(root.pin?.index && { index: root.pin.index.digest }),
    destination: formatEcrImage(destinationOf(request)),
    digest: root.digest,
    mediaType: root.mediaType,
  };
  const moved = put?.moved ? [movedWarning(put.moved, put.followed)] : [];
  return {
    images: ended ? [...ended.images, image] : [image],
    layers: addCounts(before.layers, plan.layers),
    manifests: addCounts(
      before.manifests,
      put ? { copied: put.copied, present: put.present } : plan.manifests,
    ),
    warnings: few([...before.warnings, ...(plan.warnings ?? []), ...refusedWarnings(plan, put), ...moved]),
  };
}

/** In bytes: the warnings of all images of an archive travel together. */
const maxWarnings = 20_000;

/** Each warning once, and no more of them than a state has room for. */
function few(warnings: readonly string[]): string[] {
  const all = [...new Set(warnings)];
  const told: string[] = [];
  for (let length = 0; told.length < all.length; ) {
    const warning = all[told.length] ?? "";
    length += Buffer.byteLength(warning);
    if (length > maxWarnings) return [...told, `and ${all.length - told.length} more warnings`];
    told.push(warning);
  }
  return told;
}

/** What became of the artifacts; when nothing was put, what would be, or what is there. */
function referrersOf({ referrers = [], status, present = [] }: Plan, put: Put | undefined): ReferrerCounts {
  const outcomeOf = ({ digest }: Referrer) =>
    status === "InSync" || present.includes(digest) ? "present" : "copied";
  const refused = referrers.filter((each) => each.refused !== undefined);
  const others = referrers.filter((each) => each.refused === undefined);
  const artifacts = [
    ...(put ? (put.referrers ?? []) : others.map((each) => reportOf(each, outcomeOf(each)))),
    ...refused.map((each) => reportOf(each, "refused", each.refused)),
  ];
  const count = (of: string) => artifacts.filter((each) => each.outcome === of).length;
  return { copied: count("copied"), present: count("present"), refused: count("refused"), artifacts };
}

function refusedWarnings(plan: Plan, put: Put | undefined): string[] {
  return referrersOf(plan, put).artifacts.flatMap(({ digest, artifactType, tag, outcome, reason }) =>
    outcome === "refused"
      ? [`${artifactType ?? "an artifact"} ${tag ?? digest} of the image was not copied: ${reason}`]
      : [],
  );
}

function imageReport({ image, index, ...ended }: EndedImage, request: Request): ImageReport {
  const source = sourceOf(request);
  const named = source.kind === "s3" && image !== undefined ? { ...source, image } : source;
  return { ...ended, source: formatSource(named, index ?? ended.digest) };
}

const none = {
  layers: { copied: 0, present: 0, bytesCopied: 0, bytesPresent: 0 },
  manifests: { copied: 0, present: 0 },
  warnings: [],
} satisfies Omit<Ended, "images">;

/** Of a plan, images that are in sync are as good as planned; of a copy, they are as good as copied. */
function statusOf(images: readonly EndedImage[]): Report["status"] {
  const statuses = new Set(images.map(({ status }) => status));
  if (statuses.has("Planned")) return "Planned";
  return statuses.has("Replicated") ? "Replicated" : "InSync";
}

function movedWarning(digest: string, followed = false): string {
  const what = `the source's tag moved to ${digest} while the image was copied`;
  return followed
    ? `${what}; the destination has that, too, and its tag was moved to it`
    : `${what}; start again to copy that`;
}

/**
 * Says how a replication failed, under a stable name: what has none is `Unavailable`, with its own
 * name in the message. The destination is asked what had arrived of the round that failed; when it
 * cannot say, the count of the rounds before stands.
 */
export async function reportFailure(
  { plan, failure }: FailureInput,
  destination: (request: Request) => Destination,
): Promise<FailureReport> {
  const stable = isFailureName(failure.name);
  const cause: FailureCause = {
    side: failure.side,
    operation: failure.operation ?? "RunStep",
    message: stable ? failure.message : `a step ended with ${failure.name}: ${failure.message}`,
    ...(plan && plan.next !== "Untar" && (await standingOf(plan, destination))),
  };
  return { error: stable ? failure.name : "Unavailable", cause: JSON.stringify(cause) };
}

/** Which image it was, and what had arrived. */
async function standingOf(
  plan: Plan,
  destination: (request: Request) => Destination,
): Promise<Pick<FailureCause, "destination" | "copied">> {
  return {
    destination: plan.request.destination,
    copied: { layers: await arrived(plan, destination), images: plan.ended?.images.length ?? 0 },
  };
}

async function arrived(plan: Plan, destination: (request: Request) => Destination): Promise<BlobCounts> {
  // What is made on the way has no digest yet that the destination could be asked for.
  const round = plan.tasks.flatMap(({ blobs }) => blobs.filter(({ make }) => !make));
  const before = addCounts((plan.ended ?? none).layers, plan.layers);
  if (round.length === 0) return before;
  try {
    const missing = await destination(plan.request).missingBlobs(round);
    const there = round.filter((blob) => !missing.includes(blob));
    const { copied, bytesCopied } = before;
    return { ...before, copied: copied + there.length, bytesCopied: bytesCopied + bytesOf(there) };
  } catch (error) {
    // The destination may be what failed; its first failure is the one to report.
    if (error instanceof Failure) return before;
    throw error;
  }
}
