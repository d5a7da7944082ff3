import { Duration } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import { CfnEventInvokeConfig, CfnPermission, type Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import type { RetentionDays } from "aws-cdk-lib/aws-logs";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { IStateMachine } from "aws-cdk-lib/aws-stepfunctions";
import { Construct } from "constructs";
import type { Rule } from "../core/model/rule.ts";
import { templateOf } from "../core/model/upload.ts";
import { eventInput } from "./event-input.ts";
import { EventRules, eventsService } from "./event-rules.ts";
import { Step } from "./step.ts";
import { uploadPattern } from "./upload-pattern.ts";

/** What uploads start. */
export interface UploadTriggersProps {
  readonly rules: readonly Rule[];
  readonly stateMachine: IStateMachine;
  /** Takes the uploads that could not be started. */
  readonly startFailures: IQueue;
  readonly logRetention: RetentionDays;
  readonly tracing?: boolean;
}

/**
 * Starts an execution for each object that is uploaded to where a rule watches. EventBridge could start executions by
 * itself, but not name them, and the name is what keeps an event that comes twice from starting two.
 */
export class UploadTriggers extends Construct {
  readonly startFunction: LambdaFunction;

  constructor(scope: Construct, id: string, props: UploadTriggersProps) {
    super(scope, id);
    const { rules, stateMachine, startFailures, logRetention, tracing } = props;
    this.startFunction = new Step(this, "Start", {
      name: "start",
      description: "Starts the replication of what was uploaded",
      statements: [
        allow("states:StartExecution", stateMachine.stateMachineArn),
        allow("sqs:SendMessage", startFailures.queueArn),
      ],
      memory: 256,
      timeout: Duration.minutes(1),
      logRetention,
      tracing,
      environment: { STATE_MACHINE_ARN: stateMachine.stateMachineArn },
    }).function;
    // The function's `onFailure` would add a policy with more than it needs.
    new CfnEventInvokeConfig(this, "StartInvocations", {
      functionName: this.startFunction.functionName,
      qualifier: "$LATEST",
      maximumRetryAttempts: 2,
      destinationConfig: { onFailure: { destination: startFailures.queueArn } },
    });
    const watching = new EventRules(this, {
      targetArn: this.startFunction.functionArn,
      deadLetterQueue: startFailures,
    });
    // Its comparison knows wildcards (AWS Lambda API Reference, AddPermission, SourceArn). No sourceAccount, which
    // EventBridge does not tell, and which the ARN has.
    new CfnPermission(this, "Watching", {
      action: "lambda:InvokeFunction",
      functionName: this.startFunction.functionArn,
      principal: eventsService,
      sourceArn: watching.arns,
    });
    for (const rule of rules) this.#watch(rule, watching);
  }

  #watch(rule: Rule, watching: EventRules): void {
    const input = eventInput(this, {
      rule: rule.name,
      known: { rule: rule.name, request: templateOf(rule) },
      fields: ["detail"],
    });
    for (const [at, { s3 }] of (rule.triggers ?? []).entries()) {
      if (s3 === undefined) continue;
      watching.add(`${rule.name}-${at}`, {
        description: `Uploads that ecr-replicator's rule "${rule.name}" replicates`,
        eventPattern: uploadPattern(s3),
        input,
      });
    }
  }
}

function allow(action: string, resource: string): PolicyStatement {
  return new PolicyStatement({ actions: [action], resources: [resource] });
}
