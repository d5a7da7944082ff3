import { CfnGuardValidator } from "@cdklabs/cdk-validator-cfnguard";
import { Match } from "aws-cdk-lib/assertions";
import { AwsSolutionsChecks, ServerlessChecks } from "cdk-nag";
import { parseReplication, readReplicationFile } from "../../infra/replication-file.ts";
import { addStacks } from "../../infra/stacks.ts";
import { acceptedBy, everyFindingOf, type Fill, findingsOf, inWords } from "./findings.ts";
import { synthesizeApp, synthesizeReplicator } from "./synthesized.ts";

const app = synthesizeApp({ notifications: ["a@example.com", "b@example.com"] })["EcrReplicator"];
const [topic] = Object.keys(app?.findResources("AWS::SNS::Topic") ?? {});

describe("notifications", () => {
  test("go to a topic that mails each address", () => {
    for (const Endpoint of ["a@example.com", "b@example.com"]) {
      app?.hasResourceProperties("AWS::SNS::Subscription", {
        Protocol: "email",
        Endpoint,
        TopicArn: { Ref: topic },
      });
    }
    app?.allResourcesProperties("AWS::CloudWatch::Alarm", { AlarmActions: [{ Ref: topic }] });
  });

  test("are published by CloudWatch for this account and by EventBridge alone, and never in the clear", () => {
    const [policy] = Object.values(app?.findResources("AWS::SNS::TopicPolicy") ?? {});
    expect(policy?.["Properties"].PolicyDocument.Statement).toEqual([
      expect.objectContaining({
        Effect: "Deny",
        Action: "sns:Publish",
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      }),
      {
        Sid: "AlarmsOfThisAccount",
        Effect: "Allow",
        Principal: { Service: "cloudwatch.amazonaws.com" },
        Action: "sns:Publish",
        Resource: { Ref: topic },
        Condition: { StringEquals: { "aws:SourceAccount": "333333333333" } },
      },
      {
        Sid: expect.any(String),
        Effect: "Allow",
        Principal: { Service: "events.amazonaws.com" },
        Action: "sns:Publish",
        Resource: { Ref: topic },
      },
    ]);
  });

  test("are of a topic without the key of AWS, which CloudWatch may not use", () => {
    app?.allResourcesProperties("AWS::SNS::Topic", { KmsMasterKeyId: Match.absent() });
  });

  test("say in a sentence what failed: runs, and images that are of none", () => {
    app?.hasResourceProperties("AWS::Events::Rule", {
      EventPattern: {
        source: ["ecr-replicator"],
        "detail-type": ["Image Replication", "Rule Run"],
        detail: { status: ["Failed"], inRun: [{ exists: false }, false] },
      },
      Targets: [
        {
          Arn: { Ref: topic },
          InputTransformer: {
            InputPathsMap: {
              "detail-message": "$.detail.message",
              "detail-execution": "$.detail.execution",
            },
            InputTemplate: '"ecr-replicator: <detail-message> (execution <detail-execution>)"',
          },
        },
      ],
    });
  });

  test("are not there unless they are asked for", () => {
    const template = synthesizeReplicator({ alarms: true });
    template.resourceCountIs("AWS::SNS::Topic", 0);
    template.resourceCountIs("AWS::Events::Rule", 0);
  });

  test.each(["me", "me@", "@example.com", "me @example.com", ""])("refuse %j as an address", (address) => {
    const text = `notifications: [${JSON.stringify(address)}]\n`;
    expect(() => parseReplication(text, "replication.yaml")).toThrow(
      `notifications.0: '${address}' is not an e-mail address, such as me@example.com`,
    );
  });
});

describe("cdk-nag and cfn-guard", () => {
  const fill: Fill = (app) =>
    addStacks(app, {
      ...readReplicationFile("replication.yaml"),
      notifications: ["a@example.com"],
      tracing: true,
    });
  const plugins = () => [new AwsSolutionsChecks(), new ServerlessChecks(), new CfnGuardValidator()];
  const isOurs = (path: string) => /Notifications|Alarms|Dashboard/.test(path);

  test("find nothing in what tells of failures that is not accepted beside the resource", () => {
    const found = findingsOf(fill, plugins()).filter(({ resource }) => isOurs(resource));
    expect(inWords(found)).toBe("");
  });

  test("find all of it that is accepted", () => {
    const found = everyFindingOf(fill, plugins()).filter(({ resource }) => isOurs(resource));
    const accepted = acceptedBy(fill).filter(({ construct }) => isOurs(construct));
    const ids = (rules: readonly { rule: string }[]) => [...new Set(rules.map(({ rule }) => rule))].sort();
    expect(ids(accepted)).toEqual(ids(found));
  });
});
