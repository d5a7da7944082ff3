import type { Execution } from "./executions.ts";
import type { Machine } from "./machine.ts";
import type { MapRun } from "./map-run.ts";
import { redriveStatus } from "./redrive-status.ts";

/** An execution as ListExecutions shows it. */
export function summary(execution: Execution) {
  const { arn, name, machine, startedAt, stoppedAt, mapRun, redriveCount, redrivenAt } = execution;
  return {
    executionArn: arn,
    stateMachineArn: machine.arn,
    name,
    status: mapRun?.statusOf(execution) ?? execution.ending?.status ?? "RUNNING",
    startDate: seconds(startedAt),
    stopDate: stoppedAt && seconds(stoppedAt),
    mapRunArn: mapRun?.arn,
    redriveCount,
    redriveDate: redrivenAt && seconds(redrivenAt),
  };
}

/** An execution as DescribeExecution shows it. */
export function describeExecution(execution: Execution): object {
  const { status, ...outcome } = execution.ending ?? { status: "RUNNING" };
  const included = { included: true };
  return {
    ...summary(execution),
    input: execution.input,
    inputDetails: included,
    ...outcome,
    ...(status === "SUCCEEDED" && { outputDetails: included }),
    ...redriveStatus(execution),
  };
}

/** A state machine as ListStateMachines shows it. */
export function summaryOfMachine({ arn, name, createdAt }: Machine) {
  return { stateMachineArn: arn, name, type: "STANDARD", creationDate: seconds(createdAt) };
}

/** A state machine as DescribeStateMachine shows it. */
export function describeMachine(machine: Machine): object {
  return {
    ...summaryOfMachine(machine),
    status: "ACTIVE",
    definition: machine.definition,
    roleArn: machine.role.arn,
    loggingConfiguration: { level: "OFF", includeExecutionData: false },
    tracingConfiguration: { enabled: false },
  };
}

/** A Map Run as ListMapRuns shows it. */
export function summaryOfMapRun({ arn, executionArn, machine, startedAt, stoppedAt }: MapRun) {
  return {
    mapRunArn: arn,
    executionArn,
    stateMachineArn: machine.arn,
    startDate: seconds(startedAt),
    stopDate: stoppedAt && seconds(stoppedAt),
  };
}

/** A Map Run as DescribeMapRun shows it. */
export function describeMapRun(mapRun: MapRun): object {
  const { stateMachineArn, ...own } = summaryOfMapRun(mapRun);
  const { status, maxConcurrency, tolerance, redriveCount, redrivenAt } = mapRun;
  const counts = countsOf(mapRun);
  return {
    ...own,
    status,
    maxConcurrency,
    toleratedFailureCount: tolerance.count ?? 0,
    toleratedFailurePercentage: tolerance.percentage ?? 0,
    // Without an ItemBatcher every item has a child of its own.
    itemCounts: counts,
    executionCounts: counts,
    redriveCount,
    redriveDate: redrivenAt && seconds(redrivenAt),
  };
}

function countsOf(mapRun: MapRun): object {
  const { children, total, resultsWritten } = mapRun;
  const counts: Record<string, number> = {};
  let failuresNotRedrivable = 0;
  for (const child of children) {
    const status = mapRun.statusOf(child);
    counts[status] = (counts[status] ?? 0) + 1;
    const unsuccessful = child.ending && child.ending.status !== "SUCCEEDED";
    if (unsuccessful && redriveStatus(child).redriveStatus === "NOT_REDRIVABLE") failuresNotRedrivable += 1;
  }
  const count = (status: string) => counts[status] ?? 0;
  return {
    pending: total - children.length,
    running: count("RUNNING"),
    succeeded: count("SUCCEEDED"),
    failed: count("FAILED"),
    timedOut: count("TIMED_OUT"),
    aborted: count("ABORTED"),
    total,
    resultsWritten,
    failuresNotRedrivable,
    pendingRedrive: count("PENDING_REDRIVE"),
  };
}

/** A time as AWS JSON has it: seconds since 1970. */
export function seconds(date: Date): number {
  return date.getTime() / 1000;
}
