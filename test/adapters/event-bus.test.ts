import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

const before = { ...process.env };
let server: Server;
let status: number;
let answer: object;
let asked: { target: string | undefined; body: unknown }[];
let putEvent: typeof import("../../adapters/clients/event-bus.ts").putEvent;

beforeAll(async () => {
  server = createServer(async (received, response) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of received) chunks.push(chunk);
    const target = received.headers["x-amz-target"]?.toString();
    asked.push({ target, body: JSON.parse(Buffer.concat(chunks).toString()) });
    response.writeHead(status, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_REGION: "eu-central-1",
    AWS_ACCESS_KEY_ID: "333333333333",
    AWS_SECRET_ACCESS_KEY: "any",
  });
  // The client reads its environment when it is made.
  ({ putEvent } = await import("../../adapters/clients/event-bus.ts"));
});
beforeEach(() => {
  [status, answer, asked] = [200, { FailedEntryCount: 0, Entries: [{ EventId: "1" }] }, []];
});
afterAll(() => {
  process.env = before;
  server.closeAllConnections();
  server.close();
});

const event = { detailType: "Replication Finished", detail: { rule: "mirror", text: "é" } };

test("an event goes to the default bus, from this product", async () => {
  await putEvent(event);
  const entry = {
    Source: "ecr-replicator",
    DetailType: "Replication Finished",
    Detail: '{"rule":"mirror","text":"é"}',
  };
  expect(asked).toEqual([{ target: "AWSEvents.PutEvents", body: { Entries: [entry] } }]);
});

test.each([
  ["ThrottlingException", "Throttled"],
  ["InternalFailure", "Unavailable"],
  ["AccessDeniedException", "AccessDenied"],
])("an entry that is refused with %s is %s, though the call was answered", async (ErrorCode, name) => {
  answer = { FailedEntryCount: 1, Entries: [{ ErrorCode, ErrorMessage: "not this one." }] };
  await expect(putEvent(event)).rejects.toMatchObject({
    name,
    side: undefined,
    operation: "PutEvents",
    message: expect.stringContaining(
      `PutEvents on the default event bus failed with ${ErrorCode}: not this one`,
    ),
  });
});

test("a call that is refused is a failure", async () => {
  [status, answer] = [400, { __type: "AccessDeniedException", message: "not you" }];
  await expect(putEvent(event)).rejects.toMatchObject({ name: "AccessDenied", operation: "PutEvents" });
});
