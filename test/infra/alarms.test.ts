import { Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { Topic } from "aws-cdk-lib/aws-sns";
import { ImageReplicator, type ReplicationRule } from "../../infra/index.ts";
import { synthesizeReplicator } from "./synthesized.ts";

const registry = "222222222222.dkr.ecr.eu-central-1.amazonaws.com";
const uploads: ReplicationRule = {
  name: "inbox",
  destination: `${registry}/{basename}:latest`,
  triggers: [{ s3: { bucket: "inbox" } }],
};

function mirror(name: string, alarmAfterHours?: number): ReplicationRule {
  const source = "111111111111.dkr.ecr.eu-central-1.amazonaws.com/team/*";
  return { name, source, destination: `${registry}/${name}/*`, ...(alarmAfterHours && { alarmAfterHours }) };
}

interface Properties {
  readonly AlarmDescription: string | { readonly "Fn::Join": [string, (string | object)[]] };
  readonly [field: string]: unknown;
}

/** A part of a metric that is computed. */
interface Part {
  readonly Id: string;
  readonly ReturnData?: boolean;
  readonly MetricStat: { readonly Metric: Record<string, unknown>; readonly [field: string]: unknown };
}

function alarmsOf(template: Template): Record<string, Properties> {
  const found = Object.entries(template.findResources("AWS::CloudWatch::Alarm"));
  return Object.fromEntries(
    found.map(([id, { Properties }]) => [id.slice("ReplicatorAlarms".length, -8), Properties]),
  );
}

/** A description with `{}` in place of what is known only at deployment. */
function textOf({ AlarmDescription: text }: Properties): string {
  if (typeof text === "string") return text;
  return text["Fn::Join"][1].map((part) => (typeof part === "string" ? part : "{}")).join("");
}

const alarms = alarmsOf(
  synthesizeReplicator({
    rules: [uploads, mirror("daily", 26), mirror("weekly", 168), mirror("never")],
    alarms: true,
  }),
);

describe("the alarms", () => {
  test("are on executions, images, what was not started, and each rule that asks for one", () => {
    expect(Object.keys(alarms).sort()).toEqual([
      "Behinddaily",
      "Behindweekly",
      "ImageExecutions",
      "ImagesFailed",
      "NotStarted",
      "RunExecutions",
    ]);
  });

  test.each(["ImageExecutions", "RunExecutions"])(
    "%s goes off when one execution of its state machine fails, times out or is stopped",
    (id) => {
      const { Metrics, ...settings } = alarms[id] as Properties & { Metrics: Part[] };
      expect(settings).toMatchObject({
        Threshold: 1,
        EvaluationPeriods: 1,
        ComparisonOperator: "GreaterThanOrEqualToThreshold",
        TreatMissingData: "notBreaching",
      });
      const [sum, ...parts] = Metrics;
      expect(sum).toMatchObject({ Expression: "SUM([failed, timedOut, aborted])" });
      expect(parts.map(({ Id, ReturnData }) => [Id, ReturnData])).toEqual([
        ["failed", false],
        ["timedOut", false],
        ["aborted", false],
      ]);
      const machine = id === "ImageExecutions" ? /ReplicatorStateMachine/ : /ReplicatorImagesStateMachine/;
      const metrics = parts.map(({ MetricStat }) => MetricStat);
      expect(metrics.map(({ Metric }) => Metric["MetricName"])).toEqual([
        "ExecutionsFailed",
        "ExecutionsTimedOut",
        "ExecutionsAborted",
      ]);
      for (const { Metric, ...stat } of metrics) {
        expect(stat).toEqual({ Period: 300, Stat: "Sum" });
        expect(Metric["Namespace"]).toBe("AWS/States");
        expect(JSON.stringify(Metric["Dimensions"])).toMatch(machine);
      }
    },
  );

  test("ImagesFailed goes off when an image of any rule fails", () => {
    expect(alarms["ImagesFailed"]).toMatchObject({
      Namespace: "EcrReplicator",
      MetricName: "ImagesFailed",
      Statistic: "Sum",
      Period: 300,
      Threshold: 1,
    });
    expect(alarms["ImagesFailed"]).not.toHaveProperty("Dimensions");
  });

  test("NotStarted goes off when there is a message in StartFailures", () => {
    expect(alarms["NotStarted"]).toMatchObject({
      Namespace: "AWS/SQS",
      MetricName: "ApproximateNumberOfMessagesVisible",
      Statistic: "Maximum",
      Threshold: 1,
    });
    expect(JSON.stringify(alarms["NotStarted"]?.["Dimensions"])).toContain("StartFailures");
  });

  test.each([
    ["daily", 26],
    ["weekly", 168],
  ])("that of the rule %s goes off when no run has succeeded for %d hours", (rule, hours) => {
    expect(alarms[`Behind${rule}`]).toMatchObject({
      Namespace: "EcrReplicator",
      MetricName: "RunsSucceeded",
      Dimensions: [{ Name: "Rule", Value: rule }],
      Statistic: "Sum",
      Period: 3_600,
      EvaluationPeriods: hours,
      Threshold: 1,
      ComparisonOperator: "LessThanThreshold",
      TreatMissingData: "breaching",
    });
    // All of them have to be breaching, and CloudWatch looks back seven days at most.
    expect(alarms[`Behind${rule}`]).not.toHaveProperty("DatapointsToAlarm");
    expect(hours * 3_600).toBeLessThanOrEqual(604_800);
  });

  test("say what happened, where to look and what to do, in as much as CloudWatch takes", () => {
    for (const alarm of Object.values(alarms)) {
      const text = textOf(alarm);
      expect(text).toMatch(/ecr-replicator/);
      expect(text).toMatch(/state machine \{\}|queue \{\}/);
      expect(text).toMatch(/cause/);
      expect(text.length).toBeLessThan(1_024 - 2 * 80);
    }
  });

  test("publish to nobody without a topic", () => {
    for (const alarm of Object.values(alarms)) expect(alarm).not.toHaveProperty("AlarmActions");
  });
});

describe("there are", () => {
  test("none by themselves", () => {
    synthesizeReplicator({ rules: [mirror("never")] }).resourceCountIs("AWS::CloudWatch::Alarm", 0);
  });

  test("some when a rule asks for one", () => {
    const some = alarmsOf(synthesizeReplicator({ rules: [mirror("daily", 1)] }));
    expect(Object.keys(some).sort()).toEqual([
      "Behinddaily",
      "ImageExecutions",
      "ImagesFailed",
      "RunExecutions",
    ]);
  });

  test("none when they are not wanted", () => {
    const template = synthesizeReplicator({ rules: [mirror("daily", 1)], alarms: false });
    template.resourceCountIs("AWS::CloudWatch::Alarm", 0);
  });

  test("some with a topic, to which each publishes", () => {
    const stack = new Stack();
    const topic = new Topic(stack, "Topic");
    const replicator = new ImageReplicator(stack, "Replicator", { alarmTopic: topic, rules: [uploads] });
    const found = alarmsOf(Template.fromStack(stack));
    expect(Object.keys(found)).toHaveLength(4);
    expect(replicator.alarms).toHaveLength(4);
    for (const { AlarmActions } of Object.values(found)) {
      expect(AlarmActions).toEqual([stack.resolve(topic.topicArn)]);
    }
  });
});
