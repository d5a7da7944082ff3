import type { StateMachine } from "aws-cdk-lib/aws-stepfunctions";
import { accept } from "./accept.ts";

/** Says why a state machine writes no log, and is traced only by choice. */
export function acceptMachine(machine: StateMachine, tracing = false): void {
  const log =
    "AWS keeps the history of a Standard execution for 90 days. To log it too, the role would need to change the log deliveries and resource policies of the whole account.";
  accept(machine, { "AwsSolutions-SF1": log, step_functions_state_machine_logging_enabled_check: log });
  if (tracing) return;
  const trace = "Tracing is by choice, and costs: the prop tracing.";
  accept(machine, {
    "AwsSolutions-SF2": trace,
    "Serverless-StepFunctionStateMachineXray": trace,
    step_functions_state_machine_tracing_enabled_check: trace,
  });
}
