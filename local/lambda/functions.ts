import { appendFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Credentials } from "../credentials.ts";
import type { FaultEffect, Faults } from "../faults.ts";
import type { CallRecord } from "../http.ts";
import type { FunctionDefinition } from "./definition.ts";
import { Environment, type Outcome } from "./environment.ts";
import { type FunctionStatistics, LambdaFunction } from "./function.ts";
import { variablesOf } from "./variables.ts";

/** What the functions need of the rest of local AWS. */
export interface FunctionsOptions {
  readonly data: string;
  readonly credentials: Credentials;
  readonly faults: Faults;
  /** Most environments of one function at a time. */
  readonly concurrency: number;
  /** Timeouts in milliseconds in place of the deployed ones, by a part of the function's name. */
  readonly timeouts: Readonly<Record<string, number>>;
  readonly onCall: (record: CallRecord) => void;
  readonly onLog?: ((functionName: string, text: string) => void) | undefined;
}

// Lambda renews a function's credentials long before they end; here they outlive any run.
const SESSION_SECONDS = 12 * 3600;

/** All deployed functions. */
export class Functions {
  readonly #options: FunctionsOptions;
  readonly #functions = new Map<string, LambdaFunction>();
  /** The endpoint that functions are given as AWS_ENDPOINT_URL; set once the front listens. */
  endpoint = "";

  constructor(options: FunctionsOptions) {
    this.#options = options;
    mkdirSync(join(options.data, "logs"), { recursive: true });
  }

  add(definition: FunctionDefinition): void {
    const override = Object.entries(this.#options.timeouts).find(([part]) => definition.name.includes(part));
    const timeoutMillis = override?.[1] ?? definition.timeoutMillis;
    const overridden = { ...definition, timeoutMillis };
    this.#functions.set(
      definition.arn,
      new LambdaFunction(overridden, () => this.#start(overridden), this.#options.concurrency),
    );
  }

  definition(arn: string): FunctionDefinition | undefined {
    return this.#functions.get(arn)?.definition;
  }

  has(arn: string): boolean {
    return this.#functions.has(arn);
  }

  /** Runs a function on a JSON text, under a request id of its own if none is given; faults on `lambda` `Invoke` strike here. */
  async invoke(arn: string, event: string, requestId?: string): Promise<Outcome> {
    const target = this.#functions.get(arn);
    if (!target) return failure("Lambda.ResourceNotFoundException", `Function not found: ${arn}`);
    const { account, region, name } = target.definition;
    const call = { service: "lambda", operation: "Invoke", account, region, detail: { functionName: name } };
    const effect = this.#options.faults.take(call);
    const outcome = effect ? await struck(effect, target, event) : await target.invoke(event, requestId);
    const error = "error" in outcome ? { error: outcome.error.errorType } : {};
    this.#options.onCall({ ...call, status: 200, ...error });
    return outcome;
  }

  /** Kills the environment that has this access key. */
  kill(accessKeyId: string): void {
    for (const candidate of this.#functions.values()) if (candidate.kill(accessKeyId)) return;
  }

  statistics(): FunctionStatistics[] {
    return [...this.#functions.values()].map((each) => each.statistics());
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#functions.values()].map((each) => each.stop()));
  }

  #start(definition: FunctionDefinition): Environment {
    const { data, credentials, onLog } = this.#options;
    const session = credentials.issue({
      role: definition.role,
      name: definition.name,
      seconds: SESSION_SECONDS,
    });
    const log = join(data, "logs", `${definition.name}.log`);
    return new Environment({
      taskRoot: definition.taskRoot,
      memoryMiB: definition.memoryMiB,
      variables: variablesOf(definition, session, this.endpoint),
      accessKeyId: session.accessKeyId,
      onLog: (text) => {
        appendFileSync(log, text);
        onLog?.(definition.name, text);
      },
    });
  }
}

async function struck(effect: FaultEffect, target: LambdaFunction, event: string): Promise<Outcome> {
  if (effect.fault === "throttle") return failure("Lambda.TooManyRequestsException", "Rate Exceeded.");
  if (effect.fault === "error500")
    return failure("Lambda.ServiceException", "The Lambda service failed (a fault on demand).");
  if (effect.fault === "kill" && !effect.before) await target.invoke(event);
  return failure("Runtime.ExitError", "RequestId: fault Error: Runtime exited with error: signal: killed");
}

function failure(errorType: string, errorMessage: string): Outcome {
  return { error: { errorType, errorMessage } };
}
