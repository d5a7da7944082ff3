import { Duration, Names, Stack, Token } from "aws-cdk-lib";
import { CfnEventBusPolicy } from "aws-cdk-lib/aws-events";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import { EventSourceMapping, type Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import type { RetentionDays } from "aws-cdk-lib/aws-logs";
import { type IQueue, Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import type { IStateMachine } from "aws-cdk-lib/aws-stepfunctions";
import { Construct } from "constructs";
import { pushedRule, pushWindow } from "../core/model/push.ts";
import { accept } from "./accept.ts";
import { eventInput } from "./event-input.ts";
import { EventRules } from "./event-rules.ts";
import { forwardingRolePath } from "./push-forwarding.ts";
import { pushPattern } from "./push-pattern.ts";
import { Step } from "./step.ts";
import type { WatchedRule } from "./watched-rule.ts";

/** What pushes start. */
export interface PushTriggersProps {
  readonly rules: readonly WatchedRule[];
  /** Copies one image. */
  readonly stateMachine: IStateMachine;
  /** Runs a rule. */
  readonly imagesStateMachine: IStateMachine;
  /** Takes the pushes for which nothing could be started. */
  readonly startFailures: IQueue;
  readonly logRetention: RetentionDays;
  readonly tracing?: boolean;
}

const functionTimeout = Duration.minutes(1);

/**
 * Starts an execution for the pushes of a tag that a rule watches. They wait in a queue, whose length of wait keeps many
 * pushes from starting many executions: see `pushWindow`.
 */
export class PushTriggers extends Construct {
  readonly startFunction: LambdaFunction;
  readonly queue: Queue;

  /** Throws an Error that names the rule whose pushes cannot be watched. */
  constructor(scope: Construct, id: string, props: PushTriggersProps) {
    super(scope, id);
    this.queue = new Queue(this, "Queue", {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      deliveryDelay: Duration.seconds(pushWindow),
      // As Lambda would have it: six times as long as the function may take (AWS Lambda Developer Guide, "Using Lambda with Amazon SQS").
      visibilityTimeout: Duration.seconds(6 * functionTimeout.toSeconds()),
      deadLetterQueue: { queue: props.startFailures, maxReceiveCount: 5 },
    });
    this.startFunction = this.#function(props);
    const pushes = new EventSourceMapping(this, "Pushes", {
      target: this.startFunction,
      eventSourceArn: this.queue.queueArn,
      batchSize: 10,
      reportBatchItemFailures: true,
      // A storm of pushes leaves the other functions their share of what the account may run at once.
      maxConcurrency: 5,
    });
    accept(pushes, {
      "Serverless-LambdaEventSourceMappingDestination": "The queue itself has one for what fails five times.",
    });
    const watching = new EventRules(this, {
      targetArn: this.queue.queueArn,
      deadLetterQueue: props.startFailures,
    });
    watching.letSend(this.queue);
    for (const each of props.rules) this.#watch(each, watching);
    this.#admitOthers(props.rules);
  }

  #function({ stateMachine, imagesStateMachine, logRetention, tracing }: PushTriggersProps): LambdaFunction {
    const machines = [stateMachine.stateMachineArn, imagesStateMachine.stateMachineArn];
    return new Step(this, "Start", {
      name: "start-push",
      description: "Starts the replication of what was pushed",
      statements: [
        new PolicyStatement({ actions: ["states:StartExecution"], resources: machines }),
        new PolicyStatement({
          actions: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
          resources: [this.queue.queueArn],
        }),
      ],
      memory: 256,
      timeout: functionTimeout,
      logRetention,
      tracing,
      environment: {
        STATE_MACHINE_ARN: stateMachine.stateMachineArn,
        IMAGES_STATE_MACHINE_ARN: imagesStateMachine.stateMachineArn,
      },
    }).function;
  }

  #watch({ rule, repository }: WatchedRule, watching: EventRules): void {
    const { account, region, partition, name } = repository;
    const { partition: own } = Stack.of(this);
    if (!Token.isUnresolved(own) && own !== partition) {
      throw new Error(
        `rules (rule "${rule.name}"): ecrPush: the source is in the partition ${partition}, whose events do not reach ${own}; give it a schedule instead`,
      );
    }
    const input = eventInput(this, {
      rule: rule.name,
      known: { rule: pushedRule(rule) },
      fields: ["account", "region", "time", "detail"],
    });
    watching.add(rule.name, {
      description: `Pushes that ecr-replicator's rule "${rule.name}" replicates`,
      eventPattern: pushPattern({ account, region, names: [name] }),
      input,
    });
  }

  /** Lets the roles of `PushForwarding` put events on the bus, from each other account that rules name. */
  #admitOthers(rules: readonly WatchedRule[]): void {
    const { account: own, partition, region } = Stack.of(this);
    const accounts = new Set(rules.map(({ repository }) => repository.account));
    accounts.delete(own);
    if (accounts.size === 0) return;
    // One statement for all: 10,240 characters are what the bus may have (Amazon EventBridge User Guide, "Quotas").
    new CfnEventBusPolicy(this, "PushesOfOthers", {
      statementId: Names.uniqueResourceName(this, { maxLength: 64 }),
      statement: {
        Effect: "Allow",
        Principal: { AWS: [...accounts].map((account) => `arn:${partition}:iam::${account}:root`) },
        Action: "events:PutEvents",
        Resource: `arn:${partition}:events:${region}:${own}:event-bus/default`,
        Condition: {
          ArnLike: { "aws:PrincipalArn": `arn:${partition}:iam::*:role${forwardingRolePath}*` },
        },
      },
    });
  }
}
