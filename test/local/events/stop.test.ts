import { PutObjectCommand } from "@aws-sdk/client-s3";
import { type LocalAws, startLocalAws } from "../../../local/aws.ts";
import { Background } from "../../../local/background.ts";
import {
  bucketWithEvents,
  functionOf,
  oneTask,
  ruleTo,
  templateOf,
  writeAssembly,
} from "../fixture-assembly.ts";
import { createdIn, FUNCTIONS, INBOX, s3Of, startEvents, upload } from "./local-events.ts";

async function put(aws: LocalAws, Key: string): Promise<void> {
  await s3Of(aws).send(new PutObjectCommand({ Bucket: INBOX, Key, Body: "x" }));
}

test("stopping ends a delivery that waits for its retry", async () => {
  const functions = { Fail: FUNCTIONS.Fail };
  const template = templateOf(functions, oneTask("Fail"));
  const Resources = {
    ...(template["Resources"] as object),
    Inbox: bucketWithEvents(INBOX),
    ...ruleTo("Fail", createdIn(INBOX)),
  };
  // Without an interval the retry would come after a minute.
  const aws = await startLocalAws({ assembly: writeAssembly({ ...template, Resources }) });
  await put(aws, "x");
  await until(() => aws.calls.some(({ operation }) => operation === "Invoke"));
  const settled = aws.settled();
  await aws.stop();
  await settled;
  expect(aws.calls.filter(({ operation }) => operation === "Invoke")).toHaveLength(1);
});

test("stopping kills the function that is at work on an event, and it is not tried again", async () => {
  const Hang = functionOf("exports.handler = () => new Promise(() => {})");
  const aws = await startEvents(ruleTo("Hang", createdIn(INBOX)), { Hang });
  await put(aws, "x");
  await until(() => aws.functions().some(({ environments }) => environments === 1));
  await aws.stop();
  expect(aws.functions()).toMatchObject([{ invocations: 1 }]);
});

test("an event that comes after the stop goes nowhere", async () => {
  const background = new Background();
  let ran = false;
  background.stop();
  background.run(async () => {
    ran = true;
  });
  await background.settled();
  expect(ran).toBe(false);
});

test("events are waited for to the end of what they lead to", async () => {
  const aws = await startEvents(ruleTo("Take", createdIn(INBOX)));
  await Promise.all(Array.from({ length: 20 }, (_, n) => upload(aws, `n${n}`)));
  expect(aws.functions().find(({ name }) => name === "Take")?.invocations).toBe(20);
  await aws.stop();
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
