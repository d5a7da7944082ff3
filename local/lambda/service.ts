import { randomUUID } from "node:crypto";
import type { Authorize, Call, Identify, Reply, Service } from "../http.ts";
import { Refusal } from "../refusal.ts";
import type { AsynchronousInvocations } from "./asynchronous-invocations.ts";
import type { Outcome } from "./environment.ts";
import type { Functions } from "./functions.ts";
import { type InvokeTarget, isInvoke, readPayload, readTarget, readType } from "./invoke-request.ts";

/** What the service works on. */
export interface LambdaDependencies {
  readonly functions: Functions;
  readonly invocations: AsynchronousInvocations;
  readonly authorize: Authorize;
}

const LATEST = "$LATEST";
// What Lambda itself refuses with, as an error of the call rather than of the function.
const REFUSED: Readonly<Record<string, [name: string, status: number]>> = {
  "Lambda.TooManyRequestsException": ["TooManyRequestsException", 429],
  "Lambda.ServiceException": ["ServiceException", 500],
};

/**
 * Lambda's Invoke (API reference, "Invoke"). In the record of calls it is `POST invocations`; what it leads to is `Invoke`, as it
 * is for every invocation, and faults strike there.
 */
export class LambdaService implements Service {
  readonly #dependencies: LambdaDependencies;

  constructor(dependencies: LambdaDependencies) {
    this.#dependencies = dependencies;
  }

  async handle(call: Call, identify: Identify): Promise<Reply> {
    const { caller } = call;
    if (!caller)
      throw new Refusal("MissingAuthenticationTokenException", "Missing Authentication Token", 403);
    if (!isInvoke(call)) {
      const text = `Local AWS has no operation ${call.method} ${call.path} of Lambda`;
      throw new Refusal("UnknownOperationException", text, 404);
    }
    const target = readTarget(call, caller);
    const { arn, name, qualifier } = target;
    await identify("POST invocations", { functionName: name }, caller);
    this.#dependencies.authorize(caller, "lambda:InvokeFunction", qualifier ? `${arn}:${qualifier}` : arn);
    this.#find(target, caller.region);
    const type = readType(call);
    const payload = await readPayload(call, type);
    if (type === "DryRun") return { status: 204 };
    return type === "Event" ? this.#accept(arn, payload) : this.#run(arn, payload);
  }

  #find({ arn, region, qualifier }: InvokeTarget, reachable: string): void {
    if (region !== reachable) {
      const text = `Functions from '${region}' are not reachable in this region ('${reachable}')`;
      throw new Refusal("ResourceNotFoundException", text, 404);
    }
    if (this.#dependencies.functions.has(arn) && (qualifier ?? LATEST) === LATEST) return;
    const text = `Function not found: ${qualifier ? `${arn}:${qualifier}` : arn}`;
    throw new Refusal("ResourceNotFoundException", text, 404);
  }

  #accept(arn: string, payload: string): Reply {
    const requestId = this.#dependencies.invocations.add(arn, payload);
    return { status: 202, headers: { "x-amzn-requestid": requestId }, body: "" };
  }

  async #run(arn: string, payload: string): Promise<Reply> {
    const requestId = randomUUID();
    return answer(requestId, await this.#dependencies.functions.invoke(arn, payload, requestId));
  }
}

/** What a function failed with is an answer like any other, told by a header. */
function answer(requestId: string, outcome: Outcome): Reply {
  const headers = {
    "content-type": "application/json",
    "x-amzn-requestid": requestId,
    "x-amz-executed-version": LATEST,
  };
  if ("result" in outcome) return { status: 200, headers, body: outcome.result };
  const { errorType, errorMessage } = outcome.error;
  const [name, status] = REFUSED[errorType] ?? [];
  if (name) throw new Refusal(name, errorMessage, status);
  return {
    status: 200,
    headers: { ...headers, "x-amz-function-error": "Unhandled" },
    body: JSON.stringify(outcome.error),
  };
}
