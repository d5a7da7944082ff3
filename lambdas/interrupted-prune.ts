import type { Pruned } from "../core/steps/prune-images.ts";
import { type Caught, thrownIn } from "./step-failure.ts";

/**
 * The error that lets the state try a prune again, when what ended it may pass: undefined when nothing ended it, or what
 * did will not pass. It says how much was deleted before, since when no try is left it is all that is known of the prune.
 */
export function interruptedPrune(pruned: Pruned): Error | undefined {
  const { failure } = pruned;
  if (failure?.name !== "Throttled" && failure?.name !== "Unavailable") return undefined;
  // Step Functions has room for 32,768 characters of it, and names are long.
  const told: Pruned = { ...pruned, examples: [], warnings: [] };
  const error = new Error(
    JSON.stringify({ operation: "PruneImages", message: failure.message, pruned: told }),
  );
  error.name = failure.name;
  error.stack = "";
  return error;
}

/** What a prune had done when its last try ended; undefined when something else was caught. */
export function prunedBefore(caught: Caught): Pruned | undefined {
  return thrownIn(caught)["pruned"] as Pruned | undefined;
}
