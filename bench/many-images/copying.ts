import { CreateRepositoryCommand, ECRClient } from "@aws-sdk/client-ecr";
import type { LocalAws } from "../../local/aws.ts";
import type { HistoryEvent } from "../../local/states/history.ts";
import { env, startReplicator, stateMachineName } from "./deployment.ts";
import { putImage } from "./image.ts";

/** What one run of a rule took, all of its images together. */
export interface RunCost {
  readonly images: number;
  readonly copied: number;
  readonly seconds: number;
  /** States that were entered, and retries, of the run itself and of all its images. */
  readonly transitions: { readonly run: number; readonly images: number };
  /** By the function's place in the template, such as `Plan`. */
  readonly functions: Readonly<Record<string, FunctionCost>>;
  /** Calls that functions made, by service and operation. */
  readonly calls: Readonly<Record<string, number>>;
}

/** What the calls of one function took. */
export interface FunctionCost {
  readonly invocations: number;
  readonly seconds: number;
}

/** So few at once that no function waits for an environment. */
const concurrency = 2;

/** Copies so many images through the deployed state machine, and looks at them again when all are in sync. */
export async function measureCopying(images: number): Promise<{ copying: RunCost; inSync: RunCost }> {
  const aws = await startReplicator();
  try {
    // The environments are started by a first few images.
    await putImages(aws, "warm", 2 * concurrency);
    await measureRun(aws, "warm");
    await putImages(aws, "bench", images);
    return { copying: await measureRun(aws, "bench"), inSync: await measureRun(aws, "bench") };
  } finally {
    await aws.stop();
  }
}

async function putImages(aws: LocalAws, name: string, images: number): Promise<void> {
  const client = new ECRClient({
    endpoint: aws.endpoint,
    region: env.region,
    credentials: { accessKeyId: env.account, secretAccessKey: "bench" },
  });
  for (const side of ["from", "to"]) {
    await client.send(new CreateRepositoryCommand({ repositoryName: `${side}/${name}` }));
  }
  for (let number = 0; number < images; number++) await putImage(aws, `from/${name}`, `v${number}`);
}

async function measureRun(aws: LocalAws, name: string): Promise<RunCost> {
  aws.calls.length = 0;
  const registry = `${env.account}.dkr.ecr.${env.region}.amazonaws.com`;
  const rule = {
    name,
    source: `${registry}/from/${name}`,
    destination: `${registry}/to/${name}`,
    concurrency,
  };
  const machine = aws.states.machine(
    `arn:aws:states:${env.region}:${env.account}:stateMachine:${stateMachineName}`,
  );
  const execution = aws.states.start(machine, JSON.stringify(rule));
  const ending = await execution.ended;
  if (ending.status !== "SUCCEEDED") throw new Error(`the run ended as ${JSON.stringify(ending)}`);
  const { images, seconds } = JSON.parse(ending.output);
  const children = aws.states.mapRunsOf(execution.arn).flatMap((mapRun) => mapRun.children);
  const own = execution.run.history.events;
  const ofImages = children.flatMap(({ run }) => run.history.events);
  return {
    images: images.selected,
    copied: images.copied,
    seconds,
    transitions: { run: transitionsIn(own), images: transitionsIn(ofImages) },
    functions: functionsIn([own, ...children.map(({ run }) => run.history.events)]),
    calls: callsOf(aws),
  };
}

/** Each state that is entered, and each retry (AWS Step Functions Pricing). */
function transitionsIn(events: readonly HistoryEvent[]): number {
  const count = (ending: string) => events.filter(({ type }) => type.endsWith(ending)).length;
  return count("StateEntered") + count("LambdaFunctionScheduled") - count("TaskStateEntered");
}

/** The time of each call from when it was scheduled: nothing waits, and local AWS has no queues between. */
function functionsIn(histories: readonly (readonly HistoryEvent[])[]): Record<string, FunctionCost> {
  const costs: Record<string, FunctionCost> = {};
  for (const events of histories) {
    const byId = new Map(events.map((event) => [event.id, event]));
    for (const event of events.filter(({ type }) => type === "LambdaFunctionSucceeded")) {
      let scheduled: HistoryEvent | undefined = event;
      while (scheduled && scheduled.type !== "LambdaFunctionScheduled")
        scheduled = byId.get(scheduled.previousEventId);
      if (!scheduled) throw new Error(`event ${event.id} is the end of no call`);
      const name = functionOf(scheduled);
      const { invocations, seconds } = costs[name] ?? { invocations: 0, seconds: 0 };
      const more = event.timestamp - scheduled.timestamp;
      costs[name] = { invocations: invocations + 1, seconds: seconds + more };
    }
  }
  return costs;
}

function functionOf(event: HistoryEvent): string {
  const { resource } = event["lambdaFunctionScheduledEventDetails"] as { resource: string };
  return resource.slice(resource.lastIndexOf(":") + 1);
}

function callsOf({ calls }: LocalAws): Record<string, number> {
  const made = calls.filter(({ service }) => service !== "lambda" && service !== "states");
  const names = made.map(({ service, operation }) => `${service} ${operation}`);
  return Object.fromEntries([...Map.groupBy(names, (name) => name)].map(([name, all]) => [name, all.length]));
}
