import { openDestination, openSource } from "../adapters/open.ts";
import { type PutManifestsInput, putManifests } from "../core/steps/put-manifests.ts";
import { type State, step } from "./step.ts";

/** Puts the manifests of the image under way, the tag last. */
export const handler = step(
  "put-manifests",
  ({ plan }: State & PutManifestsInput) =>
    putManifests({ plan }, openSource(plan.request, plan.root.pin), openDestination(plan.request)),
  (put) => put,
);
