import { fork } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { Environment } from "../../local/lambda/environment.ts";

/** What is listed, how long each call is kept waiting, and by which function. */
export interface Listed {
  /** Of each side. */
  readonly images: number;
  readonly repositories: number;
  /** Milliseconds. */
  readonly latency: number;
  /** What the function has, in MiB. */
  readonly memory: number;
}

/** What listing two sides that are in sync took. */
export interface ListingCost extends Listed {
  readonly calls: Readonly<Record<string, number>>;
  readonly seconds: number;
  readonly peakMiB: number;
}

const account = "333333333333";
const region = "eu-central-1";

/** Has the built function compare two sides that are in sync, in an environment of its own; throws an Error when it fails, or finds a difference. */
export async function measureListing(listed: Listed): Promise<ListingCost> {
  const args = [listed.images, listed.repositories, listed.latency].map(String);
  const counterpart = fork(join(import.meta.dirname, "counterpart.ts"), args);
  const [port] = (await once(counterpart, "message")) as [number];
  const environment = environmentOf(port, listed.memory);
  try {
    const invocation = { requestId: "bench", traceId: "", functionArn: "list-images" };
    // Loading the bundle is not a part of it; an event that is none is refused at once.
    await environment.invoke({ ...invocation, event: "{}" }, 900_000);
    const start = performance.now();
    const outcome = await environment.invoke({ ...invocation, event: eventOf(listed) }, 900_000);
    const seconds = (performance.now() - start) / 1_000;
    expectInSync(listed, outcome);
    counterpart.send("calls");
    const [calls] = (await once(counterpart, "message")) as [Record<string, number>];
    return { ...listed, calls, seconds, peakMiB: environment.peakKiB / 1_024 };
  } finally {
    await environment.stop();
    counterpart.kill();
  }
}

function environmentOf(port: number, memoryMiB: number): Environment {
  return new Environment({
    taskRoot: resolve("dist/lambdas/list-images"),
    memoryMiB,
    accessKeyId: account,
    onLog: () => {},
    variables: {
      _HANDLER: "index.handler",
      AWS_ACCESS_KEY_ID: account,
      AWS_SECRET_ACCESS_KEY: "bench",
      AWS_REGION: region,
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMiB),
      LAMBDA_TASK_ROOT: resolve("dist/lambdas/list-images"),
      WORK_BUCKET: "bench",
    },
  });
}

function eventOf({ repositories }: Listed): string {
  const registry = `${account}.dkr.ecr.${region}.amazonaws.com`;
  const name = repositories === 1 ? "r0" : "*";
  const run = { name: "bench", source: `${registry}/from/${name}`, destination: `${registry}/to/${name}` };
  const execution = `arn:aws:states:${region}:${account}:execution:ReplicateImages:bench`;
  return JSON.stringify({ run, execution, startedAt: new Date().toISOString(), redrives: 0 });
}

function expectInSync({ images }: Listed, outcome: Awaited<ReturnType<Environment["invoke"]>>): void {
  if ("error" in outcome) throw new Error(`list-images failed: ${JSON.stringify(outcome.error)}`);
  const { selected, inSync, next } = JSON.parse(outcome.result);
  if (selected !== images || inSync !== images || next !== "TallyImages")
    throw new Error(`list-images found ${outcome.result} in ${images} images that are in sync`);
}
