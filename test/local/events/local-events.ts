import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { type LocalAws, startLocalAws } from "../../../local/aws.ts";
import {
  ACCOUNT,
  bucketWithEvents,
  functionOf,
  oneTask,
  REGION,
  templateOf,
  writeAssembly,
} from "../fixture-assembly.ts";

type Fields = Record<string, unknown>;

/** The bucket of the fixture that tells EventBridge of its objects. */
export const INBOX = "replication-inbox";

/** Matches every new object of a bucket. */
export const createdIn = (bucket: string): Fields => ({
  source: ["aws.s3"],
  "detail-type": ["Object Created"],
  detail: { bucket: { name: [bucket] } },
});

/** A function that ends well, and one that fails always. */
export const FUNCTIONS = {
  Take: functionOf("exports.handler = async (event) => event"),
  Fail: functionOf(
    "exports.handler = async () => { throw Object.assign(new Error('it is late'), { name: 'TooLate' }) }",
  ),
};

/** A queue of this name. */
export function queue(QueueName: string): Fields {
  return { Type: "AWS::SQS::Queue", Properties: { QueueName, SqsManagedSseEnabled: true } };
}

/** How a function's asynchronous events are treated. */
export function eventInvokeConfig(FunctionName: string, properties: Fields): Fields {
  return {
    Type: "AWS::Lambda::EventInvokeConfig",
    Properties: { FunctionName: { Ref: FunctionName }, Qualifier: "$LATEST", ...properties },
  };
}

/** Starts local AWS with the functions, the inbox and these resources besides. */
export function startEvents(
  resources: Record<string, Fields>,
  functions: Record<string, Fields> = FUNCTIONS,
): Promise<LocalAws> {
  const [first = ""] = Object.keys(functions);
  const template = templateOf(functions, oneTask(first), ["sqs:SendMessage", "states:StartExecution"]);
  const Resources = {
    ...(template["Resources"] as object),
    Inbox: bucketWithEvents(INBOX),
    ...resources,
  };
  return startLocalAws({ assembly: writeAssembly({ ...template, Resources }), retryIntervalMillis: 1 });
}

/** A client of S3 for an account's administrator. */
export function s3Of(aws: LocalAws, { region = REGION, account = ACCOUNT } = {}): S3Client {
  return new S3Client({
    endpoint: aws.endpoint,
    region,
    credentials: { accessKeyId: account, secretAccessKey: "any" },
    maxAttempts: 1,
    forcePathStyle: true,
  });
}

/** Uploads a small object and waits until no event is on its way any more. */
export async function upload(aws: LocalAws, Key: string, { Bucket = INBOX, s3 = s3Of(aws) } = {}) {
  const answer = await s3.send(new PutObjectCommand({ Bucket, Key, Body: "image" }));
  await aws.settled();
  return answer;
}

/** Makes a bucket by hand. */
export async function createBucket(s3: S3Client, Bucket: string): Promise<void> {
  await s3.send(new CreateBucketCommand({ Bucket }));
}

/** The deliveries in the record of calls. */
export function deliveries(aws: LocalAws) {
  return aws.calls.filter(({ service, operation }) => service === "events" && operation === "Deliver");
}

/** How often a function was run. */
export function invocations(aws: LocalAws, functionName: string): number {
  return aws.functions().find(({ name }) => name === functionName)?.invocations ?? 0;
}

/** What is in a queue, the bodies parsed. */
export function messages(aws: LocalAws, queueName: string) {
  const found = aws.queues().find(({ name }) => name === queueName);
  return found?.messages.map(({ body, attributes }) => ({ body: JSON.parse(body), attributes }));
}
