import type { Template } from "aws-cdk-lib/assertions";
import { Match } from "aws-cdk-lib/assertions";
import { synthesizeReplicator } from "./synthesized.ts";

/** The actions of X-Ray of each role, by the service that assumes it. */
function traces(template: Template): [service: string, actions: string][] {
  const roles = Object.values(template.findResources("AWS::IAM::Role")).map(({ Properties }) => Properties);
  return roles.map(({ AssumeRolePolicyDocument, Policies }) => {
    const statements = Policies[0].PolicyDocument.Statement as {
      Action: string | string[];
      Resource: unknown;
    }[];
    const own = statements.filter(({ Action }) => String(Action).includes("xray:"));
    for (const { Resource } of own) expect(Resource).toBe("*");
    return [
      AssumeRolePolicyDocument.Statement[0].Principal.Service,
      own.flatMap(({ Action }) => Action).join(),
    ];
  });
}

describe("X-Ray", () => {
  test("is neither on nor allowed by itself", () => {
    const template = synthesizeReplicator();
    expect(JSON.stringify(template.toJSON())).not.toContain("xray");
    template.allResourcesProperties("AWS::Lambda::Function", { TracingConfig: Match.absent() });
    template.allResourcesProperties("AWS::StepFunctions::StateMachine", {
      TracingConfiguration: Match.absent(),
    });
  });

  test("traces every function and state machine by choice, each with just the actions it takes", () => {
    const template = synthesizeReplicator({ tracing: true });
    template.allResourcesProperties("AWS::Lambda::Function", { TracingConfig: { Mode: "Active" } });
    template.allResourcesProperties("AWS::StepFunctions::StateMachine", {
      TracingConfiguration: { Enabled: true },
    });
    for (const [service, actions] of traces(template)) {
      expect(actions).toBe(
        service === "lambda.amazonaws.com"
          ? "xray:PutTraceSegments,xray:PutTelemetryRecords"
          : "xray:PutTraceSegments,xray:PutTelemetryRecords,xray:GetSamplingRules,xray:GetSamplingTargets",
      );
    }
  });
});
