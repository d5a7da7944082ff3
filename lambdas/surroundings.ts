import type { Surroundings } from "../adapters/open.ts";

/** What opening the two sides needs in a function. Only local AWS, whose registries are on this machine, allows what is insecure. */
export const surroundings: Surroundings = {
  /** The bucket that compressed archives are inflated into; undefined where a function has none. */
  workBucket: process.env["WORK_BUCKET"],
  allowInsecure: process.env["ECR_REPLICATOR_ALLOW_INSECURE"] === "true",
};
