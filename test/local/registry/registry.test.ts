import { Readable } from "node:stream";
import {
  account,
  bodyOf,
  configType,
  digestOf,
  endpoint,
  imageType,
  indexType,
  LocalEcr,
  layerType,
  region,
} from "../ecr/local-ecr.ts";

const app = `/v2/${account}/${region}/app`;
let ecr: LocalEcr;
beforeEach(async () => {
  ecr = new LocalEcr();
  await ecr.createRepository();
});
afterEach(() => ecr.dispose());

async function errorOf(reply: ReturnType<LocalEcr["v2"]>): Promise<[number, string, string]> {
  const answered = await reply;
  const { errors } = JSON.parse(await bodyOf(answered));
  expect(errors).toHaveLength(1);
  return [answered.status, errors[0].code, errors[0].message];
}

async function openUpload(): Promise<string> {
  const { headers } = await ecr.v2("POST", `${app}/blobs/uploads/`);
  return headers?.["location"] ?? "";
}

async function pushBlob(content: string): Promise<{ digest: string; size: number }> {
  await ecr.v2("PUT", `${await openUpload()}?digest=${digestOf(content)}`, { body: content });
  return { digest: digestOf(content), size: Buffer.byteLength(content) };
}

async function manifest(more: object = {}): Promise<string> {
  const config = { ...(await pushBlob("{}")), mediaType: configType };
  const layer = { ...(await pushBlob("layer")), mediaType: layerType };
  return JSON.stringify({ schemaVersion: 2, mediaType: imageType, config, layers: [layer], ...more });
}

const putManifest = (reference: string, body: string, type = imageType) =>
  ecr.v2("PUT", `${app}/manifests/${reference}`, { body, headers: { "content-type": type } });

test("the base answers, with and without the credentials that ECR gives", async () => {
  const basic = (user: string) => ({ authorization: `Basic ${Buffer.from(`${user}:x`).toString("base64")}` });
  for (const headers of [{}, basic("AWS"), basic(account)]) {
    expect(await ecr.v2("GET", "/v2/", { headers })).toMatchObject({ status: 200 });
  }
  for (const headers of [basic("me"), { authorization: "Bearer x" }]) {
    expect(await ecr.v2("GET", "/v2/", { headers })).toMatchObject({
      status: 401,
      headers: { "www-authenticate": 'Basic realm="http://127.0.0.1:4566/",service="ecr.amazonaws.com"' },
    });
  }
});

test("a blob goes up in one request, in a stream and in chunks", async () => {
  expect(
    await ecr.v2("POST", `${app}/blobs/uploads/?digest=${digestOf("one")}`, { body: "one" }),
  ).toMatchObject({
    status: 201,
    headers: { location: `${app}/blobs/${digestOf("one")}`, "docker-content-digest": digestOf("one") },
  });
  const stream = await openUpload();
  expect(await ecr.v2("PATCH", stream, { body: "streamed" })).toMatchObject({
    status: 202,
    headers: { location: stream, range: "0-7" },
  });
  expect(await ecr.v2("PUT", `${stream}?digest=${digestOf("streamed")}`)).toMatchObject({ status: 201 });
  const chunks = await openUpload();
  const chunk = (range: string, body: string) =>
    ecr.v2("PATCH", chunks, { body, headers: { "content-range": range } });
  await chunk("0-2", "abc");
  expect(await errorOf(chunk("0-2", "abc"))).toEqual([
    416,
    "BLOB_UPLOAD_INVALID",
    "First byte of the layer part is 0 instead of 3.",
  ]);
  await chunk("3-4", "de");
  expect(await ecr.v2("PUT", `${chunks}?digest=${digestOf("abcdef")}`, { body: "f" })).toMatchObject({
    status: 201,
  });
  for (const [content, size] of [
    ["one", "3"],
    ["streamed", "8"],
    ["abcdef", "6"],
  ] as const) {
    expect(await ecr.v2("HEAD", `${app}/blobs/${digestOf(content)}`)).toMatchObject({
      status: 200,
      headers: { "content-length": size },
    });
  }
});

test("a blob that is there already is taken again", async () => {
  await pushBlob("one");
  expect(
    await ecr.v2("PUT", `${await openUpload()}?digest=${digestOf("one")}`, { body: "one" }),
  ).toMatchObject({ status: 201 });
});

test("bad uploads are refused as ECR's endpoint refuses them", async () => {
  const upload = await openUpload();
  const finish = (digest: string) => errorOf(ecr.v2("PUT", `${upload}?digest=${digest}`));
  expect((await finish("nonsense")).slice(0, 2)).toEqual([400, "DIGEST_INVALID"]);
  expect((await finish(digestOf(""))).slice(0, 2)).toEqual([500, "BLOB_UPLOAD_INVALID"]);
  await ecr.v2("PATCH", upload, { body: "x" });
  expect(await finish(digestOf("y"))).toEqual([
    400,
    "BLOB_UPLOAD_INVALID",
    "None of the provided layer digests match the calculated layer digest",
  ]);
  await ecr.v2("PUT", `${upload}?digest=${digestOf("x")}`);
  expect((await finish(digestOf("x"))).slice(0, 2)).toEqual([404, "BLOB_UPLOAD_UNKNOWN"]);
  expect((await errorOf(ecr.v2("GET", upload))).slice(0, 2)).toEqual([405, "UNSUPPORTED"]);
});

test("a mount opens an upload, unless this very repository has the blob", async () => {
  await ecr.createRepository("other");
  const { digest } = await ecr.putLayer("one", "other");
  const mount = () => ecr.v2("POST", `${app}/blobs/uploads/?mount=${digest}&from=${account}/${region}/other`);
  expect(await mount()).toMatchObject({
    status: 202,
    headers: { location: expect.stringContaining("/blobs/uploads/") },
  });
  await pushBlob("one");
  expect(await mount()).toMatchObject({ status: 201, headers: { location: `${app}/blobs/${digest}` } });
});

test("a blob is read once an image names it, in ranges too", async () => {
  const text = await manifest();
  const blob = (headers = {}) => ecr.v2("GET", `${app}/blobs/${digestOf("layer")}`, { headers });
  expect((await errorOf(blob())).slice(0, 2)).toEqual([404, "BLOB_UNKNOWN"]);
  await putManifest("v1", text);
  const whole = await blob();
  expect([whole.status, await bodyOf(whole)]).toEqual([200, "layer"]);
  const part = await blob({ range: "bytes=1-2" });
  expect([part.status, part.headers?.["content-range"], await bodyOf(part)]).toEqual([
    206,
    "bytes 1-2/5",
    "ay",
  ]);
  expect(await blob({ range: "bytes=5-" })).toMatchObject({
    status: 416,
    headers: { "content-range": "bytes */5" },
  });
  expect((await errorOf(ecr.v2("GET", `${app}/blobs/${digestOf("nope")}`))).slice(0, 2)).toEqual([
    404,
    "BLOB_UNKNOWN",
  ]);
});

test("a manifest is put by tag or digest, and read back byte for byte through either door", async () => {
  const text = `${await manifest()}\n`;
  expect(await putManifest("v1", text)).toMatchObject({
    status: 201,
    headers: { "docker-content-digest": digestOf(text) },
  });
  expect(await putManifest("v1", text)).toMatchObject({ status: 201 });
  expect(await putManifest(digestOf(text), text)).toMatchObject({ status: 201 });
  for (const reference of ["v1", digestOf(text)]) {
    const reply = await ecr.v2("GET", `${app}/manifests/${reference}`);
    expect(reply).toMatchObject({
      status: 200,
      headers: { "content-type": imageType, "docker-content-digest": digestOf(text) },
    });
    expect(await bodyOf(reply)).toBe(text);
  }
  const head = await ecr.v2("HEAD", `${app}/manifests/v1`);
  expect(head).toMatchObject({ status: 200, headers: { "content-length": String(text.length) } });
  expect(head.body).toBeUndefined();
  const { images } = await ecr.call("BatchGetImage", {
    repositoryName: "app",
    imageIds: [{ imageTag: "v1" }],
  });
  expect(images[0].imageManifest).toBe(text);
  expect(ecr.actions.map(({ detail }) => detail["image-tag"])).toEqual(["v1"]);
});

test("a manifest of a type that is not accepted is not found", async () => {
  await putManifest("v1", await manifest());
  const get = (accept: string) => ecr.v2("GET", `${app}/manifests/v1`, { headers: { accept } });
  for (const accept of ["*/*", `${indexType}, ${imageType};q=0.5`])
    expect(await get(accept)).toMatchObject({ status: 200 });
  expect((await errorOf(get(indexType))).slice(0, 2)).toEqual([404, "MANIFEST_UNKNOWN"]);
});

test("bad manifests are refused as ECR's endpoint refuses them", async () => {
  const text = await manifest();
  const put = (reference: string, body: string, type?: string) => errorOf(putManifest(reference, body, type));
  expect(await put("v1", "{")).toEqual([
    405,
    "UNSUPPORTED",
    "Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON syntax'",
  ]);
  expect((await put(".bad", text)).slice(0, 2)).toEqual([405, "UNSUPPORTED"]);
  expect((await put("v1", text, indexType)).slice(0, 2)).toEqual([405, "UNSUPPORTED"]);
  expect((await put(digestOf("other"), text)).slice(0, 2)).toEqual([400, "MANIFEST_INVALID"]);
  expect((await put("v1", text.replaceAll(digestOf("layer"), digestOf("nope")))).slice(0, 2)).toEqual([
    404,
    "BLOB_UPLOAD_UNKNOWN",
  ]);
  const index = {
    schemaVersion: 2,
    manifests: [{ mediaType: imageType, digest: digestOf("nope"), size: 1 }],
  };
  expect((await put("v1", JSON.stringify(index), indexType)).slice(0, 2)).toEqual([
    404,
    "MANIFEST_BLOB_UNKNOWN",
  ]);
  expect((await put("v1", text + " ".repeat(4_194_305 - text.length))).slice(0, 2)).toEqual([
    405,
    "UNSUPPORTED",
  ]);
  const notUtf8 = Buffer.from(text.replace("{", "\u00ff"), "latin1");
  expect((await errorOf(ecr.v2("PUT", `${app}/manifests/v1`, { body: notUtf8 }))).slice(0, 2)).toEqual([
    405,
    "UNSUPPORTED",
  ]);
});

test("an immutable tag does not move", async () => {
  await putManifest("v1", await manifest());
  await ecr.call("PutImageTagMutability", { repositoryName: "app", imageTagMutability: "IMMUTABLE" });
  const second = await manifest({ annotations: { number: "2" } });
  expect((await errorOf(putManifest("v1", second))).slice(0, 2)).toEqual([400, "TAG_INVALID"]);
});

test("a manifest is deleted, but not one of an index", async () => {
  const text = await manifest();
  await putManifest("v1", text);
  const child = { mediaType: imageType, digest: digestOf(text), size: text.length };
  await putManifest(
    "all",
    JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests: [child] }),
    indexType,
  );
  const remove = (reference: string) => ecr.v2("DELETE", `${app}/manifests/${reference}`);
  expect((await errorOf(remove("v1"))).slice(0, 2)).toEqual([403, "DENIED"]);
  expect(await remove("all")).toMatchObject({ status: 202 });
  expect(await remove(digestOf(text))).toMatchObject({ status: 202 });
  expect((await errorOf(remove("v1"))).slice(0, 2)).toEqual([404, "MANIFEST_UNKNOWN"]);
});

test("tags come in pages whose cursor is opaque", async () => {
  const text = await manifest();
  for (const tag of ["c", "a", "b"]) await putManifest(tag, text);
  const first = await ecr.v2("GET", `${app}/tags/list?n=2`);
  expect(JSON.parse(await bodyOf(first))).toEqual({ name: `${account}/${region}/app`, tags: ["a", "b"] });
  const [, next = ""] = /^<(.+)>; rel="next"$/.exec(first.headers?.["link"] ?? "") ?? [];
  const second = await ecr.v2("GET", next);
  expect(JSON.parse(await bodyOf(second)).tags).toEqual(["c"]);
  expect(second.headers?.["link"]).toBeUndefined();
  expect((await errorOf(ecr.v2("GET", `${app}/tags/list?last=a`)))[0]).toBe(405);
  expect(await errorOf(ecr.v2("GET", `${app}/tags/list?n=1001`))).toMatchObject([
    405,
    "UNSUPPORTED",
    expect.stringContaining("1000"),
  ]);
  expect((await errorOf(ecr.v2("GET", `${app}/tags/list?n=0`)))[0]).toBe(405);
});

test("referrers are an index, by type if asked", async () => {
  const subjectText = await manifest();
  await putManifest("v1", subjectText);
  const subject = { mediaType: imageType, digest: digestOf(subjectText), size: subjectText.length };
  const referrer = await manifest({ subject, artifactType: "application/signature" });
  expect(await putManifest(digestOf(referrer), referrer)).toMatchObject({
    headers: { "oci-subject": subject.digest },
  });
  const list = async (query = "") => ecr.v2("GET", `${app}/referrers/${subject.digest}${query}`);
  const all = await list();
  expect(JSON.parse(await bodyOf(all))).toEqual({
    schemaVersion: 2,
    mediaType: indexType,
    manifests: [
      {
        mediaType: imageType,
        digest: digestOf(referrer),
        size: referrer.length,
        artifactType: "application/signature",
      },
    ],
  });
  const none = await list("?artifactType=other");
  expect(JSON.parse(await bodyOf(none)).manifests).toEqual([]);
  expect(none.headers?.["oci-filters-applied"]).toBe("artifactType");
});

test("a repository is not made by pushing to it", async () => {
  expect(await errorOf(ecr.v2("POST", `/v2/${account}/${region}/nope/blobs/uploads/`))).toEqual([
    404,
    "NAME_UNKNOWN",
    `The repository with name 'nope' does not exist in the registry with id '${account}'`,
  ]);
});

test.each([
  ["/v2/app/manifests/v1", 400, "NAME_INVALID"],
  [`/v2/${account}/${region}/App/manifests/v1`, 400, "NAME_INVALID"],
  [`/v2/${account}/us%zz/app/manifests/v1`, 400, "NAME_INVALID"],
  [`${app}/nothing`, 404, "NAME_UNKNOWN"],
  [`${app}/blobs/latest`, 400, "DIGEST_INVALID"],
])("the path %s is refused", async (path, status, code) => {
  expect((await errorOf(ecr.v2("GET", path))).slice(0, 2)).toEqual([status, code]);
});

test("names may have parts that look like the paths' own", async () => {
  await ecr.createRepository("team/blobs/uploads");
  expect(await ecr.v2("POST", `/v2/${account}/${region}/team/blobs/uploads/blobs/uploads/`)).toMatchObject({
    status: 202,
  });
});

test("every call is identified, and what that throws comes through", async () => {
  await pushBlob("one");
  expect(ecr.identified.at(-2)).toEqual({
    operation: "POST uploads",
    detail: { repositoryName: "app", reference: "" },
    account,
  });
  expect(ecr.identified.at(-1)).toMatchObject({ operation: "PUT upload", detail: { repositoryName: "app" } });
  await ecr.v2("HEAD", `${app}/blobs/${digestOf("one")}`, { headers: { range: "bytes=0-" } });
  expect(ecr.identified.at(-1)).toMatchObject({
    operation: "HEAD blob",
    detail: { reference: digestOf("one"), range: "bytes=0-" },
  });
  const fault = new Error("a fault");
  const call = {
    method: "POST",
    path: `${app}/blobs/uploads/`,
    query: new URLSearchParams(),
    headers: {},
    endpoint,
    body: Readable.from([]),
  };
  await expect(ecr.registry.handle(call, async () => Promise.reject(fault))).rejects.toBe(fault);
});
