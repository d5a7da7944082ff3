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

/** The definition of the template's only state machine, with an ARN in place of each function. */
export function definitionOf(template: Template): Definition {
  const [machine] = Object.values(template.findResources("AWS::StepFunctions::StateMachine"));
  const parts = machine?.["Properties"].DefinitionString["Fn::Join"][1] as (
    | string
    | { "Fn::GetAtt": string[] }
  )[];
  const text = parts.map((part) => (typeof part === "string" ? part : functionArn(part["Fn::GetAtt"][0])));
  return JSON.parse(text.join(""));
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
