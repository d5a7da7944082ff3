import { setTimeout as delay } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { DescribeExecutionCommand, ListExecutionsCommand, SFNClient } from "@aws-sdk/client-sfn";
import { type Archive, saveImage } from "./archive.ts";
import {
  accounts,
  clientConfig,
  createRepository,
  host,
  imageOf,
  region,
  replicate,
  roles,
  say,
  stateMachine,
} from "./stage.ts";

const destination = { account: accounts.destination, region, name: "react-frontend" };

/** Archives as `docker save` writes them: one copied by hand, and the next by being uploaded. */
export async function fromS3(endpoint: string): Promise<void> {
  const first = saveImage("react-frontend", "1.0.0");
  say("An archive that docker save wrote, in a bucket of the source account: s3://my-bucket/images/");
  await createRepository(endpoint, destination);
  const bucket = { Bucket: "my-bucket", Key: "images/react-frontend.tar" };
  const owner = new S3Client({ ...clientConfig(endpoint, accounts.source), forcePathStyle: true });
  const there = { LocationConstraint: region } as const;
  await owner.send(new CreateBucketCommand({ Bucket: bucket.Bucket, CreateBucketConfiguration: there }));
  await owner.send(new PutObjectCommand({ ...bucket, Body: first.bytes }));
  console.log(`uploaded ${first.bytes.length} bytes; the image's id is ${first.id}`);

  say("Copying it from here, without a state machine");
  const to = `${host(destination)}:1.0.0`;
  await replicate(endpoint, ["copy", `s3://${bucket.Bucket}/${bucket.Key}`, to, ...roles]);
  await compare(endpoint, first, "1.0.0");

  const next = saveImage("react-frontend", "1.1.0");
  say("The next version, compressed, into the inbox: s3://replication-inbox/images/react-frontend.tar.gz");
  const inbox = new S3Client({ ...clientConfig(endpoint, accounts.pipeline), forcePathStyle: true });
  const Body = gzipSync(next.bytes);
  const upload = { Bucket: "replication-inbox", Key: "images/react-frontend.tar.gz", Body };
  await inbox.send(new PutObjectCommand(upload));
  console.log(`uploaded ${Body.length} bytes; the upload starts the rest`);
  const report = await executionThatFollows(endpoint);
  console.log(JSON.stringify(report, null, 2));
  await compare(endpoint, next, "latest");
  if (report.layers.present !== 1) throw new Error("the base layer was sent again");
  console.log("The base layer was found in 1.0.0, so that only what is new was sent.");
}

/** The output of the execution that an upload has started. */
async function executionThatFollows(endpoint: string): Promise<{ layers: { present: number } }> {
  const client = new SFNClient(clientConfig(endpoint, accounts.pipeline));
  for (;;) {
    const list = new ListExecutionsCommand({ stateMachineArn: stateMachine });
    const { executions = [] } = await client.send(list);
    const started = executions.find(({ name }) => name?.startsWith("inbox-"));
    if (started && started.status !== "RUNNING") {
      console.log(`${started.name}: ${started.status}`);
      const described = new DescribeExecutionCommand({ executionArn: started.executionArn });
      const { output, error, cause } = await client.send(described);
      if (output) return JSON.parse(output);
      throw new Error(`${error}: ${cause}`);
    }
    await delay(200);
  }
}

async function compare(endpoint: string, { id }: Archive, tag: string): Promise<void> {
  const { digest, manifest } = await imageOf(endpoint, destination, tag);
  console.log(`${host(destination)}:${tag} is ${digest}, and its image id ${manifest.config?.digest}`);
  if (manifest.config?.digest !== id) throw new Error(`the image in the archive has the id ${id}`);
  console.log("The image ids agree.");
}
