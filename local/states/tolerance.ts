import type { MapSettings } from "./distributed-map.ts";
import { Failure } from "./failure.ts";

/** How many children of a Map Run may fail. */
export interface Tolerance {
  readonly count: number | undefined;
  /** 0 to 100. */
  readonly percentage: number | undefined;
}

/** Reads a map's tolerated failures; throws States.Runtime when they are no numbers of their range. */
export function toleranceOf(settings: MapSettings): Tolerance {
  const { toleratedFailureCount: count, toleratedFailurePercentage: percentage } = settings;
  if (count !== undefined && !(Number.isInteger(count) && Number(count) >= 0))
    throw invalid(
      `ToleratedFailureCount is ${JSON.stringify(count)}; a whole number from 0 would be accepted`,
    );
  if (percentage !== undefined && !(typeof percentage === "number" && percentage >= 0 && percentage <= 100))
    throw invalid(`ToleratedFailurePercentage is ${JSON.stringify(percentage)}; 0 to 100 would be accepted`);
  return { count: count as number | undefined, percentage: percentage as number | undefined };
}

/** Whether so many failures are more than is tolerated; each limit that is given holds, and without any none may fail. */
export function exceeds({ count, percentage }: Tolerance, failed: number, total: number): boolean {
  if (count === undefined && percentage === undefined) return failed > 0;
  if (count !== undefined && failed > count) return true;
  return percentage !== undefined && failed * 100 > percentage * total;
}

/** Children at work at a time as the map wants it, where 0 is Step Functions' most; throws States.Runtime. */
export function concurrencyOf({ maxConcurrency = 0 }: MapSettings): number {
  if (!Number.isInteger(maxConcurrency) || Number(maxConcurrency) < 0)
    throw invalid(
      `MaxConcurrency is ${JSON.stringify(maxConcurrency)}; a whole number from 0 would be accepted`,
    );
  return Number(maxConcurrency);
}

function invalid(cause: string): Failure {
  return new Failure("States.Runtime", cause, { terminal: true });
}
