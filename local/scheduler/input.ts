import type { Schedule } from "./schedule.ts";

/** One run of a schedule. */
export interface Run {
  readonly id: string;
  readonly at: Date;
}

/** The execution's input: the schedule's, its context attributes replaced (EventBridge Scheduler user guide, "Adding context attributes"), or Scheduler's event. */
export function inputOf(schedule: Schedule, run: Run): string {
  const time = run.at.toISOString().replace(/\.\d+Z$/, "Z");
  if (schedule.input === undefined) return eventOf(schedule, { id: run.id, time });
  return schedule.input
    .replaceAll("<aws.scheduler.schedule-arn>", schedule.arn)
    .replaceAll("<aws.scheduler.scheduled-time>", time)
    .replaceAll("<aws.scheduler.execution-id>", run.id)
    .replaceAll("<aws.scheduler.attempt-number>", "1");
}

function eventOf({ arn, account, region }: Schedule, { id, time }: { id: string; time: string }): string {
  return JSON.stringify({
    version: "0",
    id,
    "detail-type": "Scheduled Event",
    source: "aws.scheduler",
    account,
    time,
    region,
    resources: [arn],
    // A text, as Scheduler writes it.
    detail: "{}",
  });
}
