import { randomUUID } from "node:crypto";
import type { Background } from "../background.ts";
import type { Queues } from "../sqs/queues.ts";
import type { Outcome } from "./environment.ts";
import type { Functions } from "./functions.ts";
import type { FunctionError } from "./protocol.ts";

/** How events that a function gets asynchronously are tried again, and where those end that it fails on. */
export interface AsynchronousConfig {
  readonly maxRetryAttempts: number;
  readonly maxEventAgeSeconds: number;
  /** The ARN of a queue. */
  readonly onFailure?: string | undefined;
}

interface Progress {
  readonly requestId: string;
  readonly functionArn: string;
  readonly payload: string;
  invocations: number;
  /** Failures of the function itself. */
  failures: number;
  /** Seconds; pauses count in full although they may be made shorter. */
  age: number;
  error?: FunctionError;
}

const DEFAULTS: AsynchronousConfig = { maxRetryAttempts: 2, maxEventAgeSeconds: 6 * 3600 };
// What Lambda itself refuses with: the event goes back to the queue, and no retry is used up.
const NOT_RUN = ["Lambda.TooManyRequestsException", "Lambda.ServiceException"];
const LONGEST_PAUSE_SECONDS = 300;

/** Lambda's queue of events (developer guide, "Invoking a Lambda function asynchronously"): retries, then the failure destination. */
export class AsynchronousInvocations {
  readonly #functions: Functions;
  readonly #queues: Queues;
  readonly #background: Background;
  readonly #configs = new Map<string, AsynchronousConfig>();

  constructor(dependencies: { functions: Functions; queues: Queues; background: Background }) {
    this.#functions = dependencies.functions;
    this.#queues = dependencies.queues;
    this.#background = dependencies.background;
  }

  configure(functionArn: string, config: Partial<AsynchronousConfig>): void {
    this.#configs.set(functionArn, { ...DEFAULTS, ...config });
  }

  /** Takes a JSON text over for a function: the id of all its invocations. */
  add(functionArn: string, payload: string): string {
    const requestId = randomUUID();
    const progress = { requestId, functionArn, payload, invocations: 0, failures: 0, age: 0 };
    this.#background.run(() => this.#process(progress));
    return requestId;
  }

  async #process(progress: Progress): Promise<void> {
    const config = this.#configs.get(progress.functionArn) ?? DEFAULTS;
    for (;;) {
      const outcome = await this.#invoke(progress);
      if ("result" in outcome || this.#background.stopped) return;
      const seconds = pauseAfter(progress, outcome.error);
      if (progress.failures > config.maxRetryAttempts)
        return this.#fail(progress, config, "RetriesExhausted");
      progress.age += seconds;
      if (progress.age > config.maxEventAgeSeconds) return this.#fail(progress, config, "EventAgeExceeded");
      await this.#background.pause(seconds * 1000);
    }
  }

  async #invoke(progress: Progress): Promise<Outcome> {
    const began = Date.now();
    const { functionArn, payload, requestId } = progress;
    const outcome = await this.#functions.invoke(functionArn, payload, requestId);
    progress.invocations += 1;
    progress.age += (Date.now() - began) / 1000;
    return outcome;
  }

  #fail(progress: Progress, { onFailure }: AsynchronousConfig, condition: string): void {
    if (onFailure) this.#queues.send(onFailure, JSON.stringify(recordOf(progress, condition)));
  }
}

/** Takes the failure into account; the seconds until the next try, as Lambda waits. */
function pauseAfter(progress: Progress, error: FunctionError): number {
  if (NOT_RUN.includes(error.errorType)) {
    const refusals = progress.invocations - progress.failures;
    return Math.min(2 ** (refusals - 1), LONGEST_PAUSE_SECONDS);
  }
  progress.failures += 1;
  progress.error = error;
  return 60 * progress.failures;
}

/** The record that a failure destination gets (developer guide, "Capturing records of Lambda asynchronous invocations"). */
function recordOf({ requestId, functionArn, payload, invocations, error }: Progress, condition: string) {
  return {
    version: "1.0",
    timestamp: new Date().toISOString(),
    requestContext: {
      requestId,
      functionArn: `${functionArn}:$LATEST`,
      condition,
      approximateInvokeCount: invocations,
    },
    requestPayload: JSON.parse(payload),
    ...(error && {
      responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
      responsePayload: error,
    }),
  };
}
