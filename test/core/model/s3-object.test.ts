import { formatS3Object, parseS3Object, type S3Object } from "../../../core/model/s3-object.ts";

describe("parseS3Object reads", () => {
  const references: [text: string, object: S3Object][] = [
    ["s3://my-bucket/app.tar", { bucket: "my-bucket", key: "app.tar" }],
    ["s3://abc/k", { bucket: "abc", key: "k" }],
    [`s3://${"b".repeat(63)}/k`, { bucket: "b".repeat(63), key: "k" }],
    ["s3://a.b-c.1/k", { bucket: "a.b-c.1", key: "k" }],
    ["s3://my-bucket/a/b/c.tar", { bucket: "my-bucket", key: "a/b/c.tar" }],
    ["s3://my-bucket//app.tar", { bucket: "my-bucket", key: "/app.tar" }],
    ["s3://my-bucket/folder/", { bucket: "my-bucket", key: "folder/" }],
    ["s3://my-bucket/a b+ü%20?.tar", { bucket: "my-bucket", key: "a b+ü%20?.tar" }],
    ["s3://my-bucket/line\nbreak.tar", { bucket: "my-bucket", key: "line\nbreak.tar" }],
    [`s3://my-bucket/${"k".repeat(1_024)}`, { bucket: "my-bucket", key: "k".repeat(1_024) }],
    [`s3://my-bucket/${"ü".repeat(512)}`, { bucket: "my-bucket", key: "ü".repeat(512) }],
    ["s3://my-bucket/app.tar#app:1", { bucket: "my-bucket", key: "app.tar", image: "app:1" }],
    ["s3://my-bucket/a#b.tar#", { bucket: "my-bucket", key: "a#b.tar" }],
    ["s3://my-bucket/app.tar##", { bucket: "my-bucket", key: "app.tar#" }],
    ["s3://my-bucket/a#b.tar#app:1", { bucket: "my-bucket", key: "a#b.tar", image: "app:1" }],
    [
      "s3://my-bucket/a.tar#ghcr.io:443/team/app:1",
      { bucket: "my-bucket", key: "a.tar", image: "ghcr.io:443/team/app:1" },
    ],
  ];

  test.each(references)("%j, and writes it again", (text, object) => {
    expect(parseS3Object(text)).toEqual(object);
    expect(formatS3Object(object)).toBe(text);
  });

  test("the last '#' as the end of the key, when nothing is behind it", () => {
    expect(parseS3Object("s3://my-bucket/app.tar#")).toEqual({ bucket: "my-bucket", key: "app.tar" });
  });
});

describe("parseS3Object refuses", () => {
  const form = "expected s3://<bucket>/<key>[#<name>:<tag>]";

  test.each([
    ["", `'' names no object: ${form}`],
    ["my-bucket/app.tar", "names no object"],
    ["S3://my-bucket/app.tar", "names no object"],
    ["https://my-bucket/app.tar", "names no object"],
    ["s3://", "names no object"],
    ["s3://my-bucket", "names no object"],
    ["s3://my-bucket/", "names no object"],
    ["s3://my-bucket#app:1", "names no object"],
    ["s3:///app.tar", "'' is no bucket name: 3 to 63 lower-case letters"],
    ["s3://ab/k", "'ab' is no bucket name"],
    [`s3://${"b".repeat(64)}/k`, "is no bucket name"],
    ["s3://My-bucket/k", "is no bucket name"],
    ["s3://my_bucket/k", "is no bucket name"],
    ["s3://-my-bucket/k", "is no bucket name"],
    ["s3://my-bucket./k", "is no bucket name"],
    ["s3://user@my-bucket/k", "is no bucket name"],
    ["s3://my bucket/k", "is no bucket name"],
    [`s3://my-bucket/${"k".repeat(1_025)}`, "the key is longer than 1,024 bytes"],
    [`s3://my-bucket/${"ü".repeat(512)}k`, "the key is longer than 1,024 bytes"],
  ])("%j: %s", (text, message) => {
    expect(() => parseS3Object(text)).toThrow(RangeError);
    expect(() => parseS3Object(text)).toThrow(message);
  });
});
