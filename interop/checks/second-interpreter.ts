import assert from "node:assert/strict";
import { CreateRepositoryCommand, ECRClient } from "@aws-sdk/client-ecr";
import { type LocalAws, startLocalAws } from "../../local/aws.ts";
import type { Fault } from "../../local/faults.ts";
import { accounts, region, roles } from "../account.ts";
import type { Check } from "../check.ts";
import { ecrName } from "../image.ts";
import {
  type Ended,
  type Interpreter,
  motoInterpreter,
  ownInterpreter,
  type Started,
} from "../interpreter.ts";
import { passageOf } from "../passage.ts";
import { pushBlob, pushManifest } from "../push.ts";

/** An execution that both interpreters run, each with a destination of its own. */
interface Scenario {
  readonly name: string;
  /** The tag of the source, and in a word how the execution has to end. */
  readonly tag: keyof typeof layers | "none";
  readonly end: string;
  /** What strikes calls to the destination. */
  readonly fault?: Pick<Fault, "operation" | "fault"> & Record<string, unknown>;
}

// Ten layers and their config are two tasks of a Map; two layers are one.
const layers = { many: 10, few: 2 };
const source = { account: accounts.source, region, repository: "interop/interpreted" };

const scenarios: readonly Scenario[] = [
  { name: "copied", tag: "many", end: "Replicated" },
  {
    name: "retried",
    tag: "few",
    end: "Replicated",
    fault: { operation: "PutImage", fault: "kill", before: true },
  },
  {
    name: "retried-in-map",
    tag: "few",
    end: "Replicated",
    fault: { operation: "UploadLayerPart", fault: "kill", before: false },
  },
  {
    name: "never-done",
    tag: "few",
    end: "Unavailable",
    fault: { operation: "PutImage", fault: "kill", before: true, times: 100 },
  },
  { name: "absent", tag: "none", end: "SourceNotFound" },
  {
    name: "refused-in-map",
    tag: "few",
    end: "AccessDenied",
    fault: { operation: "UploadLayerPart", fault: "accessDenied", times: 100 },
  },
];

/**
 * Moto's interpreter runs the deployed definition as local AWS's own does: the same outputs and errors, the same states with the
 * same inputs and outputs, the same events to the functions. Both run the real functions, without the pauses before retries.
 */
export const secondInterpreter: Check = {
  name: "moto runs the state machine as local AWS does: what is copied, what is retried and what fails",
  needs: ["python3"],
  run: async ({ directory }) => {
    const aws = await startLocalAws({ assembly: "cdk.out", retryIntervalMillis: 1 });
    try {
      await pushSources(aws);
      const theirs = await replicated(aws, motoInterpreter(aws, directory), "moto");
      const ours = await replicated(aws, ownInterpreter(aws), "ours");
      const events = scenarios.map((scenario, at) => compared(scenario, ours[at], theirs[at]));
      return `${scenarios.length} executions, ${events.reduce((sum, count) => sum + count, 0)} events`;
    } finally {
      await aws.stop();
    }
  },
};

/** Runs every scenario on one interpreter. */
async function replicated(aws: LocalAws, interpreter: Interpreter, own: string): Promise<Ended[]> {
  const machine = aws.states.machines().find(({ name }) => name === "ReplicateImage");
  assert.ok(machine, "there is no state machine ReplicateImage");
  for (const scenario of scenarios) {
    if (!scenario.fault) continue;
    const detail = { repositoryName: repositoryOf(scenario, own) };
    aws.faults.add({ ...scenario.fault, service: "ecr", detail } as Fault);
  }
  const ended = await interpreter(
    machine,
    scenarios.map((scenario) => started(scenario, own)),
  );
  const unused = aws.faults.list().filter(({ struck }) => struck === 0);
  assert.deepEqual(unused, [], "a fault struck nothing");
  return ended;
}

function started(scenario: Scenario, own: string): Started {
  const destination = { account: accounts.destination, region, tag: "copy" };
  const input = {
    source: ecrName({ ...source, tag: scenario.tag }),
    destination: ecrName({ ...destination, repository: repositoryOf(scenario, own) }),
    sourceRoleArn: roles.source,
    destinationRoleArn: roles.destination,
    createRepository: true,
  };
  return { name: scenario.name, input: JSON.stringify(input) };
}

function repositoryOf({ name }: Scenario, own: string): string {
  return `interop/${name}-${own}`;
}

/** Throws AssertionError unless both ended as they had to, and in the same way: how many events they have in common. */
function compared(scenario: Scenario, ours: Ended | undefined, theirs: Ended | undefined): number {
  assert.ok(ours && theirs, `${scenario.name}: was not run`);
  for (const { output, error, cause } of [ours, theirs]) {
    assert.equal(error ?? JSON.parse(output ?? "{}").status, scenario.end, `${scenario.name}: ${cause}`);
  }
  const passage = passageOf(ours, repositoryOf(scenario, "ours"));
  assert.deepEqual(passageOf(theirs, repositoryOf(scenario, "moto")), passage, scenario.name);
  return passage.length;
}

async function pushSources(aws: LocalAws): Promise<void> {
  const credentials = { accessKeyId: source.account, secretAccessKey: "any" };
  const ecr = new ECRClient({ endpoint: aws.endpoint, region, credentials });
  await ecr.send(new CreateRepositoryCommand({ repositoryName: source.repository }));
  const repository = `${aws.endpoint}/v2/${source.account}/${region}/${source.repository}`;
  for (const [tag, count] of Object.entries(layers)) await pushImage(repository, tag, count);
}

async function pushImage(repository: string, tag: string, count: number): Promise<void> {
  const image = "application/vnd.oci.image";
  const contents = Array.from({ length: count }, (_, at) => Buffer.from(`layer ${at} of ${tag}`));
  const pushed = contents.map((each) => pushBlob(repository, each, `${image}.layer.v1.tar`));
  const config = await pushBlob(repository, Buffer.from('{"os":"linux"}'), `${image}.config.v1+json`);
  const mediaType = `${image}.manifest.v1+json`;
  await pushManifest(repository, tag, {
    schemaVersion: 2,
    mediaType,
    config,
    layers: await Promise.all(pushed),
  });
}
