import {
  DescribeExecutionCommand,
  type DescribeExecutionOutput,
  GetExecutionHistoryCommand,
  type GetExecutionHistoryOutput,
  ListMapRunsCommand,
  type MapRunListItem,
  type SFNClient,
  StartExecutionCommand,
} from "@aws-sdk/client-sfn";
import { MapRun } from "./map-run.ts";
import { answerOf, statesClient } from "./states-client.ts";

/** An execution of a deployed state machine. Every method throws Failure. */
export class Execution {
  readonly arn: string;
  readonly #client: SFNClient;

  private constructor(client: SFNClient, arn: string) {
    this.#client = client;
    this.arn = arn;
  }

  /** The execution with an ARN, which nothing is asked of yet. */
  static of(arn: string): Execution {
    return new Execution(statesClient(arn), arn);
  }

  /** Starts a state machine on a request or a rule, in the region that its ARN names. */
  static async start(stateMachineArn: string, input: object): Promise<Execution> {
    const client = statesClient(stateMachineArn);
    const command = new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) });
    const { executionArn } = await answerOf("StartExecution", stateMachineArn, client.send(command));
    return new Execution(client, executionArn ?? "");
  }

  describe(): Promise<DescribeExecutionOutput> {
    const command = new DescribeExecutionCommand({ executionArn: this.arn });
    return answerOf("DescribeExecution", this.arn, this.#client.send(command));
  }

  /** A page of the history, the newest events first. */
  events(nextToken?: string): Promise<GetExecutionHistoryOutput> {
    const input = { executionArn: this.arn, reverseOrder: true, maxResults: 100, nextToken };
    const command = new GetExecutionHistoryCommand(input);
    return answerOf("GetExecutionHistory", this.arn, this.#client.send(command));
  }

  /** Its Map Runs: one for each round, and for the first images of new repositories another. */
  async mapRuns(): Promise<{ readonly item: MapRunListItem; readonly mapRun: MapRun }[]> {
    const found: MapRunListItem[] = [];
    let nextToken: string | undefined;
    do {
      const command = new ListMapRunsCommand({ executionArn: this.arn, nextToken });
      const page = await answerOf("ListMapRuns", this.arn, this.#client.send(command));
      found.push(...(page.mapRuns ?? []));
      nextToken = page.nextToken;
    } while (nextToken);
    return found.map((item) => ({ item, mapRun: new MapRun(this.#client, item.mapRunArn ?? "") }));
  }
}
