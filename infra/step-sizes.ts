import { Duration } from "aws-cdk-lib";
import { checkRange } from "./number-range.ts";
import type { StepName } from "./permissions.ts";
import type { StepProps } from "./step.ts";

/** What can be said of the functions' sizes. */
export interface SizeProps {
  readonly copyLayerMemory?: number;
  readonly untarMemory?: number;
  readonly copyLayerTimeout?: Duration;
}

/** The memory and the time of each function. Throws an Error that names the prop that is out of its range. */
export function sizesOf(
  props: SizeProps,
): Readonly<Record<StepName, Pick<StepProps, "description" | "memory" | "timeout">>> {
  const { copyLayerMemory = 512, untarMemory = 1769, copyLayerTimeout = Duration.minutes(15) } = props;
  checkRange("copyLayerMemory", copyLayerMemory, { min: 256, max: 10_240 });
  checkRange("untarMemory", untarMemory, { min: 512, max: 10_240 });
  checkRange("copyLayerTimeout in seconds", copyLayerTimeout.toSeconds(), { min: 180, max: 900 });
  return {
    plan: {
      description: "Finds out what is missing at the destination",
      memory: 512,
      timeout: Duration.minutes(5),
    },
    untar: {
      description: "Inflates a compressed archive",
      memory: untarMemory,
      timeout: Duration.minutes(15),
    },
    "copy-layer": { description: "Copies layers", memory: copyLayerMemory, timeout: copyLayerTimeout },
    "put-manifests": {
      description: "Puts the manifests and moves the tag",
      memory: 512,
      timeout: Duration.minutes(15),
    },
    report: {
      description: "Reports what was copied, or what went wrong",
      memory: 256,
      timeout: Duration.minutes(1),
    },
    "list-images": {
      description: "Compares the two sides of a rule",
      memory: 1024,
      timeout: Duration.minutes(15),
    },
    "tally-images": {
      description: "Adds up how the images of a run ended",
      memory: 512,
      timeout: Duration.minutes(15),
    },
    "prune-images": {
      description: "Deletes what a rule no longer selects",
      memory: 512,
      timeout: Duration.minutes(15),
    },
    "finish-images": {
      description: "Reports how a run ended",
      memory: 512,
      timeout: Duration.minutes(5),
    },
  };
}
