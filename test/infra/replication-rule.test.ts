import { App, Stack } from "aws-cdk-lib";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { type Rule, ruleDefinition } from "../../core/model/rule.ts";
import { ImageReplicator, type ReplicationRule } from "../../infra/index.ts";
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
