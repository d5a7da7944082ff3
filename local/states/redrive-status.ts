import type { Execution } from "./executions.ts";

/** Whether an execution can be redriven, and if not why, in the words of the API reference (DescribeExecution). */
export interface RedriveStatus {
  readonly redriveStatus: "REDRIVABLE" | "NOT_REDRIVABLE";
  readonly redriveStatusReason?: string;
}

// A redriven execution needs at least one event more (developer guide, "Restarting state machine executions with redrive").
const MOST_EVENTS = 24_999;

/** Tells whether an execution, or for a child its Map Run, can be redriven. */
export function redriveStatus({ ending, run }: Execution): RedriveStatus {
  const status = ending?.status ?? "RUNNING";
  if (status === "RUNNING" || status === "SUCCEEDED")
    return notRedrivable(`Execution is ${status} and cannot be redriven`);
  if (run.history.length >= MOST_EVENTS) return notRedrivable("Execution history event limit exceeded");
  return { redriveStatus: "REDRIVABLE" };
}

function notRedrivable(redriveStatusReason: string): RedriveStatus {
  return { redriveStatus: "NOT_REDRIVABLE", redriveStatusReason };
}
