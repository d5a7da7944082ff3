import {
  type ExecutionStatus,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  type SFNClient,
} from "@aws-sdk/client-sfn";
import { processRegion } from "../adapters/clients/process-region.ts";
import { Failure } from "../core/errors.ts";
import { answerOf, statesClient, statesClientIn } from "./states-client.ts";

/** What the app calls the state machine for rules, and what CloudFormation's own name for it has in it. */
const machineName = "ReplicateImages";

const advice = "give --state-machine ARN, or set AWS_PROFILE or AWS_REGION to where it is deployed";

/**
 * The ARN of the state machine for rules in the account and the Region of this process: by its name, or else the only
 * one with it in its name, as CloudFormation gives. Throws `RequestInvalid` when there is none, or several.
 */
export async function findMachine(): Promise<string> {
  const region = await processRegion("")();
  if (region === "") throw invalid(`no Region is set; ${advice}`);
  return chosenMachine(await machinesIn(statesClientIn(region), region), region);
}

/** A state machine, as a list has it. */
export interface Machine {
  readonly name: string;
  readonly arn: string;
}

/** The ARN of the state machine for rules, of those of a Region. Throws `RequestInvalid` when there is none, or several. */
export function chosenMachine(machines: readonly Machine[], region: string): string {
  const found = machines.filter(({ name }) => name.includes(machineName));
  const exact = found.filter(({ name }) => name === machineName);
  const [only, other] = exact.length > 0 ? exact : found;
  if (only && !other) return only.arn;
  if (!only)
    throw invalid(`there is no state machine ${machineName} in ${region} in this account; ${advice}`);
  const arns = found.map(({ arn }) => arn).join(", ");
  throw invalid(
    `there are ${found.length} state machines like ${machineName} in ${region}; give one with --state-machine: ${arns}`,
  );
}

async function machinesIn(client: SFNClient, region: string): Promise<Machine[]> {
  const found: Machine[] = [];
  let nextToken: string | undefined;
  do {
    const command = new ListStateMachinesCommand({ maxResults: 1_000, nextToken });
    const page = await answerOf("ListStateMachines", region, client.send(command));
    for (const { name = "", stateMachineArn: arn = "" } of page.stateMachines ?? [])
      found.push({ name, arn });
    nextToken = page.nextToken;
  } while (nextToken);
  return found;
}

/** The ARN of the execution of a state machine that was started last: of those that run, if there are any. Throws Failure. */
export async function newestExecution(stateMachineArn: string): Promise<string> {
  const client = statesClient(stateMachineArn);
  const newest = async (statusFilter?: ExecutionStatus) => {
    const command = new ListExecutionsCommand({ stateMachineArn, statusFilter, maxResults: 1 });
    const { executions } = await answerOf("ListExecutions", stateMachineArn, client.send(command));
    return executions?.[0]?.executionArn;
  };
  const found = (await newest("RUNNING")) ?? (await newest());
  if (found !== undefined) return found;
  throw invalid(`${stateMachineArn} has no execution; start one with 'ecr-replicator start RULE'`);
}

function invalid(message: string): Failure {
  return new Failure("RequestInvalid", { operation: "FindStateMachine" }, message);
}
