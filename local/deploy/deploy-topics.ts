import { parseResourcePolicy } from "../iam/resource-policy.ts";
import type { Topics } from "../sns/topics.ts";
import { type NamedResource, ofType } from "./resource-type.ts";
import { arnOf } from "./resource-types.ts";

// Those that leave AWS; local AWS sends nothing to them.
const PROTOCOLS = ["email", "email-json", "http", "https", "sms"];

/** Creates topics with their policies; throws an Error for a topic that does not exist and for a subscription that would have to be served. */
export function deployTopics(all: readonly NamedResource[], topics: Topics): void {
  for (const topic of ofType(all, "AWS::SNS::Topic")) {
    const { name, stack } = topic;
    topics.add({ arn: arnOf(topic), name, account: stack.account, region: stack.region });
  }
  for (const policy of ofType(all, "AWS::SNS::TopicPolicy")) deployPolicy(policy, topics);
  for (const subscription of ofType(all, "AWS::SNS::Subscription")) checkSubscription(subscription, topics);
}

function deployPolicy({ stack, logicalId, properties }: NamedResource, topics: Topics): void {
  const where = `${stack.name}/${logicalId}`;
  const statements = parseResourcePolicy(properties["PolicyDocument"], where);
  for (const arn of [properties["Topics"] ?? []].flat().map(String)) {
    checkTopic(arn, topics, where);
    topics.setPolicy(arn, statements);
  }
}

function checkSubscription({ stack, logicalId, properties }: NamedResource, topics: Topics): void {
  const where = `${stack.name}/${logicalId}`;
  const { TopicArn, Protocol } = properties;
  checkTopic(String(TopicArn), topics, where);
  if (!PROTOCOLS.includes(String(Protocol)))
    throw new Error(`${where}: Protocol is ${Protocol}; ${PROTOCOLS.join(", ")} would be accepted`);
}

function checkTopic(arn: string, topics: Topics, where: string): void {
  if (!topics.has(arn)) throw new Error(`${where}: topic ${arn} does not exist`);
}
