import { openRuleSides } from "../adapters/open-rule.ts";
import type { Run } from "../core/model/run.ts";
import { type RunEnding, type RunWatch, replicateRule } from "../core/replicate-rule.ts";
import { credentialsOfUser } from "./docker-config.ts";

/** Images copied at once: an image is some ten calls, one after the other, and its layers wait for a worker. */
const images = 8;

/** Layers copied at once: more do not make one machine's line faster, and each holds two parts in memory. */
const workers = 6;

/** Runs a rule from this process, with its own credentials and those that docker has for registries. Throws Failure. */
export function runHere(run: Run, watch: RunWatch, allowInsecure: boolean): Promise<RunEnding> {
  const sides = openRuleSides({ allowInsecure, credentialsOf: credentialsOfUser });
  return replicateRule(run, sides, { now: () => new Date(), images, workers, watch });
}
