import {
  DescribeExecutionCommand,
  type DescribeExecutionOutput,
  GetExecutionHistoryCommand,
  type GetExecutionHistoryOutput,
  SFNClient,
  StartExecutionCommand,
} from "@aws-sdk/client-sfn";
import { awsFailure } from "../adapters/clients/aws-failure.ts";
import { connection } from "../adapters/clients/connection.ts";
import type { Request } from "../core/model/request.ts";

/** An execution of a deployed state machine. Every method throws Failure. */
export class Execution {
  readonly arn: string;
  readonly #client: SFNClient;

  private constructor(client: SFNClient, arn: string) {
    this.#client = client;
    this.arn = arn;
  }

  /** Starts a state machine on a request, in the region that its ARN names. */
  static async start(stateMachineArn: string, request: Request): Promise<Execution> {
    // arn:<partition>:states:<region>:…
    const client = new SFNClient({
      region: stateMachineArn.split(":")[3],
      requestHandler: connection(),
    });
    const command = new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(request) });
    const call = { operation: "StartExecution", subject: stateMachineArn };
    const { executionArn } = await named(call, client.send(command));
    return new Execution(client, executionArn ?? "");
  }

  describe(): Promise<DescribeExecutionOutput> {
    const command = new DescribeExecutionCommand({ executionArn: this.arn });
    return named({ operation: "DescribeExecution", subject: this.arn }, this.#client.send(command));
  }

  /** A page of the history, the newest events first. */
  events(nextToken?: string): Promise<GetExecutionHistoryOutput> {
    const input = { executionArn: this.arn, reverseOrder: true, maxResults: 100, nextToken };
    const command = new GetExecutionHistoryCommand(input);
    return named({ operation: "GetExecutionHistory", subject: this.arn }, this.#client.send(command));
  }
}

async function named<T>(call: { operation: string; subject: string }, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw awsFailure(error, call);
  }
}
