import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { SFNClient } from "@aws-sdk/client-sfn";
import { type LocalAws, startLocalAws } from "../../../local/aws.ts";
import type { Ending } from "../../../local/states/run.ts";
import {
  ACCOUNT,
  functionArn,
  functionOf,
  MACHINE_ARN,
  REGION,
  roleFor,
  templateOf,
  writeAssembly,
} from "../fixture-assembly.ts";

/** JSON objects. */
export type Fields = Record<string, unknown>;

/** The bucket that the machine has. */
export const BUCKET = "work";
/** All that the machine's role may need. */
export const ALLOWED = ["lambda:InvokeFunction", "states:*", "s3:GetObject", "s3:PutObject", "s3:ListBucket"];
/** A state that gives back its input, one that runs a function on it, and one that waits for an hour. */
export const echo = { Type: "Pass", End: true };
export const work = { Type: "Task", Resource: functionArn("Work"), End: true };
export const hold = { Type: "Wait", Seconds: 3600, End: true };

const functions = {
  Work: functionOf(`exports.handler = async (item) => {
    if (item.fail) throw Object.assign(new Error("no luck"), { name: "Unlucky" });
    return { done: item };
  }`),
};

/** A Distributed Map whose children have one state. */
export const map = (state: Fields, fields: Fields = {}) => ({
  Type: "Map",
  Label: "Each",
  ItemProcessor: {
    ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" },
    StartAt: "One",
    States: { One: state },
  },
  End: true,
  ...fields,
});
/** Reads items from the key in the input. */
export const reader = (InputType = "JSONL", config: Fields = {}) => ({
  ItemReader: {
    Resource: "arn:aws:states:::s3:getObject",
    ReaderConfig: { InputType, ...config },
    Parameters: { Bucket: BUCKET, "Key.$": "$.key" },
  },
});
/** Writes results under the prefix in the input. */
export const writer = (WriterConfig?: Fields, Bucket = BUCKET) => ({
  ResultWriter: {
    Resource: "arn:aws:states:::s3:putObject",
    Parameters: { Bucket, "Prefix.$": "$.prefix" },
    ...(WriterConfig && { WriterConfig }),
  },
});

let aws: LocalAws | undefined;
afterEach(() => aws?.stop());

/** Starts local AWS with a machine of these states. */
export async function deploy(
  states: Fields,
  actions: string[] = ALLOWED,
  options: { retryIntervalMillis?: number } = {},
) {
  const template = templateOf(functions, { StartAt: Object.keys(states)[0], States: states });
  const resources = template["Resources"] as Fields;
  resources["MachineRole"] = roleFor("states.amazonaws.com", "MachineRole", actions);
  resources["Bucket"] = { Type: "AWS::S3::Bucket", Properties: { BucketName: BUCKET } };
  aws = await startLocalAws({ assembly: writeAssembly(template), ...options });
  const settings = {
    endpoint: aws.endpoint,
    region: REGION,
    credentials: { accessKeyId: ACCOUNT, secretAccessKey: "any" },
    maxAttempts: 1,
  };
  return {
    local: aws,
    sfn: new SFNClient(settings),
    s3: new S3Client({ ...settings, forcePathStyle: true }),
  };
}

/** Local AWS, and clients of it. */
export type Deployed = Awaited<ReturnType<typeof deploy>>;

/** Starts an execution. */
export function begin({ local }: Deployed, input: unknown) {
  return local.states.start(local.states.machine(MACHINE_ARN), JSON.stringify(input));
}

/** Runs an execution to its end. */
export const run = (deployed: Deployed, input: unknown): Promise<Ending> => begin(deployed, input).ended;

/** The output of an execution that succeeded. */
export function outputOf(ending: Ending) {
  if (ending.status !== "SUCCEEDED") throw new Error(`${ending.error}: ${ending.cause}`);
  return JSON.parse(ending.output);
}

/** Puts an object. */
export const put = ({ s3 }: Deployed, Key: string, Body: string) =>
  s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: Buffer.from(Body) }));

/** Reads an object. */
export async function textOf({ s3 }: Deployed, Key = ""): Promise<string> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
  return Body?.transformToString() ?? "";
}

/** The types of an execution's events. */
export const eventsOf = ({ local }: Deployed, arn: string) =>
  local.states.get(arn).run.history.events.map(({ type }) => type);

/** Lines of JSON. */
export const jsonl = (items: readonly unknown[]) => items.map((item) => `${JSON.stringify(item)}\n`).join("");

/** Polls once per turn of the event loop. */
export async function until<Value>(look: () => Value, good: (value: Value) => boolean): Promise<Value> {
  for (;;) {
    const value = look();
    if (good(value)) return value;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
