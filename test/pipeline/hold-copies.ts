import type { LocalAws } from "../../local/aws.ts";

/**
 * Keeps the functions that copy layers from reading any until something is done, however long it takes: first they ask
 * which are missing. Then no fault is in force any more.
 */
export async function holdCopies(aws: LocalAws, work: () => Promise<unknown>): Promise<void> {
  const operation = "BatchCheckLayerAvailability";
  aws.faults.add({ service: "ecr", operation, fault: "throttle", times: 1_000 });
  await work();
  aws.faults.clear();
}
