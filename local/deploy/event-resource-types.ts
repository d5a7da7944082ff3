import { list, type NamedResource, nameOf as name, type ResourceType, regionalArn } from "./resource-type.ts";

const queueArn = (resource: NamedResource) => regionalArn(resource, "sqs", resource.name);
const queueUrl = ({ stack, name }: NamedResource) =>
  `https://sqs.${stack.region}.amazonaws.com/${stack.account}/${name}`;
const busArn = (resource: NamedResource) => regionalArn(resource, "events", `event-bus/${resource.name}`);
const topicArn = (resource: NamedResource) => regionalArn(resource, "sns", resource.name);

/** The resource types that carry events, messages and schedules. */
export const EVENT_RESOURCE_TYPES: Readonly<Record<string, ResourceType>> = {
  "AWS::Events::Rule": {
    nameProperty: "Name",
    longest: 64,
    ref: (resource) => [...customBus(resource), resource.name].join("|"),
    attributes: {
      Arn: (resource) =>
        regionalArn(resource, "events", `rule/${[...customBus(resource), resource.name].join("/")}`),
    },
    properties: list("Name Description State EventPattern EventBusName Targets Tags"),
  },
  "AWS::Events::EventBus": {
    nameProperty: "Name",
    longest: 256,
    ref: name,
    attributes: { Arn: busArn, Name: name },
    properties: list("Name Description Tags"),
  },
  "AWS::Events::EventBusPolicy": {
    longest: 100,
    ref: name,
    attributes: {},
    properties: list("StatementId EventBusName Statement Action Principal"),
  },
  "AWS::SQS::Queue": {
    nameProperty: "QueueName",
    longest: 80,
    ref: queueUrl,
    attributes: { Arn: queueArn, QueueName: name, QueueUrl: queueUrl },
    properties: list(
      "QueueName DelaySeconds VisibilityTimeout RedrivePolicy MessageRetentionPeriod ReceiveMessageWaitTimeSeconds SqsManagedSseEnabled KmsMasterKeyId KmsDataKeyReusePeriodSeconds Tags",
    ),
  },
  "AWS::SQS::QueuePolicy": {
    longest: 100,
    ref: name,
    attributes: {},
    properties: list("PolicyDocument Queues"),
  },
  "AWS::SNS::Topic": {
    nameProperty: "TopicName",
    longest: 256,
    ref: topicArn,
    attributes: { TopicArn: topicArn, TopicName: name },
    properties: list("TopicName DisplayName KmsMasterKeyId TracingConfig Tags"),
  },
  "AWS::SNS::TopicPolicy": {
    longest: 100,
    ref: name,
    attributes: {},
    properties: list("PolicyDocument Topics"),
  },
  "AWS::SNS::Subscription": {
    longest: 100,
    ref: name,
    attributes: {},
    properties: list("TopicArn Protocol Endpoint"),
  },
  "AWS::Scheduler::Schedule": {
    nameProperty: "Name",
    longest: 64,
    ref: name,
    attributes: {
      Arn: (resource) => regionalArn(resource, "scheduler", `schedule/${groupOf(resource)}/${resource.name}`),
    },
    properties: list(
      "Name GroupName Description State ScheduleExpression ScheduleExpressionTimezone FlexibleTimeWindow StartDate EndDate Target",
    ),
  },
  "AWS::Scheduler::ScheduleGroup": {
    nameProperty: "Name",
    longest: 64,
    ref: name,
    attributes: { Arn: (resource) => regionalArn(resource, "scheduler", `schedule-group/${resource.name}`) },
    properties: list("Name Tags"),
  },
};

/** The name of the bus that a rule is on, unless it is the default one. */
function customBus({ properties }: NamedResource): string[] {
  const bus = String(properties["EventBusName"] ?? "default").replace(/^.*:event-bus\//, "");
  return bus === "default" ? [] : [bus];
}

function groupOf({ properties }: NamedResource): unknown {
  return properties["GroupName"] ?? "default";
}
