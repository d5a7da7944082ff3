import { openDestination, openSource } from "../adapters/open.ts";
import { type PlanInput, plan } from "../core/steps/plan.ts";
import { type State, step } from "./step.ts";

/** Compares source and destination and opens the uploads of one round. */
export const handler = step(
  "plan",
  (state: State & PlanInput) =>
    plan(state, openSource(state.request, state.plan?.root), openDestination(state.request)),
  ({ next, root, tasks, layers }) => ({ next, digest: root.digest, tasks: tasks.length, layers }),
);
