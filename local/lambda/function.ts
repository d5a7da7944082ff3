import { randomUUID } from "node:crypto";
import type { FunctionDefinition } from "./definition.ts";
import type { Environment, Outcome } from "./environment.ts";
import type { FunctionError } from "./protocol.ts";

/** What a test may want to know of a function. */
export interface FunctionStatistics {
  readonly name: string;
  readonly arn: string;
  readonly invocations: number;
  readonly failures: number;
  /** Environments started, which is the number of cold starts. */
  readonly environments: number;
  /** Largest resident memory that any environment had, in KiB. */
  readonly peakKiB: number;
}

// Lambda's quota for the answer of a synchronous invocation.
const PAYLOAD_LIMIT = 6 * 1024 * 1024;

/** A deployed function: reuses idle environments, starts more up to a cap and queues beyond it. */
export class LambdaFunction {
  readonly definition: FunctionDefinition;
  readonly #startEnvironment: () => Environment;
  readonly #cap: number;
  readonly #waiting: ((environment: Environment) => void)[] = [];
  #environments: Environment[] = [];
  readonly #idle = new Set<Environment>();
  #stopped = false;
  #counts = { invocations: 0, failures: 0, environments: 0, peakKiB: 0 };

  constructor(definition: FunctionDefinition, startEnvironment: () => Environment, cap: number) {
    this.definition = definition;
    this.#startEnvironment = startEnvironment;
    this.#cap = cap;
  }

  /** Runs the function on a JSON text; a request that is tried again keeps its id. */
  async invoke(event: string, requestId: string = randomUUID()): Promise<Outcome> {
    this.#counts.invocations += 1;
    const environment = await this.#acquire();
    const traceId = `Root=1-${Math.floor(Date.now() / 1000).toString(16)}-${randomUUID().replaceAll("-", "").slice(0, 24)};Sampled=0`;
    const invocation = { requestId, event, functionArn: this.definition.arn, traceId };
    const outcome = limited(await environment.invoke(invocation, this.definition.timeoutMillis));
    if ("error" in outcome) this.#counts.failures += 1;
    this.#release(environment);
    return outcome;
  }

  /** Kills the environment with this access key; false when this function has none such. */
  kill(accessKeyId: string): boolean {
    const environment = this.#environments.find((candidate) => candidate.accessKeyId === accessKeyId);
    environment?.kill();
    return environment !== undefined;
  }

  statistics(): FunctionStatistics {
    for (const environment of this.#environments) this.#notePeak(environment);
    return { name: this.definition.name, arn: this.definition.arn, ...this.#counts };
  }

  /** Kills every environment; what waits for one is never answered. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#environments.map((environment) => environment.stop()));
  }

  #acquire(): Promise<Environment> {
    if (this.#stopped) return new Promise(() => {});
    for (const environment of [...this.#idle]) {
      this.#idle.delete(environment);
      if (environment.alive) return Promise.resolve(environment);
      this.#bury(environment);
    }
    if (this.#environments.length < this.#cap) return Promise.resolve(this.#start());
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #release(environment: Environment): void {
    if (this.#stopped) return;
    const next = this.#waiting.shift();
    const usable = environment.alive;
    if (!usable) this.#bury(environment);
    if (next) next(usable ? environment : this.#start());
    else if (usable) this.#idle.add(environment);
  }

  #start(): Environment {
    const environment = this.#startEnvironment();
    this.#environments.push(environment);
    this.#counts.environments += 1;
    return environment;
  }

  #bury(environment: Environment): void {
    this.#notePeak(environment);
    this.#environments = this.#environments.filter((other) => other !== environment);
  }

  #notePeak({ peakKiB }: Environment): void {
    this.#counts.peakKiB = Math.max(this.#counts.peakKiB, peakKiB);
  }
}

function limited(outcome: Outcome): Outcome {
  const size = "result" in outcome ? Buffer.byteLength(outcome.result) : 0;
  if (size <= PAYLOAD_LIMIT) return outcome;
  const error: FunctionError = {
    errorType: "Function.ResponseSizeTooLarge",
    errorMessage: `Response payload size (${size} bytes) exceeded maximum allowed payload size (${PAYLOAD_LIMIT} bytes).`,
  };
  return { error };
}
