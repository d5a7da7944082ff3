import { type LocalAws, startLocalAws } from "../../local/aws.ts";
import type { Fault, FaultEffect } from "../../local/faults.ts";
import { accounts, region, roles } from "../account.ts";
import type { Check } from "../check.ts";
import { ecrName } from "../image.ts";
import { pushImage } from "../push.ts";
import { createRepository } from "../repositories.ts";
import { compareInterpreters, ownRoot, type Scenario } from "../scenario.ts";

// How many layers the image of each tag has: ten and their config are two tasks of a Map, two are one.
const layers = { many: 10, few: 2 };
const source = { account: accounts.source, region, repository: "interop/interpreted" };

const scenarios: readonly Scenario[] = [
  { name: "copied", end: "Replicated", input: requestFor("many") },
  {
    name: "retried",
    end: "Replicated",
    input: requestFor("few"),
    faults: struck("PutImage", { fault: "kill", before: true }),
  },
  {
    name: "retried-in-map",
    end: "Replicated",
    input: requestFor("few"),
    faults: struck("UploadLayerPart", { fault: "kill", before: false }),
  },
  {
    name: "never-done",
    end: "Unavailable",
    input: requestFor("few"),
    faults: struck("PutImage", { fault: "kill", before: true }, 100),
  },
  { name: "absent", end: "SourceNotFound", input: requestFor("none") },
  {
    name: "refused-in-map",
    end: "AccessDenied",
    input: requestFor("few"),
    faults: struck("UploadLayerPart", { fault: "accessDenied" }, 100),
  },
];

/**
 * Moto's interpreter runs the deployed definition as local AWS's own does: the same outputs and errors, the same states with the
 * same inputs and outputs, the same events to the functions. Both run the real functions, without the pauses before retries.
 */
export const secondInterpreter: Check = {
  name: "moto runs the state machine of an image as local AWS does: what is copied, what is retried and what fails",
  needs: ["python3"],
  run: async ({ directory }) => {
    const aws = await startLocalAws({ assembly: "cdk.out", retryIntervalMillis: 1 });
    try {
      await pushSources(aws);
      return await compareInterpreters({ aws, directory }, "ReplicateImage", scenarios);
    } finally {
      await aws.stop();
    }
  },
};

function requestFor(tag: keyof typeof layers | "none"): Scenario["input"] {
  return (own) => ({
    source: ecrName({ ...source, tag }),
    destination: ecrName({
      account: accounts.destination,
      region,
      repository: `${ownRoot}/${own}`,
      tag: "copy",
    }),
    sourceRoleArn: roles.source,
    destinationRoleArn: roles.destination,
    createRepository: true,
  });
}

/** Faults on an operation on the destination. */
function struck(operation: string, effect: FaultEffect, times = 1): (own: string) => Fault[] {
  return (own) => [
    { service: "ecr", operation, detail: { repositoryName: `${ownRoot}/${own}` }, times, ...effect },
  ];
}

async function pushSources(aws: LocalAws): Promise<void> {
  const repository = await createRepository(aws, source.account, source.repository);
  for (const [tag, count] of Object.entries(layers)) await pushImage(repository, tag, count);
}
