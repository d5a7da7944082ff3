import { Fn } from "aws-cdk-lib";
import {
  CfnPolicy,
  type IRole,
  PolicyDocument,
  PolicyStatement,
  Role,
  ServicePrincipal,
} from "aws-cdk-lib/aws-iam";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { IBucket } from "aws-cdk-lib/aws-s3";
import type { StateMachine } from "aws-cdk-lib/aws-stepfunctions";
import type { Construct } from "constructs";
import { accept } from "./accept.ts";
import { acceptWildcards } from "./accept-wildcards.ts";
import { runsPrefix } from "./reach.ts";

/** What a state machine's role may do beside calling functions. */
export interface StateMachineRights {
  readonly tracing?: boolean;
  readonly statements?: readonly PolicyStatement[];
}

/** The role of a state machine: it may call these functions, unversioned, and what else it is given. */
export function stateMachineRole(
  scope: Construct,
  id: string,
  functions: readonly IFunction[],
  { tracing = false, statements = [] }: StateMachineRights = {},
): IRole {
  const role = new Role(scope, id, {
    assumedBy: new ServicePrincipal("states.amazonaws.com"),
    inlinePolicies: {
      States: new PolicyDocument({
        statements: [
          new PolicyStatement({
            actions: ["lambda:InvokeFunction"],
            resources: functions.map((each) => each.functionArn),
          }),
          ...statements,
          ...(tracing ? [sendTraces()] : []),
        ],
      }),
    },
  });
  acceptWildcards(
    role,
    statements,
    "The `*` stands for the lists and results of runs, which lie below a prefix.",
  );
  if (tracing) accept(role, { "AwsSolutions-IAM5[Resource::*]": "The actions of X-Ray take no resource." });
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

/** What a Distributed Map takes: reading its list and writing its results in the work bucket. */
export function mapStatements(workBucket: IBucket): PolicyStatement[] {
  const runs = workBucket.arnForObjects(`${runsPrefix}*`);
  return [
    new PolicyStatement({
      // Those of multipart uploads are what results of some size are written with (Step Functions Developer Guide, "ResultWriter").
      actions: ["s3:GetObject", "s3:PutObject", "s3:ListMultipartUploadParts", "s3:AbortMultipartUpload"],
      resources: [runs],
    }),
  ];
}

/** Lets a state machine start, follow and redrive the executions of its own Distributed Map. */
export function letRunItself(
  scope: Construct,
  id: string,
  { stateMachineArn, node }: StateMachine,
  role: IRole,
): void {
  // CDK has made a policy for this, which no role has, since ours takes none: it would be in no template.
  node.tryRemoveChild("DistributedMapPolicy");
  // AWS's own policy has the first form for these calls, and the second for redrive; it is in the second that a child's
  // ARN is (Step Functions Developer Guide, "IAM policies for using Distributed Map states").
  const [own, children] = [":*", "/*"].map((end) =>
    Fn.join("", [
      Fn.select(0, Fn.split(":stateMachine:", stateMachineArn)),
      ":execution:",
      Fn.select(1, Fn.split(":stateMachine:", stateMachineArn)),
      end,
    ]),
  ) as [string, string];
  // A policy of its own, since the machine depends on its role.
  const statements = [
    new PolicyStatement({ actions: ["states:StartExecution"], resources: [stateMachineArn] }),
    new PolicyStatement({
      actions: ["states:DescribeExecution", "states:StopExecution"],
      resources: [own, children],
    }),
    new PolicyStatement({ actions: ["states:RedriveExecution"], resources: [children] }),
  ];
  const policy = new CfnPolicy(scope, id, {
    policyName: id,
    roles: [role.roleName],
    policyDocument: new PolicyDocument({ statements }),
  });
  acceptWildcards(policy, statements, "The `*` stands for the names of its own executions.");
}
