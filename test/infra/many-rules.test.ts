import type { Template } from "aws-cdk-lib/assertions";
import type { ReplicationRule } from "../../infra/index.ts";
import { synthesizeApp, synthesizeReplicator } from "./synthesized.ts";

// Of a stack (AWS CloudFormation User Guide, "Quotas").
const maxResources = 500;
// Of a queue's policy (Amazon SQS Developer Guide, "Policy quotas").
const maxStatements = 20;
const maxQueuePolicy = 8_192;
// Of a function's policy, in bytes (AWS Lambda Developer Guide, "Lambda quotas").
const maxFunctionPolicy = 20_480;
// Of the policies within a role, in characters without white space (IAM User Guide, "IAM and AWS STS quotas").
const maxRolePolicies = 10_240;
// Of a topic's policy, in bytes (Amazon SNS API Reference, SetTopicAttributes).
const maxTopicPolicy = 30_720;
// Of a bus's policy, in characters (Amazon EventBridge User Guide, "Quotas").
const maxBusPolicy = 10_240;

const registry = "222222222222.dkr.ecr.eu-central-1.amazonaws.com";
const role = "arn:aws:iam::111111111111:role/PullImages";
const many = (count: number, rule: (at: number) => ReplicationRule) =>
  Array.from({ length: count }, (_, at) => rule(at));

function uploaded(at: number): ReplicationRule {
  const triggers = [{ s3: { bucket: `inbox-${at}`, prefix: "images/" } }];
  return { name: `uploaded-${at}`, destination: `${registry}/uploaded-${at}/{basename}`, triggers };
}

/** Each from an account of its own. */
function pushed(at: number): ReplicationRule {
  return {
    name: `pushed-${at}`,
    source: `${100_000_000_000 + at}.dkr.ecr.eu-central-1.amazonaws.com/team/*`,
    destination: `${registry}/pushed-${at}/*`,
    sourceRoleArn: role,
    triggers: [{ ecrPush: true }],
  };
}

function scheduled(at: number): ReplicationRule {
  return {
    name: `scheduled-${at}`,
    source: `ghcr.io/team-${at}/*`,
    destination: `${registry}/scheduled-${at}/*`,
    triggers: [{ schedule: { expression: "rate(1 day)" } }],
  };
}

/** What a policy's document, or several, are at deployment: each thing that is known only there as long as an ARN. */
function sizeOf(documents: unknown): number {
  const arn = "a".repeat(150);
  const text = JSON.stringify(documents, (_, value) =>
    Object(value)["Ref"] || Object(value)["Fn::GetAtt"] ? arn : value,
  );
  return Buffer.byteLength(text);
}

function propertiesOf(template: Template, type: string): Record<string, never>[] {
  return Object.values(template.findResources(type)).map(({ Properties }) => Properties);
}

/** The statement that Lambda makes of a permission. */
function statementOf({ FunctionName, Principal, Action, SourceArn }: Record<string, unknown>): object {
  return {
    Sid: "s".repeat(100),
    Effect: "Allow",
    Principal: { Service: Principal },
    Action,
    Resource: FunctionName,
    Condition: { ArnLike: { "AWS:SourceArn": SourceArn } },
  };
}

describe("a hundred rules with each kind of trigger", () => {
  const rules = [...many(100, uploaded), ...many(100, pushed), ...many(100, scheduled)];
  const app = synthesizeApp({ rules, notifications: ["a@example.com"] });
  const template = app["EcrReplicator"] as Template;

  test("make event rules, schedules and forwarding", () => {
    template.resourceCountIs("AWS::Events::Rule", 201);
    template.resourceCountIs("AWS::Scheduler::Schedule", 100);
    expect(Object.keys(app).filter((name) => name.includes("Forwarding"))).toHaveLength(100);
  });

  test("fit into a stack", () => {
    const { length } = Object.keys(template.toJSON()["Resources"]);
    expect(length).toBeLessThanOrEqual(maxResources);
  });

  test("fit into the policy of each queue", () => {
    const policies = propertiesOf(template, "AWS::SQS::QueuePolicy");
    expect(policies).toHaveLength(2);
    for (const { PolicyDocument } of policies) {
      expect(Object(PolicyDocument).Statement.length).toBeLessThanOrEqual(maxStatements);
      expect(sizeOf(PolicyDocument)).toBeLessThanOrEqual(maxQueuePolicy);
    }
  });

  test("fit into the policy of each function", () => {
    const permissions = propertiesOf(template, "AWS::Lambda::Permission");
    const byFunction = Map.groupBy(permissions, ({ FunctionName }) => JSON.stringify(FunctionName));
    expect(byFunction.size).toBe(1);
    for (const [, all] of byFunction) {
      expect(sizeOf(all.map(statementOf))).toBeLessThanOrEqual(maxFunctionPolicy - 100);
    }
  });

  test("fit into the policies of each role", () => {
    for (const { Policies = [] } of Object.values(app).flatMap((each) =>
      propertiesOf(each, "AWS::IAM::Role"),
    )) {
      expect(sizeOf(Policies)).toBeLessThanOrEqual(maxRolePolicies);
    }
  });

  test("fit into the policies of the topic and of the event bus", () => {
    const [topic] = propertiesOf(template, "AWS::SNS::TopicPolicy");
    expect(sizeOf(topic?.["PolicyDocument"])).toBeLessThanOrEqual(maxTopicPolicy);
    const buses = propertiesOf(template, "AWS::Events::EventBusPolicy");
    expect(buses).toHaveLength(1);
    expect(sizeOf(buses)).toBeLessThanOrEqual(maxBusPolicy);
  });
});

describe("more rules than fit are refused at synthesis, with their number", () => {
  test("into a stack", () => {
    const rules = many(maxResources, scheduled);
    expect(() => synthesizeReplicator({ rules })).toThrow(
      /Number of resources in stack 'Stack': \d+ is greater than allowed maximum of 500/,
    );
  });

  test("onto a bus, when their patterns need a wildcard", () => {
    const pattern = (at: number): ReplicationRule => ({
      ...pushed(at),
      source: `111111111111.dkr.ecr.eu-central-1.amazonaws.com/team-${at}/*/app`,
    });
    const s3 = { bucket: "inbox", prefix: "images/", suffix: ".tar" };
    const both = (at: number): ReplicationRule => ({ ...uploaded(at), triggers: [{ s3 }] });
    const rules = [...many(15, pattern), ...many(15, both)];
    expect(() => synthesizeReplicator({ rules })).not.toThrow();
    expect(() => synthesizeReplicator({ rules: [...rules, both(15)] })).toThrow(
      "rules: 31 triggers need a wildcard, and EventBridge takes 30 of them on a bus",
    );
  });

  test("into a role, whose function may read a bucket for each", () => {
    const prefix = "p".repeat(100);
    const rules = many(100, (at) => ({
      ...uploaded(at),
      triggers: [{ s3: { bucket: `inbox-${at}`, prefix } }],
    }));
    expect(() => synthesizeReplicator({ rules })).toThrow(
      /the role of the function plan would have policies of \d{5} characters, and IAM takes 10240; let rules share/,
    );
    const shared = rules.map((rule) => ({ ...rule, sourceRoleArn: role }));
    expect(() => synthesizeReplicator({ rules: shared })).not.toThrow();
  });

  test("into a role of another account, which may prune a repository for each", () => {
    const rules = many(200, (at) => ({
      ...scheduled(at),
      destinationRoleArn: "arn:aws:iam::222222222222:role/CustomEcrRole",
      prune: true as const,
    }));
    expect(() => synthesizeApp({ rules })).toThrow("the role CustomEcrRole would have policies of");
  });
});
