import { ExecutionAlreadyExists, SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { awsFailure } from "./aws-failure.ts";
import { connection } from "./connection.ts";

const client = new SFNClient({ requestHandler: connection() });

/**
 * Starts an execution of a state machine in this function's Region, with its own role, and says whether it did: of one
 * name there is one execution in 90 days (Step Functions API Reference, StartExecution). Throws Failure.
 */
export async function startExecution(
  stateMachineArn: string,
  { name, input }: { name: string; input: object },
): Promise<boolean> {
  try {
    await client.send(new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }));
    return true;
  } catch (error) {
    if (error instanceof ExecutionAlreadyExists) return false;
    throw awsFailure(error, { operation: "StartExecution", subject: stateMachineArn });
  }
}
