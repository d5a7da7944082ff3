import { untarSource } from "../adapters/open.ts";
import { step } from "./step.ts";
import { surroundings } from "./surroundings.ts";

/** Inflates a compressed archive into the work bucket, once for all steps that read it. */
export const handler = step(
  "untar",
  ({ request }, context) =>
    untarSource(request, surroundings.workBucket, { timeLeft: () => context.getRemainingTimeInMillis() }),
  (untarred) => untarred,
);
