import type { Context } from "aws-lambda";
import { openRuleSides } from "../adapters/open-rule.ts";
import type { Totals } from "../core/model/totals.ts";
import { type Pruned, pruneImages } from "../core/steps/prune-images.ts";
import { interruptedPrune } from "./interrupted-prune.ts";
import { deletionsOf } from "./run-files.ts";
import { type RunState, runStep } from "./run-step.ts";
import { surroundings } from "./surroundings.ts";

const sides = openRuleSides(surroundings);

const prune = runStep(
  "prune-images",
  (state: RunState & { totals: Totals }) => pruneImages(state.run, state.totals, deletionsOf(state), sides),
  ({ deleted, kept, failure }) => ({ deleted, kept, failure }),
);

/** Deletes at the destination what the rule no longer selects. */
export async function handler(state: RunState & { totals: Totals }, context: Context): Promise<Pruned> {
  const pruned = await prune(state, context);
  const error = interruptedPrune(pruned);
  if (error) throw error;
  return pruned;
}
