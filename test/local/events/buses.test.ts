import { type LocalAws, startLocalAws } from "../../../local/aws.ts";
import { ACCOUNT, bucketWithEvents, queueArn, REGION, roleFor, writeStacks } from "../fixture-assembly.ts";
import { createdIn, deliveries, INBOX, messages, queue, upload } from "./local-events.ts";

type Fields = Record<string, unknown>;

const HUB = "111111111111";
const THIRD = "222222222222";
const HUB_REGION = "us-east-1";
const hubBus = `arn:aws:events:${HUB_REGION}:${HUB}:event-bus/default`;
const thirdBus = `arn:aws:events:${HUB_REGION}:${THIRD}:event-bus/default`;
const ownBus = `arn:aws:events:${REGION}:${ACCOUNT}:event-bus/mine`;
const onKey = (prefix: string) => ({ source: ["aws.s3"], detail: { object: { key: [{ prefix }] } } });
const roleArn = (name: string) => ({ "Fn::GetAtt": [name, "Arn"] });

function rule(Name: string, EventPattern: Fields, target: Fields, more: Fields = {}): Fields {
  const Properties = { Name, EventPattern, Targets: [{ Id: "Target0", ...target }], ...more };
  return { Type: "AWS::Events::Rule", Properties };
}

/** Lets EventBridge send to a queue, on behalf of these rules. */
function policyFor(id: string, sourceArn: string): Fields {
  const Statement = [
    {
      Effect: "Allow",
      Action: "sqs:SendMessage",
      Principal: { Service: "events.amazonaws.com" },
      Resource: { "Fn::GetAtt": [id, "Arn"] },
      Condition: { ArnLike: { "aws:SourceArn": sourceArn } },
    },
    {
      Effect: "Deny",
      Action: "sqs:*",
      Principal: { AWS: "*" },
      Resource: "*",
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    },
  ];
  const Properties = { Queues: [{ Ref: id }], PolicyDocument: { Statement } };
  return { Type: "AWS::SQS::QueuePolicy", Properties };
}

const forwarder = (name: string, bus: string) =>
  roleFor("events.amazonaws.com", name, "events:PutEvents", bus);
const source = {
  Inbox: bucketWithEvents(INBOX),
  Own: queue("Own"),
  OwnPolicy: policyFor("Own", `arn:aws:events:${REGION}:${ACCOUNT}:rule/*`),
  Closed: queue("Closed"),
  Undelivered: queue("Undelivered"),
  Bus: { Type: "AWS::Events::EventBus", Properties: { Name: "mine" } },
  ToHub: forwarder("ToHub", hubBus),
  ToThird: forwarder("ToThird", thirdBus),
  ToOwn: forwarder("ToOwn", ownBus),
  Hub: rule("Hub", onKey("hub/"), { Arn: hubBus, RoleArn: roleArn("ToHub") }),
  Refused: rule("Refused", onKey("refused/"), { Arn: thirdBus, RoleArn: roleArn("ToThird") }),
  Powerless: rule("Powerless", onKey("powerless/"), {
    Arn: hubBus,
    RoleArn: roleArn("ToThird"),
    DeadLetterConfig: { Arn: queueArn("Undelivered") },
  }),
  Mine: rule("Mine", onKey("mine/"), { Arn: ownBus, RoleArn: roleArn("ToOwn") }),
  OnMine: rule("OnMine", createdIn(INBOX), { Arn: queueArn("Own") }, { EventBusName: { Ref: "Bus" } }),
  // Would send the event around for ever if events of another bus were sent on.
  Back: rule("Back", onKey("mine/"), { Arn: ownBus, RoleArn: roleArn("ToOwn") }, { EventBusName: "mine" }),
  Queue: rule("Queue", onKey("queue/"), { Arn: queueArn("Own"), InputPath: "$.detail.object.key" }),
  NoPolicy: rule("NoPolicy", onKey("closed/"), { Arn: queueArn("Closed") }),
};
const allow = { StatementId: "Source", Action: "events:PutEvents", Principal: ACCOUNT };
const hub = {
  Policy: { Type: "AWS::Events::EventBusPolicy", Properties: allow },
  Got: queue("Got"),
  GotPolicy: policyFor("Got", `arn:aws:events:${HUB_REGION}:${HUB}:rule/Take`),
  Take: rule(
    "Take",
    { account: [ACCOUNT], ...createdIn(INBOX) },
    { Arn: `arn:aws:sqs:${HUB_REGION}:${HUB}:Got` },
  ),
  ToThird: forwarder("ToThird", thirdBus),
  On: rule("On", { account: [ACCOUNT] }, { Arn: thirdBus, RoleArn: roleArn("ToThird") }),
};
const third = {
  Policy: { Type: "AWS::Events::EventBusPolicy", Properties: { ...allow, Principal: HUB } },
};

let aws: LocalAws;

beforeAll(async () => {
  const assembly = writeStacks({
    Source: { template: { Resources: source }, environment: `aws://${ACCOUNT}/${REGION}` },
    Hub: { template: { Resources: hub }, environment: `aws://${HUB}/${HUB_REGION}` },
    Third: { template: { Resources: third }, environment: `aws://${THIRD}/${HUB_REGION}` },
  });
  aws = await startLocalAws({ assembly, retryIntervalMillis: 1 });
});
afterAll(() => aws.stop());
beforeEach(() => {
  aws.calls.length = 0;
});

test("a rule sends an event to the bus of another account and region, where it keeps its own", async () => {
  await upload(aws, "hub/x");
  expect(deliveries(aws)).toMatchObject([
    { account: ACCOUNT, region: REGION, detail: { rule: "Hub" }, status: 202 },
    { account: HUB, region: HUB_REGION, detail: { rule: "Take" }, status: 202 },
  ]);
  expect(messages(aws, "Got")?.at(-1)?.body).toMatchObject({
    account: ACCOUNT,
    region: REGION,
    source: "aws.s3",
    detail: { object: { key: "hub/x" } },
  });
});

test("an event of another bus is not sent on to a third", async () => {
  await upload(aws, "hub/y");
  expect(deliveries(aws).map(({ detail }) => detail["rule"])).toEqual(["Hub", "Take"]);
  aws.calls.length = 0;
  await upload(aws, "mine/x");
  expect(deliveries(aws).map(({ detail }) => detail["rule"])).toEqual(["Mine", "OnMine"]);
});

test("a bus whose policy does not name the account takes nothing of it", async () => {
  await upload(aws, "refused/x");
  expect(deliveries(aws)).toMatchObject([
    { status: 403, error: "NO_PERMISSIONS", detail: { rule: "Refused" } },
  ]);
});

test("neither does one that the rule's role may not put events on, and the event ends in the dead-letter queue", async () => {
  await upload(aws, "powerless/x");
  expect(deliveries(aws)).toMatchObject([{ status: 403, error: "NO_PERMISSIONS" }]);
  expect(messages(aws, "Undelivered")?.at(-1)?.attributes).toMatchObject({
    TARGET_ARN: hubBus,
    ERROR_MESSAGE: expect.stringContaining("events:PutEvents"),
  });
});

test("a rule brings its input to a queue whose policy lets it", async () => {
  await upload(aws, "queue/x");
  expect(messages(aws, "Own")?.at(-1)).toEqual({ body: "queue/x", attributes: {} });
});

test("a queue without a policy takes nothing of a rule", async () => {
  await upload(aws, "closed/x");
  expect(deliveries(aws)).toMatchObject([{ status: 403, error: "NO_PERMISSIONS" }]);
  expect(messages(aws, "Closed")).toEqual([]);
});
