import { openRuleSides } from "../adapters/open-rule.ts";
import type { Totals } from "../core/model/totals.ts";
import { pruneImages } from "../core/steps/prune-images.ts";
import { deletionsOf } from "./run-files.ts";
import { type RunState, runStep } from "./run-step.ts";
import { surroundings } from "./surroundings.ts";

const sides = openRuleSides(surroundings);

/** Deletes at the destination what the rule no longer selects. */
export const handler = runStep(
  "prune-images",
  (state: RunState & { totals: Totals }) => pruneImages(state.run, state.totals, deletionsOf(state), sides),
  ({ deleted, kept, failure }) => ({ deleted, kept, failure }),
);
