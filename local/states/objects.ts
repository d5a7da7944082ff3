import { Exchange } from "../exchange.ts";
import type { Faults } from "../faults.ts";
import type { Call, CallRecord, Reply, Service } from "../http.ts";
import { Refusal, refusalReply } from "../refusal.ts";
import type { BucketStore } from "../s3/bucket-store.ts";
import type { Machine } from "./machine.ts";

/** Where an object is. */
export interface ObjectAddress {
  readonly bucket: string;
  readonly key: string;
}

/** S3 as state machines use it: as their role; throws an Error in S3's words. */
export interface Objects {
  read(machine: Machine, address: ObjectAddress): Promise<AsyncIterable<Uint8Array>>;
  write(machine: Machine, address: ObjectAddress, content: AsyncIterable<Uint8Array>): Promise<void>;
}

/** What the use of S3 goes through: recorded and struck by faults like any other call. */
export interface ObjectsDependencies {
  readonly s3: Service;
  readonly buckets: BucketStore;
  readonly faults: Faults;
  readonly onCall: (record: CallRecord) => void;
}

/** Calls S3 in this process with a session of the machine's role. */
export function objectsAs(dependencies: ObjectsDependencies): Objects {
  const send = async (
    method: string,
    machine: Machine,
    { bucket, key }: ObjectAddress,
    body: Call["body"],
  ) => {
    const { account, region, role } = machine;
    const call: Call = {
      method,
      path: `/${bucket}/${key.split("/").map(encodeURIComponent).join("/")}`,
      query: new URLSearchParams(),
      headers: { "content-type": "application/json" },
      body,
      endpoint: "",
      caller: { account, region, arn: `arn:aws:sts::${account}:assumed-role/${role.name}/StepFunctions` },
    };
    const found = dependencies.buckets.find(bucket)?.identity.region ?? region;
    if (found !== region)
      throw new Error(
        `Bucket ${bucket} is in ${found}; one in the state machine's Region ${region} is needed`,
      );
    const reply = await answer(call, dependencies);
    if (reply.error) throw new Error(textOf(reply));
    return reply.body as AsyncIterable<Uint8Array> | undefined;
  };
  return {
    read: async (machine, address) => (await send("GET", machine, address, nothing())) ?? nothing(),
    write: async (machine, address, content) => {
      await send("PUT", machine, address, content);
    },
  };
}

async function answer(call: Call, { s3, faults, onCall }: ObjectsDependencies): Promise<Reply> {
  const exchange = new Exchange(call, faults);
  exchange.route = { service: "s3", operation: call.method, shape: "s3" };
  const reply = await s3.handle(call, exchange.identify).catch((error: unknown) => {
    if (error instanceof Refusal) return refusalReply(error, "s3");
    throw error;
  });
  onCall(exchange.record(reply));
  return reply;
}

function textOf({ body, error, status }: Reply): string {
  const message = /<Message>(.*?)<\/Message>/s.exec(String(body))?.[1] ?? "";
  return `${message} (Service: S3, Status Code: ${status}, Error Code: ${error})`;
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
