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
  const topic = new Topic(scope, id, { displayName: "ecr-replicator", enforceSSL: true });
  for (const address of addresses) topic.addSubscription(new EmailSubscription(address));
  const unencrypted =
    "CloudWatch alarms cannot publish to a topic that is encrypted with the key of AWS, and a key of one's own costs; a message has the names of images, and no secret.";
  accept(topic, { sns_encrypted_kms_check: unencrypted });
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
    new EventRule(this, "Failures", {
      description: "Runs and single images that ecr-replicator failed to replicate",
      eventPattern: {
        source: ["ecr-replicator"],
        detailType: ["Image Replication", "Rule Run"],
        // Of the images of a run, the run tells.
        detail: { status: ["Failed"], inRun: [{ exists: false }, false] },
      },
      targets: [new SnsTopic(topic, { message: RuleTargetInput.fromText(message) })],
    });
  }
}

// In one line: an e-mail shows the text as JSON has it, in quotes.
const message = `ecr-replicator: ${EventField.fromPath("$.detail.message")} (execution ${EventField.fromPath("$.detail.execution")})`;
