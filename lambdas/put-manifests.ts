import { type PutManifestsInput, putManifests } from "../core/steps/put-manifests.ts";
import { sides } from "./sides.ts";
import { type State, step } from "./step.ts";

/** Puts the manifests of the image under way, the tag last. */
export const handler = step(
  "put-manifests",
  ({ plan }: State & PutManifestsInput) =>
    putManifests({ plan }, sides.source(plan.request, plan.root.pin), sides.destination(plan.request)),
  (put) => put,
);
