import { parseRequest, requestFields } from "../../../core/model/request.ts";
import { type Rule, ruleDefinition, ruleProblems } from "../../../core/model/rule.ts";
import { parseS3Object } from "../../../core/model/s3-object.ts";
import { executionNameOf, requestOf, templateOf } from "../../../core/model/upload.ts";

const rule: Rule = {
  name: "inbox",
  destination: "222222222222.dkr.ecr.eu-central-1.amazonaws.com/{basename}:latest",
  destinationRoleArn: "arn:aws:iam::222222222222:role/CustomEcrRole",
  triggers: [{ s3: { bucket: "replication-inbox", prefix: "images/", suffix: [".tar", ".tar.gz"] } }],
};
const upload = { bucket: "replication-inbox", key: "images/app.tar" };

function problems(...rules: unknown[]): string[] {
  return ruleProblems(rules).map(({ path, message }) => `${path.join(".")}: ${message}`);
}

function withTrigger(s3: unknown): unknown {
  return { ...rule, triggers: [{ s3 }] };
}

describe("a rule", () => {
  test("has a request's fields but the source, which the trigger gives, and the mode", () => {
    const fields = requestFields.filter((field) => field !== "source" && field !== "mode");
    expect(Object.keys(ruleDefinition.shape)).toEqual(["name", ...fields, "triggers"]);
  });

  const accepted: unknown[] = [
    rule,
    { ...rule, name: "a" },
    { ...rule, name: "0-".repeat(20) },
    { ...rule, layerCompression: "zstd" },
    { ...rule, sourceRoleArn: "arn:aws:iam::111111111111:role/PullImages", sourceExternalId: "team-a" },
    { ...rule, destination: "222222222222.dkr.ecr.eu-central-1.amazonaws.com/{name}" },
    withTrigger({ bucket: "inbox" }),
    withTrigger({ bucket: "inbox", prefix: "a/" }),
    withTrigger({ bucket: "inbox", suffix: ".tar" }),
    withTrigger({ bucket: "inbox", prefix: "p".repeat(1024) }),
    { ...rule, triggers: [{ s3: { bucket: "one" } }, { s3: { bucket: "two" } }] },
  ];
  test.each(accepted)("may be %j", (value) => {
    expect(problems(value)).toEqual([]);
  });

  const refused: [unknown, string][] = [
    ["inbox", "0: expected an object with fields, and it is a text"],
    [null, "0: expected an object with fields, and it is empty"],
    [{ ...rule, name: undefined }, "0.name: is required"],
    [{ ...rule, name: 7 }, "0.name: 7 is a number; put it in quotes"],
    [{ ...rule, name: "" }, "0.name: '' is no name of a rule; expected 1 to 40 of a-z, 0-9 and '-'"],
    [{ ...rule, name: "In box" }, "0.name: 'In box' is no name"],
    [{ ...rule, name: "a".repeat(41) }, "is no name of a rule"],
    [{ ...rule, destination: "app" }, "0.destination: 'app' is no image in ECR"],
    [
      { ...rule, destinationRoleArn: "CustomEcrRole" },
      "0.destinationRoleArn: 'CustomEcrRole' is no role ARN",
    ],
    [{ ...rule, source: "s3://a/b" }, "0.source: no such field; the fields are name, destination"],
    [{ ...rule, mode: "plan" }, "0.mode: no such field"],
    [{ ...rule, sourceExternalId: "team-a" }, "0.sourceExternalId: is used only with sourceRoleArn"],
    [
      { ...rule, destinationRoleArn: "arn:aws-cn:iam::222222222222:role/CustomEcrRole" },
      "0.destinationRoleArn: 'arn:aws-cn:iam::222222222222:role/CustomEcrRole' is of another partition",
    ],
    [{ ...rule, triggers: undefined }, "0.triggers: is required"],
    [{ ...rule, triggers: [] }, "0.triggers: is empty, and nothing else starts a rule"],
    [{ ...rule, triggers: { s3: {} } }, "0.triggers: expected a list, and it is an object with fields"],
    [{ ...rule, triggers: [{}] }, "0.triggers.0.s3: is required"],
    [{ ...rule, triggers: [{ cron: "daily" }] }, "0.triggers.0.cron: no such field; the fields are s3"],
    [withTrigger({}), "0.triggers.0.s3.bucket: is required"],
    [withTrigger({ bucket: "In_box" }), "0.triggers.0.s3.bucket: 'In_box' is no bucket name: 3 to 63"],
    [withTrigger({ bucket: "inbox", prefix: "" }), "0.triggers.0.s3.prefix: is empty; leave it out"],
    [withTrigger({ bucket: "inbox", suffix: [] }), "0.triggers.0.s3.suffix: is empty; leave it out"],
    [withTrigger({ bucket: "inbox", suffix: 7 }), "0.triggers.0.s3.suffix: expected the end of a key"],
    [
      withTrigger({ bucket: "inbox", prefix: "p".repeat(1025) }),
      "0.triggers.0.s3.prefix: is longer than a key",
    ],
    [withTrigger({ bucket: "inbox", suffix: [""] }), "0.triggers.0.s3.suffix.0: is empty; leave it out"],
    [withTrigger({ bucket: "inbox", sufix: ".tar" }), "0.triggers.0.s3.sufix: no such field"],
  ];
  test.each(refused)("may not be %j", (value, message) => {
    expect(problems(value)).toEqual(expect.arrayContaining([expect.stringContaining(message)]));
  });

  test("has a name of its own among all rules", () => {
    expect(problems(rule, { ...rule, name: "other" }, rule, rule)).toEqual([
      "2.name: 'inbox' is the name of another rule, too",
      "3.name: 'inbox' is the name of another rule, too",
    ]);
  });

  test("is checked together with all others, and every problem is said", () => {
    expect(problems({ ...rule, name: "A", colour: "red" }, { ...rule, triggers: [] })).toHaveLength(3);
  });
});

describe("the request for an upload", () => {
  test("is the rule's, with the object as its source and the placeholders as they are", () => {
    const request = requestOf(templateOf(rule), upload);
    expect(request).toEqual({
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
