import { setTimeout as delay } from "node:timers/promises";
import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  SFNClient,
  StartExecutionCommand,
} from "@aws-sdk/client-sfn";
import { Failure, type FailureName, failureNames } from "../core/errors.ts";
import type { FailureCause, Report } from "../core/model/report.ts";
import type { Request } from "../core/model/request.ts";
import type { Plan } from "../core/steps/plan.ts";
import type { Progress } from "./progress.ts";

/** How often an execution is looked at, in milliseconds. DescribeExecution allows 15 calls a second to an account. */
const interval = 1_000;

/** Runs a request on a deployed state machine and follows it to its end. Throws the Failure that the execution ended with. */
export async function copyThere(
  stateMachineArn: string,
  request: Request,
  progress: Progress,
): Promise<Report> {
  // arn:<partition>:states:<region>:…
  const client = new SFNClient({ region: stateMachineArn.split(":")[3] });
  const start = new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(request) });
  const { executionArn = "" } = await client.send(start);
  progress.note(`execution ${executionArn}`);
  const follower = new Follower(client, executionArn, progress);
  for (;;) {
    const execution = await client.send(new DescribeExecutionCommand({ executionArn }));
    await follower.follow();
    if (execution.status === "SUCCEEDED") return JSON.parse(execution.output ?? "") as Report;
    if (execution.status !== "RUNNING") throw failed(execution.status, execution.error, execution.cause);
    await delay(interval);
  }
}

function failed(status: string | undefined, error: string | undefined, cause = ""): Failure {
  const known = (failureNames as readonly string[]).includes(error ?? "");
  const { side, operation = "RunExecution", message = cause } = parseCause(cause);
  return new Failure(
    known ? (error as FailureName) : "Unavailable",
    { side, operation },
    known
      ? message
      : `the execution ended as ${status}${error ? ` with ${error}` : ""}: ${message || "no cause"}`,
  );
}

function parseCause(cause: string): Partial<FailureCause> {
  try {
    return Object(JSON.parse(cause));
  } catch {
    return {};
  }
}

/** Reads an execution's history from where it last stopped, and tells what it says of plans and tasks. */
class Follower {
  readonly #client: SFNClient;
  readonly #executionArn: string;
  readonly #progress: Progress;
  #seen = 0;
  #plan: Plan | undefined;

  constructor(client: SFNClient, executionArn: string, progress: Progress) {
    this.#client = client;
    this.#executionArn = executionArn;
    this.#progress = progress;
  }

  async follow(): Promise<void> {
    for (const event of await this.#newEvents()) {
      this.#seen = event.id ?? this.#seen;
      if (event.stateExitedEventDetails?.name === "Plan") this.#planned(event);
      if (event.type === "MapIterationSucceeded") {
        this.#copied(event.mapIterationSucceededEventDetails?.index ?? -1);
      }
    }
  }

  /** The newest events come first, so that only pages with news are read. */
  async #newEvents(): Promise<HistoryEvent[]> {
    const found: HistoryEvent[] = [];
    let nextToken: string | undefined;
    do {
      const page = await this.#client.send(
        new GetExecutionHistoryCommand({
          executionArn: this.#executionArn,
          reverseOrder: true,
          maxResults: 100,
          nextToken,
        }),
      );
      const events = page.events ?? [];
      found.push(...events.filter(({ id = 0 }) => id > this.#seen));
      nextToken = events.every(({ id = 0 }) => id > this.#seen) ? page.nextToken : undefined;
    } while (nextToken);
    return found.toReversed();
  }

  #planned(event: HistoryEvent): void {
    const state = JSON.parse(event.stateExitedEventDetails?.output ?? "{}") as { plan?: Plan };
    if (!state.plan) return;
    this.#plan = state.plan;
    this.#progress.planned(state.plan);
  }

  #copied(index: number): void {
    for (const blob of this.#plan?.tasks[index]?.blobs ?? []) this.#progress.copied(blob, blob.size);
  }
}
