import { openDestination, openSource } from "../adapters/open.ts";
import { type PutManifestsInput, putManifests } from "../core/steps/put-manifests.ts";
import { type State, step } from "./step.ts";

/** Puts the manifests, the tag last. */
export const handler = step(
  "put-manifests",
  (state: State & PutManifestsInput) =>
    putManifests(state, openSource(state.request, state.plan.root), openDestination(state.request)),
  (put) => put,
);
