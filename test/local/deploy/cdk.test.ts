import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { App, Duration, Stack, TimeZone } from "aws-cdk-lib";
import {
  AlarmRule,
  AlarmState,
  CompositeAlarm,
  Dashboard,
  GraphWidget,
  MathExpression,
} from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import { CfnEventBusPolicy, EventBus, Rule } from "aws-cdk-lib/aws-events";
import * as targets from "aws-cdk-lib/aws-events-targets";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Code, Function as LambdaFunction, Runtime } from "aws-cdk-lib/aws-lambda";
import { SqsEventSource } from "aws-cdk-lib/aws-lambda-event-sources";
import { Schedule, ScheduleExpression, ScheduleGroup, ScheduleTargetInput } from "aws-cdk-lib/aws-scheduler";
import { StepFunctionsStartExecution } from "aws-cdk-lib/aws-scheduler-targets";
import { Topic } from "aws-cdk-lib/aws-sns";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import { DefinitionBody, Pass, StateMachine } from "aws-cdk-lib/aws-stepfunctions";
import { startLocalAws } from "../../../local/aws.ts";

const env = { account: "333333333333", region: "eu-central-1" };
const elsewhere = { account: "111111111111", region: "us-east-1" };

function synthesise(): string {
  const app = new App({ outdir: mkdtempSync(join(tmpdir(), "cdk-")) });
  const there = new Stack(app, "There", { env: elsewhere });
  new CfnEventBusPolicy(there, "Allow", {
    statementId: "Here",
    statement: {
      Effect: "Allow",
      Action: "events:PutEvents",
      Principal: { AWS: env.account },
      Resource: there.formatArn({ service: "events", resource: "event-bus", resourceName: "default" }),
    },
  });
  const reached = new Topic(there, "Reached", { topicName: "reached" });
  new Rule(there, "Take", { eventPattern: { source: ["own"] }, targets: [new targets.SnsTopic(reached)] });

  const stack = new Stack(app, "Here", { env });
  const failures = new Queue(stack, "Failures", { enforceSSL: true });
  const queue = new Queue(stack, "Queue", {
    deliveryDelay: Duration.minutes(2),
    visibilityTimeout: Duration.minutes(1),
    deadLetterQueue: { queue: failures, maxReceiveCount: 5 },
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
  });
  const work = new LambdaFunction(stack, "Work", {
    runtime: Runtime.NODEJS_24_X,
    handler: "index.handler",
    code: Code.fromInline("exports.handler = async () => ({ batchItemFailures: [] })"),
    role: new Role(stack, "WorkRole", { assumedBy: new ServicePrincipal("lambda.amazonaws.com") }),
    timeout: Duration.seconds(30),
  });
  work.addEventSource(
    new SqsEventSource(queue, {
      batchSize: 10,
      maxBatchingWindow: Duration.seconds(5),
      maxConcurrency: 5,
      reportBatchItemFailures: true,
    }),
  );
  const topic = new Topic(stack, "Topic", { topicName: "here", enforceSSL: true });
  topic.addSubscription(new EmailSubscription("someone@example.com"));
  const hub = EventBus.fromEventBusArn(
    stack,
    "Hub",
    `arn:aws:events:${elsewhere.region}:${elsewhere.account}:event-bus/default`,
  );
  new Rule(stack, "Rule", {
    eventPattern: { source: ["own"] },
    targets: [new targets.SqsQueue(queue), new targets.SnsTopic(topic), new targets.EventBus(hub)],
  });

  const machine = new StateMachine(stack, "Machine", {
    definitionBody: DefinitionBody.fromChainable(new Pass(stack, "Pass")),
  });
  const input = ScheduleTargetInput.fromObject({ rule: "nightly" });
  new Schedule(stack, "Nightly", {
    scheduleName: "Nightly",
    schedule: ScheduleExpression.cron({ minute: "0", hour: "2", timeZone: TimeZone.EUROPE_BERLIN }),
    target: new StepFunctionsStartExecution(machine, { input, deadLetterQueue: failures, retryAttempts: 2 }),
  });
  new Schedule(stack, "Hourly", {
    scheduleName: "Hourly",
    scheduleGroup: new ScheduleGroup(stack, "Group"),
    schedule: ScheduleExpression.rate(Duration.hours(1)),
    target: new StepFunctionsStartExecution(machine, { input }),
  });

  const failed = machine.metricFailed().createAlarm(stack, "Failed", { threshold: 1, evaluationPeriods: 1 });
  failed.addAlarmAction(new SnsAction(topic));
  const sum = { a: machine.metricFailed(), b: machine.metricThrottled() };
  new MathExpression({ expression: "a+b", usingMetrics: sum }).createAlarm(stack, "Sum", {
    threshold: 1,
    evaluationPeriods: 1,
  });
  new CompositeAlarm(stack, "Any", { alarmRule: AlarmRule.fromAlarm(failed, AlarmState.ALARM) });
  new Dashboard(stack, "Dashboard", { widgets: [[new GraphWidget({ left: [machine.metricFailed()] })]] });
  return app.synth().directory;
}

test("what CDK makes of queues, buses, topics, schedules and alarms is deployed and works", async () => {
  const aws = await startLocalAws({ assembly: synthesise(), retryIntervalMillis: 1 });
  const credentials = { accessKeyId: env.account, secretAccessKey: "any" };
  const client = new EventBridgeClient({ endpoint: aws.endpoint, region: env.region, credentials });
  await client.send(
    new PutEventsCommand({ Entries: [{ Source: "own", DetailType: "Test", Detail: '{"n":1}' }] }),
  );
  await aws.settled();
  expect(aws.functions()).toMatchObject([{ invocations: 1, failures: 0 }]);
  expect(aws.queues().flatMap(({ messages }) => messages)).toEqual([]);
  const published = aws
    .topics()
    .map(({ name, messages }) => [name, JSON.parse(messages[0]?.message ?? "{}")]);
  const event = expect.objectContaining({ source: "own", account: env.account, detail: { n: 1 } });
  expect(Object.fromEntries(published)).toEqual({ here: event, reached: event });
  for (const schedule of ["Nightly", "Hourly"]) {
    const execution = aws.states.get(aws.runSchedule(schedule));
    expect(JSON.parse(execution.input)).toEqual({ rule: "nightly" });
    expect((await execution.ended).status).toBe("SUCCEEDED");
  }
  await aws.stop();
});
