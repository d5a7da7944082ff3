import { Stack } from "aws-cdk-lib";
import { type EventPattern, Rule as EventRule, type RuleTargetInput } from "aws-cdk-lib/aws-events";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { pathHash } from "./path-hash.ts";

/** The service for which event rules act. */
export const eventsService = "events.amazonaws.com";

/** Where event rules bring events. */
export interface EventRulesProps {
  readonly targetArn: string;
  /** Takes the events that could not be brought there. */
  readonly deadLetterQueue: IQueue;
}

/** Which events one rule brings, and as what. */
export interface BroughtEvents {
  readonly description: string;
  readonly eventPattern: EventPattern;
  readonly input: RuleTargetInput;
}

/**
 * Event rules with one target. The policies of the target and of the dead-letter queue know them by what their names begin
 * with: a statement for each of them would make a policy that SQS or Lambda refuses (Amazon SQS Developer Guide, "Policy
 * quotas": 20 statements; AWS Lambda Developer Guide, "Lambda quotas": 20 KB).
 */
export class EventRules {
  /** Stands for the ARN of each of them. */
  readonly arns: string;
  readonly #scope: Construct;
  readonly #props: EventRulesProps;
  readonly #prefix: string;

  constructor(scope: Construct, props: EventRulesProps) {
    this.#scope = scope;
    this.#props = props;
    // A rule of 40 characters, `-` and three digits fit after it (Amazon EventBridge API Reference, PutRule: 64).
    this.#prefix = `replicate-${pathHash(scope)}-`;
    const { partition, region, account } = Stack.of(scope);
    this.arns = `arn:${partition}:events:${region}:${account}:rule/${this.#prefix}*`;
    this.letSend(props.deadLetterQueue);
  }

  /** Lets them all send to a queue. */
  letSend(queue: IQueue): void {
    queue.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal(eventsService)],
        actions: ["sqs:SendMessage"],
        resources: [queue.queueArn],
        conditions: { ArnLike: { "aws:SourceArn": this.arns } },
      }),
    );
  }

  /** Adds a rule with this name. */
  add(name: string, { description, eventPattern, input }: BroughtEvents): void {
    const { targetArn: arn, deadLetterQueue } = this.#props;
    new EventRule(this.#scope, name, {
      ruleName: `${this.#prefix}${name}`,
      description,
      eventPattern,
      targets: [{ bind: () => ({ arn, input, deadLetterConfig: { arn: deadLetterQueue.queueArn } }) }],
    });
  }
}
