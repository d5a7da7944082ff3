import type { Estimate } from "./run-report.ts";

/*
 * What copying takes, by list prices of us-east-1 (2026: Step Functions, Lambda on arm64), and by what was measured: see
 * bench/README.md. It tells a minute from a day, and a cent from a hundred dollars.
 */

const prices = { transition: 0.025 / 1_000, gigabyteSecond: 0.0000133334, request: 0.2 / 1_000_000 };

/** Of ECR, for one account and Region: PutImage calls in a second (ECR service quotas). */
const manifestsPerSecond = 10;

/** What one function carries, in bytes a second. */
const bandwidth = 50 * 1024 * 1024;

/** Of one image. */
const tasksAtOnce = 40;

/** What an image takes whatever its size: five functions, one after the other. */
const secondsPerImage = 4;

/** Of the functions that copy, in GiB. */
const memory = 0.5;

/** What a plan adds up to. */
export interface Work {
  readonly images: number;
  readonly tasks: number;
  readonly manifests: number;
  readonly bytes: number;
  /** How many images are copied at once. */
  readonly concurrency: number;
}

/** What a run takes that copies so much. */
export function estimate({ images, tasks, manifests, bytes, concurrency }: Work): Estimate {
  // Each image passes eight states beside its tasks, and the run eight itself.
  const transitions = 8 + images * 8 + tasks;
  const workers = Math.max(1, Math.min(concurrency, images));
  const seconds = Math.max(
    manifests / manifestsPerSecond,
    (images * secondsPerImage) / workers,
    bytes / (bandwidth * Math.max(1, Math.min(tasks, workers * tasksAtOnce))),
  );
  const compute = images * secondsPerImage + bytes / bandwidth;
  const cost =
    transitions * prices.transition +
    compute * memory * prices.gigabyteSecond +
    (images * 4 + tasks) * prices.request;
  return { seconds: Math.ceil(seconds), cost: Math.ceil(cost * 100) / 100, transitions };
}
