import { Stack } from "aws-cdk-lib";
import { EventField, Rule as EventRule, RuleTargetInput } from "aws-cdk-lib/aws-events";
import { SnsTopic } from "aws-cdk-lib/aws-events-targets";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { type ITopic, Topic } from "aws-cdk-lib/aws-sns";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import { Construct } from "constructs";
import { accept } from "./accept.ts";

/** A topic that sends what is published to these e-mail addresses, once each has confirmed it. */
export function mailingTopic(scope: Construct, id: string, addresses: readonly string[]): Topic {
  // Not encrypted: CloudWatch alarms may not use the key of AWS (Amazon SNS Developer Guide, "Encryption at rest"), and one
  // of our own costs. A message has the names of images, and no secret.
  const topic = new Topic(scope, id, { displayName: "ecr-replicator", enforceSSL: true });
  for (const address of addresses) {
    const subscription = topic.addSubscription(new EmailSubscription(address));
    accept(subscription, {
      "Serverless-SNSRedrivePolicy":
        "SNS tries to send a mail again and again, and alarms and executions say the same in the console.",
    });
  }
  return topic;
}

/**
 * Publishes what fails to a topic, a sentence for each: runs, and images that no run tells of. A topic of another stack
 * or account has to let CloudWatch and EventBridge publish itself.
 */
export class Notifications extends Construct {
  constructor(scope: Construct, id: string, topic: ITopic) {
    super(scope, id);
    // A topic with a policy has none of what it lets its own account do without one.
    topic.addToResourcePolicy(
      new PolicyStatement({
        sid: "AlarmsOfThisAccount",
        principals: [new ServicePrincipal("cloudwatch.amazonaws.com")],
        actions: ["sns:Publish"],
        resources: [topic.topicArn],
        conditions: { StringEquals: { "aws:SourceAccount": Stack.of(this).account } },
      }),
    );
    const failures = new EventRule(this, "Failures", {
      description: "Runs and single images that ecr-replicator failed to replicate",
      eventPattern: {
        source: ["ecr-replicator"],
        detailType: ["Image Replication", "Rule Run"],
        // Of the images of a run, the run tells.
        detail: { status: ["Failed"], inRun: [{ exists: false }, false] },
      },
      targets: [new SnsTopic(topic, { message: RuleTargetInput.fromText(message) })],
    });
    const also = "EventBridge tries for a day, and an alarm tells of the same failure.";
    accept(failures, { "Serverless-EventBusDLQ": also });
  }
}

// In one line: an e-mail shows the text as JSON has it, in quotes.
const message = `ecr-replicator: ${EventField.fromPath("$.detail.message")} (execution ${EventField.fromPath("$.detail.execution")})`;
