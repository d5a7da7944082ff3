import { account, digestOf, LocalEcr } from "./local-ecr.ts";

const MiB = 1024 * 1024;
let ecr: LocalEcr;
beforeEach(async () => {
  ecr = new LocalEcr();
  await ecr.createRepository();
});
afterEach(() => ecr.dispose());

const open = (repositoryName = "app") => ecr.call("InitiateLayerUpload", { repositoryName });
const complete = (uploadId: unknown, ...layerDigests: string[]) =>
  ecr.call("CompleteLayerUpload", { repositoryName: "app", uploadId, layerDigests });

test("an upload is opened with ECR's part size and takes its parts in order", async () => {
  const upload = await open();
  expect(upload).toEqual({ uploadId: expect.stringMatching(/^[0-9a-f-]{36}$/), partSize: 10_485_760 });
  const [one, two] = [Buffer.alloc(5 * MiB, 1), Buffer.from("the end")];
  expect(await ecr.putPart({ uploadId: upload["uploadId"] }, 0, one)).toEqual({
    registryId: account,
    repositoryName: "app",
    uploadId: upload["uploadId"],
    lastByteReceived: 5 * MiB - 1,
  });
  expect((await ecr.putPart({ uploadId: upload["uploadId"] }, one.length, two))["lastByteReceived"]).toBe(
    5 * MiB + 6,
  );
  const digest = digestOf(Buffer.concat([one, two]));
  expect(await complete(upload["uploadId"], "sha256:00", digest)).toMatchObject({ layerDigest: digest });
});

test("a part that is not next is told where the upload stands, and changes nothing", async () => {
  const { uploadId } = await open();
  await expect(ecr.putPart({ uploadId }, 1, Buffer.from("late"))).rejects.toMatchObject({
    name: "InvalidLayerPartException",
    message: "First byte of the layer part is 1 instead of 0.",
    status: 400,
    registryId: account,
    repositoryName: "app",
    uploadId,
    lastValidByteReceived: 0,
  });
  await ecr.putPart({ uploadId }, 0, Buffer.from("abc"));
  await expect(ecr.putPart({ uploadId }, 0, Buffer.from("abc"))).rejects.toMatchObject({
    message: "First byte of the layer part is 0 instead of 3.",
    lastValidByteReceived: 2,
  });
  await ecr.putPart({ uploadId }, 3, Buffer.from("d")).catch(() => {});
  await expect(complete(uploadId, digestOf("abcd"))).rejects.toMatchObject({
    name: "LayerPartTooSmallException",
  });
});

test("a part has as many bytes as it announces, at least one and at most 10 MiB", async () => {
  const { uploadId } = await open();
  const part = (partLastByte: number, bytes: Buffer) =>
    ecr.call("UploadLayerPart", {
      repositoryName: "app",
      uploadId,
      partFirstByte: 0,
      partLastByte,
      layerPartBlob: bytes.toString("base64"),
    });
  const refused = { name: "InvalidLayerPartException", lastValidByteReceived: 0 };
  await expect(part(3, Buffer.from("abc"))).rejects.toMatchObject(refused);
  await expect(part(1, Buffer.from("abc"))).rejects.toMatchObject(refused);
  await expect(part(0, Buffer.alloc(0))).rejects.toMatchObject(refused);
  await expect(part(10 * MiB, Buffer.alloc(10 * MiB + 1))).rejects.toMatchObject(refused);
  expect((await part(10 * MiB - 1, Buffer.alloc(10 * MiB)))["lastByteReceived"]).toBe(10 * MiB - 1);
});

test("a part of more than 20 MiB is not even a valid request", async () => {
  const { uploadId } = await open();
  await expect(ecr.putPart({ uploadId }, 0, Buffer.alloc(20 * MiB + 1))).rejects.toMatchObject({
    name: "InvalidParameterException",
    message:
      "Invalid parameter at 'layerPartBlob' failed to satisfy constraint: 'must have length less than or equal to 20971520'",
  });
});

test("all parts but the last have at least 5 MiB, which is found out at the end", async () => {
  const { uploadId } = await open();
  await ecr.putPart({ uploadId }, 0, Buffer.alloc(5 * MiB - 1));
  await ecr.putPart({ uploadId }, 5 * MiB - 1, Buffer.alloc(1));
  await expect(complete(uploadId, digestOf(Buffer.alloc(5 * MiB)))).rejects.toMatchObject({
    name: "LayerPartTooSmallException",
    message: "All layer parts except the last part should be at least 5MB",
  });
});

test("a layer has at most as many parts and bytes as the quotas allow", async () => {
  const small = new LocalEcr({ quotas: { partsPerLayer: 2, layerBytes: 4, minimumPartBytes: 1 } });
  await small.createRepository();
  const { uploadId } = await small.call("InitiateLayerUpload", { repositoryName: "app" });
  await expect(small.putPart({ uploadId }, 0, Buffer.alloc(5))).rejects.toMatchObject({
    name: "LimitExceededException",
  });
  await small.putPart({ uploadId }, 0, Buffer.alloc(2));
  await small.putPart({ uploadId }, 2, Buffer.alloc(1));
  await expect(small.putPart({ uploadId }, 3, Buffer.alloc(1))).rejects.toMatchObject({
    name: "LimitExceededException",
    message: "The limit of 2 layer parts is exceeded",
  });
  await small.call("CompleteLayerUpload", {
    repositoryName: "app",
    uploadId,
    layerDigests: [digestOf(Buffer.alloc(3))],
  });
  small.dispose();
});

test("a layer without bytes cannot be stored, and the upload stays open", async () => {
  const { uploadId } = await open();
  await expect(complete(uploadId, digestOf(""))).rejects.toMatchObject({ name: "EmptyUploadException" });
  await ecr.putPart({ uploadId }, 0, Buffer.from("x"));
  await complete(uploadId, digestOf("x"));
});

test("bytes that have none of the digests are refused, and the upload stays open", async () => {
  const { uploadId } = await open();
  await ecr.putPart({ uploadId }, 0, Buffer.from("x"));
  await expect(complete(uploadId, digestOf("y"))).rejects.toMatchObject({
    name: "InvalidLayerException",
    message: "None of the provided layer digests match the calculated layer digest",
  });
  await complete(uploadId, digestOf("x"));
});

test("a layer that is there already is refused, and that upload is over as after a success", async () => {
  const uploads = [await open(), await open()];
  for (const { uploadId } of uploads) await ecr.putPart({ uploadId }, 0, Buffer.from("x"));
  const results = await Promise.allSettled(uploads.map(({ uploadId }) => complete(uploadId, digestOf("x"))));
  expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  expect(results.find(({ status }) => status === "rejected")).toMatchObject({
    reason: {
      name: "LayerAlreadyExistsException",
      message: `The layer with digest '${digestOf("x")}' already exists in the repository with name 'app' in registry with id '${account}'`,
    },
  });
  for (const { uploadId } of uploads) {
    await expect(complete(uploadId, digestOf("x"))).rejects.toMatchObject({
      name: "UploadNotFoundException",
    });
    await expect(ecr.putPart({ uploadId }, 1, Buffer.from("y"))).rejects.toMatchObject({
      name: "UploadNotFoundException",
    });
  }
});

test("an upload belongs to its repository", async () => {
  await ecr.createRepository("other");
  const { uploadId } = await open();
  await expect(ecr.putPart({ uploadId, repositoryName: "other" }, 0, Buffer.from("x"))).rejects.toMatchObject(
    {
      name: "UploadNotFoundException",
      message: `The layer upload with id '${uploadId}' does not exist in the repository with name 'other' in the registry with id '${account}'`,
    },
  );
});

test("of two equal parts at once one is stored, and the other sees it stored", async () => {
  const { uploadId } = await open();
  const part = Buffer.alloc(6 * MiB, 7);
  const results = await Promise.allSettled([
    ecr.putPart({ uploadId }, 0, part),
    ecr.putPart({ uploadId }, 0, part),
  ]);
  expect(results).toMatchObject([
    { value: { lastByteReceived: part.length - 1 } },
    { reason: { name: "InvalidLayerPartException", lastValidByteReceived: part.length - 1 } },
  ]);
  await complete(uploadId, digestOf(part));
});

test("parts sent at once are stored in the order they came", async () => {
  const { uploadId } = await open();
  const parts = [1, 2, 3].map((byte) => Buffer.alloc(5 * MiB, byte));
  await Promise.all(parts.map((part, index) => ecr.putPart({ uploadId }, index * part.length, part)));
  await complete(uploadId, digestOf(Buffer.concat(parts)));
});

test("the base64 of a part may be escaped as JSON allows, and must be base64", async () => {
  const { uploadId } = await open();
  const body = (blob: string, last: number) =>
    `{ "repositoryName": "app", "uploadId": "${uploadId}", "partFirstByte": 0, "partLastByte": ${last}, "layerPartBlob" : "${blob}" }`;
  const refused = { name: "SerializationException" };
  for (const blob of ["YWJ", "YW!j", "YWJj\\n", "YWJjZA="]) {
    await expect(ecr.call("UploadLayerPart", body(blob, 2))).rejects.toMatchObject(refused);
  }
  await ecr.call("UploadLayerPart", body("Pz8\\/", 2));
  await complete(uploadId, digestOf("???"));
});
