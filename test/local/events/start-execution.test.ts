import { createRequire } from "node:module";
import type { LocalAws } from "../../../local/aws.ts";
import { functionArn, functionOf, MACHINE_ARN, queueArn, roleFor, ruleTo } from "../fixture-assembly.ts";
import {
  createdIn,
  eventInvokeConfig,
  FUNCTIONS,
  INBOX,
  messages,
  queue,
  startEvents,
  upload,
} from "./local-events.ts";

const sdk = JSON.stringify(createRequire(import.meta.url).resolve("@aws-sdk/client-sfn"));
// Starts an execution that is named after the version of the object; one that exists already is no failure.
const starter = functionOf(
  `const { SFNClient, StartExecutionCommand } = require(${sdk});
exports.handler = async ({ rule, detail, uri }) => {
  const input = JSON.stringify({ rule, source: uri, size: detail.object.size });
  const name = rule + "-" + detail.object.sequencer;
  await new SFNClient({ maxAttempts: 1 }).send(new StartExecutionCommand({ stateMachineArn: "${MACHINE_ARN}", name, input })).catch((error) => {
    if (error.name !== "ExecutionAlreadyExists") throw error;
  });
};`,
  { MemorySize: 512 },
);
const target = {
  InputTransformer: {
    InputPathsMap: { detail: "$.detail", bucket: "$.detail.bucket.name", key: "$.detail.object.key" },
    InputTemplate: '{"rule":"inbox","detail":<detail>,"uri":"s3://<bucket>/<key>"}',
  },
};

let aws: LocalAws;

beforeAll(async () => {
  const Role = { "Fn::GetAtt": ["Powerless", "Arn"] };
  const Resources = {
    Failures: queue("Failures"),
    Powerless: roleFor("lambda.amazonaws.com", "Powerless", "sqs:SendMessage"),
    DeniedConfig: eventInvokeConfig("Denied", {
      DestinationConfig: { OnFailure: { Destination: queueArn("Failures") } },
    }),
    ...ruleTo("Start", createdIn(INBOX), { target }),
    ...ruleTo("Denied", { detail: { object: { key: [{ prefix: "denied/" }] } } }, { target }),
  };
  const denied = { ...starter, Properties: { ...(starter["Properties"] as object), Role } };
  aws = await startEvents(Resources, { Take: FUNCTIONS.Take, Start: starter, Denied: denied });
});
afterAll(() => aws.stop());
beforeEach(() => {
  aws.calls.length = 0;
  aws.faults.clear();
});

const executions = () => aws.states.of(MACHINE_ARN);

test("an upload starts an execution by the function's own role", async () => {
  await upload(aws, "images/ünïcode & space.tar");
  const [execution] = executions();
  expect(JSON.parse(execution?.input ?? "")).toEqual({
    rule: "inbox",
    source: "s3://replication-inbox/images/ünïcode & space.tar",
    size: 5,
  });
  expect((await execution?.ended)?.status).toBe("SUCCEEDED");
});

test("an event that is delivered twice starts one execution", async () => {
  const before = executions().length;
  aws.faults.add({ service: "events", operation: "Deliver", fault: "duplicate" });
  await upload(aws, "images/twice.tar");
  expect(executions()).toHaveLength(before + 1);
});

test("two uploads of one key start two executions, named in their order", async () => {
  await upload(aws, "images/again.tar");
  await upload(aws, "images/again.tar");
  const [newer, older] = executions().map(({ name }) => name);
  expect((newer ?? "") > (older ?? "")).toBe(true);
});

test("a function whose role may not start it is refused, which ends in its queue", async () => {
  const before = executions().length;
  await upload(aws, "denied/x.tar");
  // The other rule's function may.
  expect(executions()).toHaveLength(before + 1);
  const refused = aws.calls.filter(({ service, error }) => service === "states" && error);
  expect(refused).toMatchObject(
    Array(3).fill({ operation: "StartExecution", error: "AccessDeniedException" }),
  );
  const [failure] = messages(aws, "Failures") ?? [];
  expect(failure?.body).toMatchObject({
    requestContext: { functionArn: `${functionArn("Denied")}:$LATEST`, approximateInvokeCount: 3 },
    requestPayload: { rule: "inbox", uri: "s3://replication-inbox/denied/x.tar" },
    responsePayload: {
      errorType: "AccessDeniedException",
      errorMessage: expect.stringContaining("states:StartExecution"),
    },
  });
});
