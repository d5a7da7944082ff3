import { type LocalAws, startLocalAws } from "../../../local/aws.ts";
import { createdIn, deliveries, INBOX, startEvents, upload } from "../events/local-events.ts";
import {
  ACCOUNT,
  functionOf,
  oneTask,
  REGION,
  ruleTo,
  templateOf,
  writeAssembly,
} from "../fixture-assembly.ts";

type Fields = Record<string, unknown>;

const topicArn = (name: string) => `arn:aws:sns:${REGION}:${ACCOUNT}:${name}`;
const topic = (TopicName: string): Fields => ({ Type: "AWS::SNS::Topic", Properties: { TopicName } });
const policy = (id: string, changes: Fields = {}): Fields => {
  const allow = { Effect: "Allow", Action: "sns:Publish", Principal: { Service: "events.amazonaws.com" } };
  const Statement = [{ ...allow, Resource: { Ref: id }, ...changes }];
  return {
    Type: "AWS::SNS::TopicPolicy",
    Properties: { Topics: [{ Ref: id }], PolicyDocument: { Statement } },
  };
};
const rule = (Name: string, id: string, target: Fields = {}): Fields => ({
  Type: "AWS::Events::Rule",
  Properties: {
    Name,
    EventPattern: createdIn(INBOX),
    Targets: [{ Id: "Topic", Arn: { Ref: id }, ...target }],
  },
});

describe("a rule", () => {
  let aws: LocalAws;
  beforeAll(async () => {
    aws = await startEvents({
      Open: topic("Open"),
      OpenPolicy: policy("Open"),
      Mail: {
        Type: "AWS::SNS::Subscription",
        Properties: { TopicArn: { Ref: "Open" }, Protocol: "email", Endpoint: "a@b.c" },
      },
      Closed: topic("Closed"),
      Other: topic("Other"),
      OtherPolicy: policy("Other", {
        Condition: { ArnEquals: { "aws:SourceArn": "arn:aws:events:a:b:rule/c" } },
      }),
      ToOpen: rule("ToOpen", "Open", { InputPath: "$.detail.object.key" }),
      ToClosed: rule("ToClosed", "Closed"),
      ToOther: rule("ToOther", "Other"),
    });
    await upload(aws, "x.tar");
  });
  afterAll(() => aws.stop());

  test("publishes its input to a topic whose policy lets it, and to no other", async () => {
    expect(aws.topics()).toEqual([
      {
        arn: topicArn("Open"),
        name: "Open",
        account: ACCOUNT,
        region: REGION,
        messages: [
          {
            messageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
            message: '"x.tar"',
            publishedAt: expect.stringMatching(/Z$/),
          },
        ],
      },
      expect.objectContaining({ name: "Closed", messages: [] }),
      expect.objectContaining({ name: "Other", messages: [] }),
    ]);
    const answers = deliveries(aws).map(({ detail, error }) => [detail["rule"], error]);
    expect(Object.fromEntries(answers)).toEqual({
      ToOpen: undefined,
      ToClosed: "NO_PERMISSIONS",
      ToOther: "NO_PERMISSIONS",
    });
  });

  test("has what it published shown over HTTP", async () => {
    const answer = await fetch(`${aws.endpoint}/_local/topics`);
    expect(await answer.json()).toEqual(aws.topics());
  });
});

/** Deploys these resources; the outputs, or the text of the refusal. */
async function deploying(resources: Fields, Outputs: Fields = {}) {
  const template = templateOf({ One: functionOf("exports.handler = async () => 1") }, oneTask("One"));
  const Resources = { ...(template["Resources"] as object), ...resources };
  try {
    const aws = await startLocalAws({ assembly: writeAssembly({ Resources, Outputs }) });
    await aws.stop();
    return aws.stacks[0]?.outputs;
  } catch (error) {
    return (error as Error).message;
  }
}

const resource = (Type: string, Properties: Fields) => ({ It: { Type, Properties } });
const alarm = (fields: Fields) =>
  resource("AWS::CloudWatch::Alarm", {
    ComparisonOperator: "GreaterThanThreshold",
    EvaluationPeriods: 1,
    Threshold: 0,
    MetricName: "ExecutionsFailed",
    Namespace: "AWS/States",
    Period: 300,
    Statistic: "Sum",
    ...fields,
  });
const dashboard = (DashboardBody: string, fields: Fields = {}) =>
  resource("AWS::CloudWatch::Dashboard", { DashboardBody, ...fields });

test("topics, alarms and dashboards have AWS's names and ARNs", async () => {
  const outputs = await deploying(
    {
      Topic: topic("Alarms"),
      Alarm: alarm({ AlarmName: "failed", AlarmActions: [{ Ref: "Topic" }] }).It,
      Composite: {
        Type: "AWS::CloudWatch::CompositeAlarm",
        Properties: { AlarmName: "any", AlarmRule: "ALARM(failed)", AlarmActions: [{ Ref: "Topic" }] },
      },
      Dashboard: dashboard('{"widgets":[]}', { DashboardName: "replication" }).It,
    },
    {
      Topic: { Value: { Ref: "Topic" } },
      TopicName: { Value: { "Fn::GetAtt": ["Topic", "TopicName"] } },
      Alarm: { Value: { Ref: "Alarm" } },
      AlarmArn: { Value: { "Fn::GetAtt": ["Alarm", "Arn"] } },
      CompositeArn: { Value: { "Fn::GetAtt": ["Composite", "Arn"] } },
      Dashboard: { Value: { Ref: "Dashboard" } },
    },
  );
  expect(outputs).toEqual({
    Topic: topicArn("Alarms"),
    TopicName: "Alarms",
    Alarm: "failed",
    AlarmArn: `arn:aws:cloudwatch:${REGION}:${ACCOUNT}:alarm:failed`,
    CompositeArn: `arn:aws:cloudwatch:${REGION}:${ACCOUNT}:alarm:any`,
    Dashboard: "replication",
  });
});

describe("refused by name:", () => {
  const absent = topicArn("Absent");
  const subscription = (fields: Fields) => ({
    Topic: topic("Alarms"),
    ...resource("AWS::SNS::Subscription", { TopicArn: { Ref: "Topic" }, Protocol: "email", ...fields }),
  });
  test.each<[string, Fields, string]>([
    ["a FIFO topic", resource("AWS::SNS::Topic", { FifoTopic: true }), "FifoTopic"],
    [
      "a topic that a rule names",
      ruleTo("One", { source: ["x"] }, { target: { Arn: absent } }),
      `topic ${absent}`,
    ],
    ["a subscription's topic", subscription({ TopicArn: absent }), `topic ${absent} does not exist`],
    ["a subscription that would be served", subscription({ Protocol: "sqs" }), "Protocol is sqs; email"],
    ["a subscription's filter", subscription({ FilterPolicy: {} }), "FilterPolicy"],
    ["a policy's topic", { It: { ...policy("Machine") } }, `topic arn:aws:states`],
    [
      "a policy's condition",
      {
        Topic: topic("T"),
        It: policy("Topic", { Condition: { StringEquals: { "aws:PrincipalOrgID": "o" } } }),
      },
      "aws:PrincipalOrgID is not supported",
    ],
    ["an alarm's topic", alarm({ OKActions: [absent] }), `OKActions: topic ${absent} does not exist`],
    ["an alarm without a metric", alarm({ MetricName: undefined }), "one of MetricName and Metrics"],
    ["an alarm with two", alarm({ Metrics: [] }), "one of MetricName and Metrics"],
    ["an alarm's field", alarm({ Other: 1 }), "Other"],
    ["a dashboard that is no JSON", dashboard('{"widgets":[}'), "DashboardBody is no dashboard"],
    ["a dashboard without widgets", dashboard("{}"), "widgets is not a list"],
    ["a dashboard's name", dashboard('{"widgets":[]}', { DashboardName: "a b" }), "DashboardName is a b"],
  ])("%s", async (_, resources, text) => {
    expect(await deploying(resources)).toContain(text);
  });
});
