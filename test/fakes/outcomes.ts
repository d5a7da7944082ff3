import type { Listing } from "../../core/model/listing.ts";
import type { Report } from "../../core/model/report.ts";
import type { FailedImage } from "../../core/model/run-report.ts";
import { noTotals } from "../../core/model/totals.ts";
import { hosts } from "./rule-run.ts";

/** A comparison that has found what is said, and nothing else. */
export function listingOf(found: Partial<Listing> = {}): Listing {
  return { ...noTotals().listing, ...found };
}

/** How an image ended that was copied, or as is said. */
export function reportOf(tag: string, ended: Partial<Report> = {}): Report {
  return {
    status: "Replicated",
    source: `${hosts.source}/team/app:${tag}@sha256:${"0".repeat(64)}`,
    destination: `${hosts.destination}/mirror/app:${tag}`,
    digest: `sha256:${"0".repeat(64)}`,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    manifests: { copied: 1, present: 2 },
    layers: { copied: 3, present: 4, bytesCopied: 500, bytesPresent: 600 },
    referrers: { copied: 0, present: 0, refused: 0, artifacts: [] },
    warnings: [],
    startedAt: "2026-03-01T00:00:00.000Z",
    seconds: 1,
    ...ended,
  };
}

/** How an image ended that failed. */
export function failedImage(tag: string, error = "AccessDenied", message = "no"): FailedImage {
  return {
    source: `${hosts.source}/team/app:${tag}`,
    destination: `${hosts.destination}/mirror/app:${tag}`,
    error,
    message,
  };
}

/** Some outcomes, one after the other. */
export async function* eachOf<T>(...items: readonly T[]): AsyncIterable<T> {
  yield* items;
}
