import type { Template } from "aws-cdk-lib/assertions";

/** A state of the Amazon States Language, as far as the tests look at it. */
export interface State {
  readonly Type: string;
  readonly Next?: string;
  readonly Default?: string;
  readonly End?: boolean;
  readonly Resource?: string;
  readonly Choices?: { Variable: string; StringEquals: string; Next: string }[];
  readonly Retry?: { ErrorEquals: string[]; MaxAttempts: number; [field: string]: unknown }[];
  readonly Catch?: { ErrorEquals: string[]; Next: string; ResultPath?: string }[];
  readonly ItemProcessor?: Definition;
  readonly [field: string]: unknown;
}

/** A definition of the Amazon States Language. */
export interface Definition {
  readonly StartAt: string;
  readonly States: Record<string, State>;
  readonly TimeoutSeconds?: number;
}

/** The definition of a replicator's state machine, with an ARN in place of each function and an id in place of each bucket. */
export function definitionOf(template: Template, machineId = "StateMachine"): Definition {
  const machines = Object.entries(template.findResources("AWS::StepFunctions::StateMachine"));
  const [, machine] =
    machines.find(([id]) => new RegExp(`Replicator${machineId}[0-9A-F]{8}$`).test(id)) ?? [];
  const parts = machine?.["Properties"].DefinitionString["Fn::Join"][1] as Part[];
  return JSON.parse(parts.map(written).join(""));
}

type Part = string | { readonly "Fn::GetAtt"?: readonly string[]; readonly Ref?: string };

function written(part: Part): string {
  if (typeof part === "string") return part;
  return part.Ref ?? functionArn(part["Fn::GetAtt"]?.[0]);
}

/** Every Task state, also those inside a Map. */
export function tasksOf(definition: Definition): [string, State][] {
  return Object.entries(definition.States).flatMap(([name, state]) => [
    ...(state.Type === "Task" ? [[name, state] as [string, State]] : []),
    ...(state.ItemProcessor ? tasksOf(state.ItemProcessor) : []),
  ]);
}

function functionArn(logicalId: string | undefined): string {
  return `arn:aws:lambda:eu-central-1:333333333333:function:${logicalId}`;
}
