import { Duration } from "aws-cdk-lib";
import { EventField, Rule as EventRule, RuleTargetInput } from "aws-cdk-lib/aws-events";
import { LambdaFunction as LambdaTarget } from "aws-cdk-lib/aws-events-targets";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import { CfnEventInvokeConfig, type Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import type { RetentionDays } from "aws-cdk-lib/aws-logs";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import type { IStateMachine } from "aws-cdk-lib/aws-stepfunctions";
import { Construct } from "constructs";
import type { Rule } from "../core/model/rule.ts";
import { templateOf } from "../core/model/upload.ts";
import { accept } from "./accept.ts";
import { Step } from "./step.ts";
import { uploadPattern } from "./upload-pattern.ts";

/** What uploads start. */
export interface UploadTriggersProps {
  readonly rules: readonly Rule[];
  readonly stateMachine: IStateMachine;
  readonly logRetention: RetentionDays;
}

/**
 * Starts an execution for each object that is uploaded to where a rule watches. EventBridge could start executions by
 * itself, but not name them, and the name is what keeps an event that comes twice from starting two.
 */
export class UploadTriggers extends Construct {
  readonly startFunction: LambdaFunction;
  /** Takes the uploads that could not be started. */
  readonly startFailures: Queue;

  constructor(scope: Construct, id: string, { rules, stateMachine, logRetention }: UploadTriggersProps) {
    super(scope, id);
    this.startFailures = new Queue(this, "StartFailures", {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    const last = "It is the dead-letter queue itself: of EventBridge and of the function.";
    accept(this.startFailures, {
      "AwsSolutions-SQS3": last,
      "Serverless-SQSRedrivePolicy": last,
      sqs_dlq_check: last,
    });
    this.startFunction = new Step(this, "Start", {
      name: "start",
      description: "Starts the replication of what was uploaded",
      statements: [
        allow("states:StartExecution", stateMachine.stateMachineArn),
        allow("sqs:SendMessage", this.startFailures.queueArn),
      ],
      memory: 256,
      timeout: Duration.minutes(1),
      logRetention,
      environment: { STATE_MACHINE_ARN: stateMachine.stateMachineArn },
    }).function;
    // The function's `onFailure` would add a policy with more than it needs.
    new CfnEventInvokeConfig(this, "StartInvocations", {
      functionName: this.startFunction.functionName,
      qualifier: "$LATEST",
      maximumRetryAttempts: 2,
      destinationConfig: { onFailure: { destination: this.startFailures.queueArn } },
    });
    for (const rule of rules) this.#watch(rule);
  }

  #watch(rule: Rule): void {
    const event = RuleTargetInput.fromObject({
      rule: rule.name,
      request: templateOf(rule),
      detail: EventField.fromPath("$.detail"),
    });
    for (const [at, { s3 }] of (rule.triggers ?? []).entries()) {
      if (s3 === undefined) continue;
      new EventRule(this, `${rule.name}-${at}`, {
        description: `Uploads that ecr-replicator's rule "${rule.name}" replicates`,
        eventPattern: uploadPattern(s3),
        targets: [new LambdaTarget(this.startFunction, { event, deadLetterQueue: this.startFailures })],
      });
    }
  }
}

function allow(action: string, resource: string): PolicyStatement {
  return new PolicyStatement({ actions: [action], resources: [resource] });
}
