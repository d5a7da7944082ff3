import { App, Stack } from "aws-cdk-lib";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { type Rule, ruleDefinition } from "../../core/model/rule.ts";
import { ImageReplicator, type NewRepository, type ReplicationRule } from "../../infra/index.ts";
import { checkRules } from "../../infra/replication-rule.ts";

const rule: ReplicationRule = {
  name: "inbox",
  destination: "222222222222.dkr.ecr.eu-central-1.amazonaws.com/{basename}:latest",
  triggers: [{ s3: { bucket: "inbox" } }],
};

// Every field of the one is a field of the other: this fails to compile otherwise.
const same: [Required<Rule>, keyof Rule] = [{} as Required<ReplicationRule>, {} as keyof ReplicationRule];
const back: [ReplicationRule, keyof ReplicationRule] = [{} as Rule, {} as keyof Rule];

describe("the rules of the construct", () => {
  test("are those of replication.yaml", () => {
    expect([same, back]).toHaveLength(2);
    expect(ruleDefinition.parse(rule)).toEqual(rule);
    expect(checkRules("rules", [rule])).toEqual([rule]);
  });

  test("are refused with the prop, the rule, the field and the value, all problems at once", () => {
    const bad = [
      { ...rule, destination: "app" },
      { ...rule, name: "second", colour: "red" },
    ];
    expect(() => checkRules("rules", bad)).toThrow(
      /^rules\.0\.destination \(rule "inbox"\): 'app' is no image in ECR; .*\nrules\.1\.colour \(rule "second"\): no such field; /,
    );
  });

  test("are refused where a field is for sources of another kind than uploads", () => {
    const secret = "arn:aws:secretsmanager:eu-central-1:333333333333:secret:docker-hub";
    expect(() => checkRules("rules", [{ ...rule, sourceSecretArn: secret }])).toThrow(
      /^rules\.0\.sourceSecretArn \(rule "inbox"\): is used only with a registry other than ECR/,
    );
    expect(() => checkRules("rules", [{ ...rule, createRepository: { like: "source" } }])).toThrow(
      /^rules\.0\.createRepository\.like \(rule "inbox"\): there are only settings to copy where the source is in ECR/,
    );
  });

  test("may create repositories, with every setting", () => {
    const createRepository: NewRepository = {
      imageTagMutability: "IMMUTABLE_WITH_EXCLUSION",
      imageTagMutabilityExclusionFilters: ["latest", { filterType: "WILDCARD", filter: "dev-*" }],
      scanOnPush: true,
      encryption: { type: "KMS", kmsKey: "alias/images" },
      lifecyclePolicy: { rules: [{ rulePriority: 1, description: "x".repeat(100) }] },
      repositoryPolicy: '{"Version":"2012-10-17","Statement":[]}',
      tags: { team: "platform" },
    };
    const rules = [
      { ...rule, createRepository },
      {
        ...rule,
        name: "defaults",
        destination: rule.destination.replace("/", "/defaults/"),
        createRepository: true as const,
      },
    ];
    expect(checkRules("rules", rules)).toEqual(rules);
  });

  test("are refused when they are no rules at all", () => {
    const rules = ["inbox", null] as unknown as ReplicationRule[];
    expect(() => checkRules("rules", rules)).toThrow(/^rules\.0: expected an object.*\nrules\.1: expected/);
  });

  test("may name what is known only at deployment", () => {
    const stack = new Stack(new App(), "Stack");
    const { bucketName } = new Bucket(stack, "Inbox");
    const rules = [
      { ...rule, triggers: [{ s3: { bucket: bucketName, prefix: "images/", suffix: ".tar" } }] },
    ];
    expect(() => new ImageReplicator(stack, "Replicator", { rules })).not.toThrow();
  });
});
