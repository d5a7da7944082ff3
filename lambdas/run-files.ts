import { readLines } from "../adapters/clients/work-list.ts";
import type { Totals } from "../core/model/totals.ts";
import type { Deletion } from "../core/ports.ts";
import type { RunState } from "./run-step.ts";

/** The bucket in which runs keep their lists and results. */
export const workBucket = process.env["WORK_BUCKET"] ?? "";

/** Where in the work bucket a run keeps what it has found, and what came of it: rounds are counted from 0. */
export function filesOf({ run, execution, redrives }: Pick<RunState, "run" | "execution" | "redrives">) {
  // What pushes start has the same name in every replicator that has the rule, and they may share the bucket.
  const [name, machine] = execution.split(":").toReversed();
  const prefix = `runs/${machine}/${run.name}/${name}${redrives > 0 ? `/redrive-${redrives}` : ""}`;
  const round = (number: number) => `${prefix}/${number}`;
  return {
    prefix,
    firsts: (number: number) => `${round(number)}/firsts.jsonl`,
    copies: (number: number) => `${round(number)}/copies.jsonl`,
    deletions: (number: number) => `${round(number)}/deletions.jsonl`,
    results: (number: number) => `${round(number)}/results`,
    report: `${prefix}/report.json`,
  };
}

/** The deletions that the rounds of a run have listed. */
export async function* deletionsOf(state: RunState & { totals: Totals }): AsyncIterable<Deletion> {
  const files = filesOf(state);
  for (const round of state.totals.pruning) {
    for await (const line of readLines(workBucket, files.deletions(round)))
      yield JSON.parse(line) as Deletion;
  }
}
