import { EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from "@aws-sdk/client-eventbridge";
import type { LocalAws } from "../../../local/aws.ts";
import { ACCOUNT, functionArn, functionOf, REGION, ruleTo } from "../fixture-assembly.ts";
import { deliveries, FUNCTIONS, startEvents } from "./local-events.ts";

const BUS = `arn:aws:events:${REGION}:${ACCOUNT}:event-bus/default`;
// Puts its event's entries with its own role: no SDK is beside an inline function, so it signs by hand.
const asFunction = functionOf(`
const { createHash, createHmac } = require("node:crypto");
const sha = (text) => createHash("sha256").update(text).digest("hex");
const mac = (key, text) => createHmac("sha256", key).update(text).digest();
exports.handler = async (entries) => {
  const { AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env;
  const body = JSON.stringify({ Entries: entries });
  const time = new Date().toISOString().replace(/[-:]|\\.\\d+/g, "");
  const scope = [time.slice(0, 8), AWS_REGION, "events", "aws4_request"];
  const headers = {
    "content-type": "application/x-amz-json-1.1", host: new URL(AWS_ENDPOINT_URL).host, "x-amz-date": time,
    "x-amz-security-token": AWS_SESSION_TOKEN, "x-amz-target": "AWSEvents.PutEvents",
  };
  const names = Object.keys(headers).join(";");
  const lines = Object.entries(headers).map(([name, value]) => name + ":" + value + "\\n").join("");
  const request = ["POST", "/", "", lines, names, sha(body)].join("\\n");
  const text = ["AWS4-HMAC-SHA256", time, scope.join("/"), sha(request)].join("\\n");
  const signature = mac(scope.reduce(mac, "AWS4" + AWS_SECRET_ACCESS_KEY), text).toString("hex");
  const credential = AWS_ACCESS_KEY_ID + "/" + scope.join("/");
  headers.authorization = "AWS4-HMAC-SHA256 Credential=" + credential + ", SignedHeaders=" + names + ", Signature=" + signature;
  return (await fetch(AWS_ENDPOINT_URL, { method: "POST", headers, body })).json();
}`);

const roleFor = (statement: object | undefined) => ({
  Type: "AWS::IAM::Role",
  Properties: {
    AssumeRolePolicyDocument: {
      Statement: [
        { Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "lambda.amazonaws.com" } },
      ],
    },
    Policies: statement ? [{ PolicyName: "p", PolicyDocument: { Statement: [statement] } }] : [],
  },
});
const withRole = (id: string) => ({
  ...asFunction,
  Properties: { ...(asFunction["Properties"] as object), Role: { "Fn::GetAtt": [id, "Arn"] } },
});

let aws: LocalAws;
let client: EventBridgeClient;

beforeAll(async () => {
  aws = await startEvents(
    {
      Putter: roleFor({ Effect: "Allow", Action: "events:PutEvents", Resource: BUS }),
      Powerless: roleFor(undefined),
      Bus: { Type: "AWS::Events::EventBus", Properties: { Name: "mine" } },
      ...ruleTo("Take", { source: ["own"] }),
      ...ruleTo("Take", { source: ["own"] }, { id: "OnMine", rule: { EventBusName: { Ref: "Bus" } } }),
    },
    { Take: FUNCTIONS.Take, Put: withRole("Putter"), Cannot: withRole("Powerless") },
  );
  client = clientOf();
});
afterAll(() => aws.stop());
beforeEach(() => {
  aws.calls.length = 0;
  aws.faults.clear();
});

function clientOf(accessKeyId = ACCOUNT): EventBridgeClient {
  const credentials = { accessKeyId, secretAccessKey: "any" };
  return new EventBridgeClient({ endpoint: aws.endpoint, region: REGION, credentials, maxAttempts: 1 });
}

const entry = { Source: "own", DetailType: "Image Replicated", Detail: '{"status":"InSync"}' };

async function put(...Entries: PutEventsRequestEntry[]) {
  const { $metadata: _, ...answer } = await client.send(new PutEventsCommand({ Entries }));
  await aws.settled();
  return answer;
}

test("an event that is put reaches the rules of its bus, and is kept", async () => {
  const answer = await put({ ...entry, Resources: ["arn:a"], Time: new Date("2026-01-02T03:04:05.678Z") });
  const [id] = answer.Entries?.map(({ EventId }) => EventId) ?? [];
  expect(answer).toEqual({
    FailedEntryCount: 0,
    Entries: [{ EventId: expect.stringMatching(/^[0-9a-f-]{36}$/) }],
  });
  expect(deliveries(aws)).toMatchObject([{ status: 202, detail: { rule: "TakeRule", eventId: id } }]);
  expect(aws.calls.find(({ operation }) => operation === "PutEvents")).toMatchObject({
    service: "events",
    status: 200,
    detail: { entries: 1, detailType: "Image Replicated" },
  });
  expect(aws.events().at(-1)).toEqual({
    version: "0",
    id,
    "detail-type": "Image Replicated",
    source: "own",
    account: ACCOUNT,
    time: "2026-01-02T03:04:05Z",
    region: REGION,
    resources: ["arn:a"],
    detail: { status: "InSync" },
  });
  const shown = await fetch(`${aws.endpoint}/_local/events`);
  expect(await shown.json()).toEqual(aws.events());
});

test("another bus is named by its name or ARN", async () => {
  await put({ ...entry, EventBusName: "mine" }, { ...entry, EventBusName: BUS.replace("default", "mine") });
  const rules = deliveries(aws).map(({ detail }) => detail["rule"]);
  expect(rules).toEqual(["OnMine", "OnMine"]);
});

test.each<[string, PutEventsRequestEntry, string, string]>([
  ["no source", { ...entry, Source: "" }, "InvalidArgument", "Source is a required argument"],
  ["no type", { ...entry, DetailType: undefined }, "InvalidArgument", "DetailType is a required argument"],
  ["a long type", { ...entry, DetailType: "x".repeat(129) }, "InvalidArgument", "longer than 128"],
  ["no detail", { ...entry, Detail: undefined }, "InvalidArgument", "Detail is a required argument"],
  ["a detail that is no JSON", { ...entry, Detail: "{" }, "MalformedDetail", "Detail is malformed."],
  ["a detail that is a list", { ...entry, Detail: "[]" }, "MalformedDetail", "Detail is malformed."],
  ["a source of AWS", { ...entry, Source: "aws.ecr" }, "NotAuthorizedForSourceException", "Not authorized"],
  [
    "a bus that does not exist",
    { ...entry, EventBusName: "no" },
    "ResourceNotFoundException",
    "Event bus no",
  ],
])("an entry with %s fails, and the others do not", async (_, bad, ErrorCode, text) => {
  const answer = await put(entry, bad);
  expect(answer).toEqual({
    FailedEntryCount: 1,
    Entries: [{ EventId: expect.any(String) }, { ErrorCode, ErrorMessage: expect.stringContaining(text) }],
  });
});

test("ten entries are put, and neither none nor eleven", async () => {
  expect((await put(...Array(10).fill(entry))).Entries).toHaveLength(10);
  await expect(put()).rejects.toThrow("length 1 to 10");
  await expect(put(...Array(11).fill(entry))).rejects.toMatchObject({ name: "ValidationException" });
});

test("entries of 1 MiB are put, and of one byte more not", async () => {
  const rest = Buffer.byteLength(`${entry.Source}${entry.DetailType}{"a":""}`);
  const Detail = (bytes: number) => JSON.stringify({ a: "x".repeat(bytes - rest) });
  expect(await put({ ...entry, Detail: Detail(2 ** 20) })).toMatchObject({ FailedEntryCount: 0 });
  await expect(put({ ...entry, Detail: Detail(2 ** 20 + 1) })).rejects.toThrow("over the limit");
});

test("a field that local AWS does not know is refused by name", async () => {
  const EndpointId = "abc.xyz";
  const refused = fetch(aws.endpoint, {
    method: "POST",
    headers: {
      "x-amz-target": "AWSEvents.PutEvents",
      authorization: `AWS4-HMAC-SHA256 Credential=${ACCOUNT}/20260101/${REGION}/events/aws4_request, SignedHeaders=host, Signature=${"0".repeat(64)}`,
    },
    body: JSON.stringify({ EndpointId, Entries: [entry] }),
  });
  expect(await (await refused).json()).toMatchObject({ message: expect.stringContaining("EndpointId") });
});

test("an account's administrator puts nothing on another account's bus", async () => {
  const stranger = clientOf("444444444444");
  const command = new PutEventsCommand({ Entries: [{ ...entry, EventBusName: BUS }] });
  await expect(stranger.send(command)).rejects.toMatchObject({ name: "AccessDeniedException" });
});

test("a function puts events if its role may on that bus", async () => {
  const call = (name: string, given: object) =>
    aws.invoke(functionArn(name), JSON.stringify([{ ...entry, ...given }]));
  expect(await call("Put", {})).toMatchObject({ result: expect.stringContaining('"FailedEntryCount":0') });
  expect(await call("Put", { EventBusName: "mine" })).toMatchObject({
    result: expect.stringContaining("AccessDeniedException"),
  });
  expect(await call("Cannot", {})).toMatchObject({ result: expect.stringContaining("events:PutEvents") });
  await aws.settled();
});

test("a fault strikes the call", async () => {
  aws.faults.add({ service: "events", operation: "PutEvents", fault: "throttle" });
  await expect(put(entry)).rejects.toMatchObject({ name: "ThrottlingException", message: "Rate exceeded" });
  aws.faults.add({ service: "events", operation: "PutEvents", fault: "lostAnswer" });
  const before = aws.events().length;
  await expect(put(entry)).rejects.toThrow();
  expect(aws.events()).toHaveLength(before + 1);
  const duplicate = { service: "events", operation: "PutEvents", fault: "duplicate" } as const;
  expect(() => aws.faults.add(duplicate)).toThrow("operation Deliver");
  await aws.settled();
});

test("the last 10,000 events are kept", async () => {
  const before = aws.events()[0]?.id;
  const batch = new PutEventsCommand({ Entries: Array(10).fill({ ...entry, Source: "many" }) });
  for (let sent = 0; sent < 10_000; sent += 10) await client.send(batch);
  expect(aws.events()).toHaveLength(10_000);
  expect(aws.events()[0]?.id).not.toBe(before);
});
