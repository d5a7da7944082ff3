import { type IRole, PolicyDocument, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";

/** The role of the state machine: it may call these functions, unversioned, and nothing else. */
export function stateMachineRole(scope: Construct, functions: readonly IFunction[], tracing = false): IRole {
  const role = new Role(scope, "StateMachineRole", {
    assumedBy: new ServicePrincipal("states.amazonaws.com"),
    inlinePolicies: {
      States: new PolicyDocument({
        statements: [
          new PolicyStatement({
            actions: ["lambda:InvokeFunction"],
            resources: functions.map((each) => each.functionArn),
          }),
          ...(tracing ? [sendTraces()] : []),
        ],
      }),
    },
  });
  // The constructs would add every version of the functions.
  return role.withoutPolicyUpdates();
}

// These actions take no resource (Service Authorization Reference, AWS X-Ray).
function sendTraces(): PolicyStatement {
  return new PolicyStatement({
    actions: [
      "xray:PutTraceSegments",
      "xray:PutTelemetryRecords",
      "xray:GetSamplingRules",
      "xray:GetSamplingTargets",
    ],
    resources: ["*"],
  });
}
