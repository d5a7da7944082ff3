import { openSides } from "../adapters/open.ts";

/** The bucket that compressed archives are inflated into; undefined where a function has none. */
export const workBucket = process.env["WORK_BUCKET"];

/** What opens the two sides in a function. Only local AWS, whose registries are on this machine, allows what is insecure. */
export const sides = openSides({
  workBucket,
  allowInsecure: process.env["ECR_REPLICATOR_ALLOW_INSECURE"] === "true",
});
