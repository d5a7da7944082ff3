import { scheduleOf } from "./create-schedule.ts";
import type { DeployTargets } from "./deploy.ts";
import { type NamedResource, ofType } from "./resource-type.ts";
import { arnOf } from "./resource-types.ts";

/** Creates the schedules, whose state machines have to be there. */
export function deploySchedules(all: readonly NamedResource[], targets: DeployTargets): void {
  const { schedules, executions, queues, roles } = targets;
  const groups = ofType(all, "AWS::Scheduler::ScheduleGroup").map(arnOf);
  const known = {
    hasGroup: (arn: string) => groups.includes(arn),
    hasMachine: (arn: string) => executions.machines().some((machine) => machine.arn === arn),
    hasQueue: (arn: string) => queues.has(arn),
    roles,
  };
  for (const schedule of ofType(all, "AWS::Scheduler::Schedule")) schedules.add(scheduleOf(schedule, known));
}
