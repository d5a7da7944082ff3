import { type PlanInput, plan } from "../core/steps/plan.ts";
import { sides } from "./sides.ts";
import { type State, step } from "./step.ts";

/** Compares source and destination and opens the uploads of one round. */
export const handler = step(
  "plan",
  (state: State & PlanInput) => plan(state, sides),
  (planned) => {
    if (planned.next === "Untar") return planned;
    const { next, root, tasks, layers, request } = planned;
    return { next, destination: request.destination, digest: root.digest, tasks: tasks.length, layers };
  },
);
