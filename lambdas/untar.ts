import { untarSource } from "../adapters/open.ts";
import { workBucket } from "./sides.ts";
import { step } from "./step.ts";

/** Inflates a compressed archive into the work bucket, once for all steps that read it. */
export const handler = step(
  "untar",
  ({ request }, context) =>
    untarSource(request, workBucket, { timeLeft: () => context.getRemainingTimeInMillis() }),
  (untarred) => untarred,
);
