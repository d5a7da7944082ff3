import type { CopyTask } from "../core/model/copy-task.ts";
import type { Root } from "../core/ports.ts";
import { copyLayers } from "../core/steps/copy-layer.ts";
import { sides } from "./sides.ts";
import { type State, step } from "./step.ts";

/** Copies the layers of one task, until they are there or the time is up. */
export const handler = step(
  "copy-layer",
  ({ request, root, task }: State & { root: Root; task: CopyTask }, context) =>
    copyLayers(task, sides.source(request, root.pin), sides.destination(request), {
      timeLeft: () => context.getRemainingTimeInMillis(),
    }),
  ({ paused }) => ({ paused: paused.map(({ digest, from }) => ({ digest, from })) }),
);
