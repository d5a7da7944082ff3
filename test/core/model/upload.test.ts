import { parseRequest } from "../../../core/model/request.ts";
import type { Rule } from "../../../core/model/rule.ts";
import { parseS3Object } from "../../../core/model/s3-object.ts";
import { executionNameOf, requestOf, templateOf } from "../../../core/model/upload.ts";

const rule: Rule = {
  name: "inbox",
  destination: "222222222222.dkr.ecr.eu-central-1.amazonaws.com/{basename}:latest",
  destinationRoleArn: "arn:aws:iam::222222222222:role/CustomEcrRole",
  triggers: [{ s3: { bucket: "replication-inbox", prefix: "images/", suffix: [".tar", ".tar.gz"] } }],
};
const upload = { bucket: "replication-inbox", key: "images/app.tar" };

describe("the request for an upload", () => {
  test("is the rule's, with the object as its source and the placeholders as they are", () => {
    const request = requestOf(templateOf(rule), upload);
    expect(request).toEqual({
      rule: "inbox",
      source: "s3://replication-inbox/images/app.tar",
      destination: rule.destination,
      destinationRoleArn: rule.destinationRoleArn,
    });
    expect(parseRequest(request)).toEqual(request);
  });

  test.each(["a#b.tar", "#", "a#", "#a", "a##", "a b+ü%20?.tar", "/a", "a\nb", "{tag}.tar"])(
    "names the object %j and no other",
    (key) => {
      const { source } = requestOf(templateOf(rule), { ...upload, key });
      expect(parseS3Object(source)).toEqual({ bucket: upload.bucket, key });
    },
  );
});

describe("the name of an execution", () => {
  const object = { ...upload, version: "0062E99A88DC407460" };

  test("is the same for the same version of an object, and fits", () => {
    expect(executionNameOf("inbox", object)).toBe(executionNameOf("inbox", { ...object }));
    expect(executionNameOf("inbox", object)).toMatch(/^inbox-[0-9a-f]{32}$/);
    expect(executionNameOf("r".repeat(40), object).length).toBeLessThanOrEqual(80);
  });

  test("is another for another rule, bucket, key or version", () => {
    const names = [
      executionNameOf("inbox", object),
      executionNameOf("outbox", object),
      executionNameOf("inbox", { ...object, bucket: "other" }),
      executionNameOf("inbox", { ...object, key: "images/b.tar" }),
      executionNameOf("inbox", { ...object, version: "2" }),
    ];
    expect(new Set(names).size).toBe(names.length);
  });

  test("keeps bucket, key and version apart", () => {
    const one = executionNameOf("r", { bucket: "a", key: "b\nc", version: "d" });
    expect(executionNameOf("r", { bucket: "a", key: "b", version: "c\nd" })).not.toBe(one);
  });
});
