import { type LocalAws, startLocalAws } from "../../local/aws.ts";
import type { Fault, FaultEffect } from "../../local/faults.ts";
import { accounts, region, roles } from "../account.ts";
import type { Check } from "../check.ts";
import { pushImage } from "../push.ts";
import { createRepository } from "../repositories.ts";
import { compareInterpreters, ownRoot, type Scenario } from "../scenario.ts";

// What each repository has, and how many layers: ten and their config are two tasks of a Map, two are one. No two images have
// anything in common, so that it does not matter which of them is copied first.
const repositories = { one: { "1.0": 2, "1.1": 10, "1.2": 2 }, two: { "2.0": 2 } };

const scenarios: readonly Scenario[] = [
  { name: "copied", end: "Replicated", input: ruleFor("*"), prepare: someInSync },
  {
    name: "retried",
    end: "Replicated",
    input: ruleFor("*"),
    faults: struck("ListImages", "one", { fault: "kill", before: true }),
    prepare: someInSync,
  },
  {
    name: "retried-in-children",
    end: "Replicated",
    input: ruleFor("*"),
    faults: (own) => [
      ...struck("PutImage", "two", { fault: "kill", before: true })(own),
      ...struck("UploadLayerPart", "two", { fault: "kill", before: false })(own),
    ],
  },
  {
    name: "refused-in-child",
    end: "ImagesFailed",
    input: ruleFor("*"),
    faults: struck("UploadLayerPart", "two", { fault: "accessDenied" }, 100),
  },
  {
    name: "never-done-in-child",
    end: "ImagesFailed",
    input: ruleFor("*"),
    faults: struck("PutImage", "two", { fault: "kill", before: true }, 100),
  },
  {
    name: "refused",
    end: "AccessDenied",
    input: ruleFor("one"),
    faults: struck("ListImages", "one", { fault: "accessDenied" }),
  },
  { name: "absent", end: "RepositoryNotFound", input: ruleFor("none") },
  {
    name: "pruned",
    end: "Replicated",
    input: ruleFor("*", { prune: { maxDeletes: 1 } }),
    prepare: someTooMany,
  },
  { name: "in-step", end: "InSync", input: ruleFor("two"), prepare: (aws, own) => push(aws, own, "two") },
];

/**
 * Moto's interpreter runs the deployed definition of a rule as local AWS's own does, with the images of its Distributed Map. What
 * moto lacks of one is added to it by `interop/moto/execute.py`, which lists it.
 */
export const secondInterpreterOfRules: Check = {
  name: "moto runs the state machine of a rule as local AWS does, completed where it lacks parts of a Distributed Map",
  needs: ["python3"],
  run: async ({ directory }) => {
    const aws = await startLocalAws({ assembly: "cdk.out", retryIntervalMillis: 1, concurrency: 2 });
    try {
      for (const name of Object.keys(repositories)) await push(aws, "rules", name, accounts.source);
      return await compareInterpreters({ aws, directory }, "ReplicateImages", scenarios);
    } finally {
      await aws.stop();
    }
  },
};

function ruleFor(repository: string, also: object = {}): Scenario["input"] {
  const registry = (account: string) => `${account}.dkr.ecr.${region}.amazonaws.com`;
  return (own) => ({
    name: own,
    source: `${registry(accounts.source)}/${ownRoot}/rules/${repository}`,
    destination: `${registry(accounts.destination)}/${ownRoot}/${own}/${repository}`,
    sourceRoleArn: roles.source,
    destinationRoleArn: roles.destination,
    createRepository: true,
    ...also,
  });
}

/** Faults on an operation on a repository of the destination. */
function struck(operation: string, name: string, effect: FaultEffect, times = 1): (own: string) => Fault[] {
  return (own) => [
    { service: "ecr", operation, detail: { repositoryName: `${ownRoot}/${own}/${name}` }, times, ...effect },
  ];
}

async function push(aws: LocalAws, own: string, name: string, account = accounts.destination): Promise<void> {
  const repository = await createRepository(aws, account, `${ownRoot}/${own}/${name}`);
  const images = Object.entries(repositories[name as keyof typeof repositories]);
  for (const [tag, layers] of images) await pushImage(repository, tag, layers);
}

async function someInSync(aws: LocalAws, own: string): Promise<string> {
  const repository = await createRepository(aws, accounts.destination, `${ownRoot}/${own}/one`);
  const [tag = "", layers = 0] = Object.entries(repositories.one)[0] ?? [];
  await pushImage(repository, tag, layers);
  return repository;
}

async function someTooMany(aws: LocalAws, own: string): Promise<void> {
  await pushImage(await someInSync(aws, own), "0.9", 1);
}
