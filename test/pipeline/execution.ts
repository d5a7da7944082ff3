import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  SFNClient,
  StartExecutionCommand,
} from "@aws-sdk/client-sfn";
import type { FailureCause, Report } from "../../core/model/report.ts";
import type { Request } from "../../core/model/request.ts";
import type { LocalAws } from "../../local/aws.ts";
import { accounts, externalId, machines, region, roleArns } from "./pipeline.ts";
import { nameOf, type Repository } from "./repository.ts";

/** How an execution ended. */
export interface Execution {
  readonly arn: string;
  readonly status: string;
  readonly report?: Report;
  readonly error?: string;
  readonly cause?: FailureCause;
  /** The states entered, in order: each is a transition that is paid for, as is each retry. */
  readonly states: readonly string[];
  readonly retries: number;
}

/** A request between two repositories with the role of each side. */
export function requestOf(
  { from, to }: { from: Repository; to: Repository },
  { source = ":1", destination = "" } = {},
): Request {
  return {
    source: nameOf(from, source),
    destination: nameOf(to, destination),
    sourceRoleArn: roleArns.source,
    destinationRoleArn: roleArns.destination,
    sourceExternalId: externalId,
    destinationExternalId: externalId,
  };
}

/** A request for a state machine that uses its functions' own roles. */
export function withoutRoles({ source, destination }: Request): Request {
  return { source, destination };
}

/** Runs one execution to its end, over the Step Functions API. */
export async function execute(
  aws: LocalAws,
  request: unknown,
  machine = machines.ReplicateImage,
): Promise<Execution> {
  const client = statesOf(aws);
  const stateMachineArn = `arn:aws:states:${region}:${accounts.pipeline}:stateMachine:${machine}`;
  const input = JSON.stringify(request);
  const { executionArn = "" } = await client.send(new StartExecutionCommand({ stateMachineArn, input }));
  return endOf(aws, executionArn);
}

/** Waits for the end of an execution that was started. */
export async function endOf(aws: LocalAws, executionArn: string): Promise<Execution> {
  const client = statesOf(aws);
  await aws.states.get(executionArn).ended;
  const {
    status = "",
    output,
    error,
    cause,
  } = await client.send(new DescribeExecutionCommand({ executionArn }));
  const events = await historyOf(aws, executionArn);
  return {
    arn: executionArn,
    status,
    report: output === undefined ? undefined : JSON.parse(output),
    error,
    cause: cause === undefined ? undefined : JSON.parse(cause),
    states: events.flatMap((event) => event.stateEnteredEventDetails?.name ?? []),
    retries: scheduled(events) - entered(events),
  };
}

/** All events of an execution. */
export async function historyOf(aws: LocalAws, executionArn: string): Promise<HistoryEvent[]> {
  const client = statesOf(aws);
  const all: HistoryEvent[] = [];
  for (let nextToken: string | undefined, first = true; first || nextToken; first = false) {
    const page = await client.send(
      new GetExecutionHistoryCommand({ executionArn, maxResults: 1_000, nextToken }),
    );
    all.push(...(page.events ?? []));
    nextToken = page.nextToken;
  }
  return all;
}

function scheduled(events: readonly HistoryEvent[]): number {
  return events.filter(({ type }) => type === "LambdaFunctionScheduled").length;
}

function entered(events: readonly HistoryEvent[]): number {
  return events.filter(({ type }) => type === "TaskStateEntered").length;
}

/** Step Functions as the administrator of the pipeline's account. */
export function statesOf({ endpoint }: LocalAws): SFNClient {
  return new SFNClient({
    endpoint,
    region,
    credentials: { accessKeyId: accounts.pipeline, secretAccessKey: "local" },
  });
}
