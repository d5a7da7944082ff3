import { createHash } from "node:crypto";
import {
  BatchDeleteImageCommand,
  CreateRepositoryCommand,
  ECRClient,
  PutImageCommand,
} from "@aws-sdk/client-ecr";
import type { LocalAws } from "../../../local/aws.ts";
import { ACCOUNT, queueArn, REGION, ruleTo } from "../fixture-assembly.ts";
import { deliveries, eventInvokeConfig, FUNCTIONS, messages, queue, startEvents } from "./local-events.ts";

const CONFIG_TYPE = "application/vnd.oci.image.config.v1+json";
const MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";
const CONFIG = "{}";

let aws: LocalAws;
let ecr: ECRClient;

beforeAll(async () => {
  // A function that fails leaves what it got in a queue.
  aws = await startEvents(
    {
      Failures: queue("Failures"),
      Config: eventInvokeConfig("Fail", {
        MaximumRetryAttempts: 0,
        DestinationConfig: { OnFailure: { Destination: queueArn("Failures") } },
      }),
      ...ruleTo("Fail", {
        source: ["aws.ecr"],
        "detail-type": ["ECR Image Action"],
        detail: { result: ["SUCCESS"], "image-tag": [{ "anything-but": "" }] },
      }),
    },
    { Fail: FUNCTIONS.Fail },
  );
  ecr = new ECRClient({
    endpoint: aws.endpoint,
    region: REGION,
    credentials: { accessKeyId: ACCOUNT, secretAccessKey: "any" },
    maxAttempts: 1,
  });
  await ecr.send(new CreateRepositoryCommand({ repositoryName: "app" }));
});
afterAll(() => aws.stop());
beforeEach(() => {
  aws.calls.length = 0;
});

const v2 = (path: string, init: RequestInit) =>
  fetch(`${aws.endpoint}/v2/${ACCOUNT}/${REGION}/app/${path}`, init);
const digestOf = (text: string) => `sha256:${createHash("sha256").update(text).digest("hex")}`;

/** A manifest of the one config that is put with it; the annotation tells manifests apart. */
async function manifestOf(name: string): Promise<string> {
  const digest = digestOf(CONFIG);
  const { headers } = await v2("blobs/uploads/", { method: "POST" });
  const location = new URL(headers.get("location") ?? "", aws.endpoint);
  location.searchParams.set("digest", digest);
  await fetch(location, { method: "PUT", body: CONFIG });
  const config = { mediaType: CONFIG_TYPE, digest, size: CONFIG.length };
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config,
    layers: [config],
    annotations: { name },
  });
}

const received = () => messages(aws, "Failures")?.at(-1)?.body.requestPayload;

test("an image put by tag is an event on the bus of its account and region", async () => {
  const imageManifest = await manifestOf("by the API");
  await ecr.send(new PutImageCommand({ repositoryName: "app", imageManifest, imageTag: "v1" }));
  await aws.settled();
  expect(received()).toEqual({
    version: "0",
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    "detail-type": "ECR Image Action",
    source: "aws.ecr",
    account: ACCOUNT,
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    region: REGION,
    resources: [],
    detail: {
      result: "SUCCESS",
      "repository-name": "app",
      "image-digest": digestOf(imageManifest),
      "action-type": "PUSH",
      "image-tag": "v1",
      "manifest-media-type": MANIFEST_TYPE,
      "artifact-media-type": CONFIG_TYPE,
    },
  });
});

test("so is a push through the registry", async () => {
  const body = await manifestOf("by the registry");
  await v2("manifests/pushed", { method: "PUT", headers: { "content-type": MANIFEST_TYPE }, body });
  await aws.settled();
  expect(received()).toMatchObject({
    source: "aws.ecr",
    account: ACCOUNT,
    detail: { "action-type": "PUSH", "image-tag": "pushed", "image-digest": digestOf(body) },
  });
});

test("so is a deletion", async () => {
  await ecr.send(new BatchDeleteImageCommand({ repositoryName: "app", imageIds: [{ imageTag: "v1" }] }));
  await aws.settled();
  expect(received()).toMatchObject({ detail: { "action-type": "DELETE", "image-tag": "v1" } });
});

test("an image put by digest has an empty tag, which a pattern can leave out", async () => {
  const imageManifest = await manifestOf("untagged");
  await ecr.send(new PutImageCommand({ repositoryName: "app", imageManifest }));
  await aws.settled();
  expect(deliveries(aws)).toEqual([]);
});

test("what is refused, or there already, is no event", async () => {
  const imageManifest = await manifestOf("untagged");
  const again = new PutImageCommand({ repositoryName: "app", imageManifest });
  await expect(ecr.send(again)).rejects.toThrow(
    expect.objectContaining({ name: "ImageAlreadyExistsException" }),
  );
  await aws.settled();
  expect(deliveries(aws)).toEqual([]);
});
