import {
  DescribeExecutionCommand,
  type DescribeExecutionOutput,
  DescribeMapRunCommand,
  type DescribeMapRunOutput,
  type ExecutionStatus,
  ListExecutionsCommand,
  type SFNClient,
} from "@aws-sdk/client-sfn";
import { answerOf } from "./states-client.ts";

/** A Map Run, which has an execution for each image. Every method throws Failure. */
export class MapRun {
  readonly arn: string;
  readonly #client: SFNClient;

  constructor(client: SFNClient, arn: string) {
    this.#client = client;
    this.arn = arn;
  }

  describe(): Promise<DescribeMapRunOutput> {
    const command = new DescribeMapRunCommand({ mapRunArn: this.arn });
    return answerOf("DescribeMapRun", this.arn, this.#client.send(command));
  }

  /** The ARNs of its executions that ended in some way, the newest first, in pages of a thousand. */
  async *children(statusFilter: ExecutionStatus): AsyncIterable<string[]> {
    let nextToken: string | undefined;
    do {
      const command = new ListExecutionsCommand({
        mapRunArn: this.arn,
        statusFilter,
        maxResults: 1_000,
        nextToken,
      });
      const page = await answerOf("ListExecutions", this.arn, this.#client.send(command));
      yield (page.executions ?? []).map(({ executionArn = "" }) => executionArn);
      nextToken = page.nextToken;
    } while (nextToken);
  }

  describeChild(executionArn: string): Promise<DescribeExecutionOutput> {
    const command = new DescribeExecutionCommand({ executionArn });
    return answerOf("DescribeExecution", executionArn, this.#client.send(command));
  }
}
