import type { Failure } from "../../../core/errors.ts";
import {
  destinationOf,
  parseRequest,
  type Request,
  requestFields,
  requestSchema,
  sourceOf,
} from "../../../core/model/request.ts";
import { referenceOf } from "../../../core/model/source-reference.ts";

const inS3 = { destination: "222222222222.dkr.ecr.eu-central-1.amazonaws.com/mirror" };
const host = "111111111111.dkr.ecr.us-east-1.amazonaws.com";
const other = "222222222222.dkr.ecr.eu-central-1.amazonaws.com";
const digest = `sha256:${"0".repeat(64)}`;
const least: Request = { source: `${host}/team/app:1.0`, destination: `${other}/mirror` };
const role = (account: string, partition = "aws") =>
  `arn:${partition}:iam::${account}:role/path/Pull@+=,.-_Images`;
const whole: Request = {
  ...least,
  sourceRoleArn: role("111111111111"),
  destinationRoleArn: role("222222222222"),
  sourceExternalId: "from:team/a",
  destinationExternalId: "x1",
  mode: "plan",
};

function problemsOf(input: unknown): string[] {
  try {
    parseRequest(input);
    return [];
  } catch (error) {
    expect(error).toMatchObject({ name: "RequestInvalid", operation: "ReadRequest", side: undefined });
    return (error as Failure).message.split("; ");
  }
}

describe("parseRequest", () => {
  test.each([least, whole, { ...least, mode: "apply" }])("accepts %j as it is", (request) => {
    expect(parseRequest(request)).toEqual(request);
  });

  test.each([
    [undefined, "request: "],
    [null, "request: "],
    ["{}", "request: "],
    [[], "request: "],
    [{}, "source: is required"],
    [{ ...least, source: 5 }, "source: expected a string, and it is of type number"],
    [{ ...least, source: null }, "source: expected a string"],
    [{ ...least, source: "Nginx" }, "source: 'Nginx' is no repository"],
    [{ ...least, destination: "docker.io/library/nginx" }, "destination: 'docker.io' is no ECR registry"],
    [{ ...least, mode: "dry-run" }, "mode: "],
    [
      { ...least, sourceRoleArn: "PullImages" },
      "sourceRoleArn: 'PullImages' is no role ARN; expected arn:aws:iam::",
    ],
    [{ ...least, sourceRoleArn: "arn:aws:iam::111111111111:user/me" }, "sourceRoleArn: "],
    [{ ...least, destinationRoleArn: "arn:aws:iam::1:role/me" }, "destinationRoleArn: "],
    [{ ...least, destinationRoleArn: 7 }, "destinationRoleArn: "],
    [{ ...whole, sourceExternalId: "1" }, "sourceExternalId: is no external id; expected 2 to 1,224"],
    [{ ...whole, sourceExternalId: "a b" }, "sourceExternalId: is no external id"],
    [{ ...whole, destinationExternalId: "x".repeat(1225) }, "destinationExternalId: is no external id"],
    [
      { ...least, sourceExternalId: "ab" },
      "sourceExternalId: is used only with sourceRoleArn, which is absent",
    ],
    [{ ...least, sourceRoleArn: role("111111111111", "aws-cn") }, "sourceRoleArn: 'arn:aws-cn:"],
    [{ ...least, destination: `${other}/mirror:1@${digest}` }, `destination: has the digest ${digest}`],
    [
      { ...least, platform: "linux" },
      "platform: no such field; the fields are source, destination, sourceRoleArn",
    ],
    [{ ...least, "": 1 }, ": no such field"],
  ])("refuses %j", (input, problem) => {
    expect(problemsOf(input).join("; ")).toContain(problem);
  });

  test("says every problem at once", () => {
    const problems = problemsOf({
      source: "Nginx",
      destinationRoleArn: "me",
      sourceExternalId: "ab",
      mode: "x",
      tag: "1",
      region: "2",
    }).join("; ");
    for (const problem of [
      "source: 'Nginx'",
      "destination: is required",
      "destinationRoleArn: 'me'",
      "sourceExternalId: is used only",
      "mode: ",
      "tag, region: no such field",
    ]) {
      expect(problems).toContain(problem);
    }
  });

  test("refuses a role of another partition than the image's", () => {
    const china = "111111111111.dkr.ecr.cn-north-1.amazonaws.com.cn/app/one";
    const least = { source: china, destination: china.replace("one", "two") };
    const problems = problemsOf({ ...least, source: china, sourceRoleArn: role("111111111111") });
    expect(problems).toEqual([
      expect.stringContaining("is of another partition than the source, which is in aws-cn"),
    ]);
    expect(problemsOf({ ...least, source: china, sourceRoleArn: role("111111111111", "aws-cn") })).toEqual(
      [],
    );
  });
});

test("parseRequest refuses a destination in another partition than the source's", () => {
  const china = "111111111111.dkr.ecr.cn-north-1.amazonaws.com.cn/app/one";
  expect(problemsOf({ ...least, source: china })).toEqual([
    expect.stringContaining("destination: is in the partition aws and the source in aws-cn"),
    expect.stringContaining("give one side a credentials secret"),
  ]);
  const sourceCredentialsSecretArn = "arn:aws:secretsmanager:eu-central-1:333333333333:secret:china-AbCdEf";
  expect(problemsOf({ ...least, source: china, sourceCredentialsSecretArn })).toEqual([]);
});

describe("what a request means", () => {
  const name = `${host}/team/app`;
  const to = `${other}/mirror`;

  test.each([
    [`${name}:1.0`, to, "1.0", "1.0"],
    [name, to, "latest", "latest"],
    [`${name}@${digest}`, to, digest, undefined],
    [`${name}:1.0@${digest}`, to, digest, "1.0"],
    [`${name}:1.0`, `${to}:2.0`, "1.0", "2.0"],
    [`${name}@${digest}`, `${to}:2.0`, digest, "2.0"],
    [name, `${to}:2.0`, "latest", "2.0"],
  ])("%s to %s reads %s and writes the tag %s", (source, destination, reference, tag) => {
    const request = parseRequest({ source, destination });
    expect(referenceOf(sourceOf(request))).toBe(reference);
    expect(destinationOf(request).tag).toBe(tag);
    expect(destinationOf(request).digest).toBeUndefined();
  });
});

describe("an archive in S3", () => {
  test.each([
    ["s3://my-bucket/app.tar", "", "latest"],
    ["s3://my-bucket/images/app one.tar", "", "latest"],
    ["s3://my-bucket/app.tar#app:1.2", "app:1.2", "1.2"],
    ["s3://my-bucket/app.tar#registry:5000/app", "registry:5000/app", "latest"],
    ["s3://my-bucket/a#b.tar#app:1", "app:1", "1"],
  ])("%s means the image '%s' and the tag %s", (source, reference, tag) => {
    const request = parseRequest({ ...inS3, source });
    expect(referenceOf(sourceOf(request))).toBe(reference);
    expect(destinationOf(request).tag).toBe(tag);
  });

  test.each([
    ["s3://my-bucket", "names no object"],
    ["s3://my-bucket/", "names no object"],
    ["s3:///app.tar", "is no bucket name"],
    ["s3://My_Bucket/app.tar", "is no bucket name"],
    [`s3://my-bucket/${"k".repeat(1025)}`, "longer than 1,024 bytes"],
  ])("%s is refused: %s", (source, message) => {
    expect(problemsOf({ ...inS3, source })).toEqual([expect.stringContaining(message)]);
  });

  test.each(["app: ", "app:v1+build", `app@${digest}`, `app:1@${digest}`])(
    "needs a tag at the destination for the image '%s'",
    (name) => {
      const source = `s3://my-bucket/app.tar#${name}`;
      expect(problemsOf({ ...inS3, source })).toEqual([expect.stringContaining("needs a tag of its own")]);
      const destination = `${inS3.destination}:1`;
      expect(parseRequest({ source, destination })).toEqual({ source, destination });
    },
  );

  test("takes layerCompression, which no image in a registry does", () => {
    const request = { ...inS3, source: "s3://my-bucket/app.tar", layerCompression: "none" };
    expect(parseRequest(request)).toEqual(request);
    expect(problemsOf({ ...least, layerCompression: "none" })).toEqual([
      expect.stringContaining("layerCompression: is used only with an archive in S3"),
    ]);
    expect(problemsOf({ ...request, layerCompression: "xz" })).toEqual([
      expect.stringContaining("layerCompression"),
    ]);
  });
});

test("the JSON Schema has every field, refuses others, and requires source and destination", () => {
  expect(requestSchema()).toMatchObject({
    title: "ecr-replicator request",
    additionalProperties: false,
    required: ["source", "destination"],
  });
  expect(Object.keys((requestSchema() as { properties: object }).properties)).toEqual(requestFields);
});

describe("a destination with placeholders", () => {
  const archive = { source: "s3://my-bucket/images/app.tar" };

  test.each([
    `${other}/{name}:{tag}`,
    `${other}/vendor/{key}`,
    `${other}/{basename}:latest`,
    `${other}/a-{name}/{basename}-{tag}:v{tag}`,
  ])("is accepted for an archive: %s", (destination) => {
    expect(parseRequest({ ...archive, destination }).destination).toBe(destination);
  });

  test.each([
    [
      { ...archive, destination: `${other}/{nmae}` },
      /^destination: has the placeholder \{nmae\}, and there are only \{name\}, /,
    ],
    [{ ...archive, destination: `${other}/{}:1` }, /^destination: has the placeholder \{\}/],
    [{ ...archive, destination: `${other}/App-{tag}` }, /^destination: 'App-tag' is no ECR repository name/],
    [{ ...archive, destination: `${other}/{tag` }, /^destination: /],
    [
      { source: "s3://my-bucket/My App.tar", destination: `${other}/{basename}:1` },
      /My App\.tar it is .*My App:1, and/,
    ],
    [
      { ...least, destination: `${other}/{name}` },
      /^destination: placeholders .* the source is in a registry/,
    ],
  ])("is refused in %j, with one problem", (input, message) => {
    const problems = problemsOf(input);
    expect(problems).toEqual([expect.stringMatching(message)]);
  });
});

describe("platforms and referrers", () => {
  test("are accepted in every form", () => {
    const platforms = ["linux/amd64", "linux/arm64/v8", "windows(10.0.20348)/amd64"];
    expect(parseRequest({ ...least, platforms, referrers: false })).toMatchObject({
      platforms,
      referrers: false,
    });
  });

  test.each<[object, string]>([
    [{ platforms: [] }, "platforms: is empty; leave it out for all platforms"],
    [{ platforms: "linux/amd64" }, "platforms: expected a list of platforms, such as [linux/amd64]"],
    [
      { platforms: ["linux"] },
      "platforms.0: 'linux' is no platform; expected <os>/<architecture>[/<variant>], such as linux/arm64, or windows(10.0.20348)/amd64",
    ],
    [{ referrers: "no" }, "referrers: expected true or false, and it is of type string"],
  ])("are refused in %j", (fields, message) => {
    expect(() => parseRequest({ ...least, ...fields })).toThrow(message);
  });
});

describe("a registry as the source", () => {
  const secret = "arn:aws:secretsmanager:eu-central-1:333333333333:secret:docker-hub-AbCdEf";
  const registry = { source: "nginx:1.27", destination: `${other}/mirror/nginx` };

  test("is accepted with a secret, and means what it means to Docker", () => {
    const request = parseRequest({ ...registry, sourceSecretArn: secret, createRepository: true });
    expect(sourceOf(request)).toMatchObject({
      kind: "registry",
      repository: { host: "docker.io", name: "library/nginx" },
    });
    expect(destinationOf(request).tag).toBe("1.27");
  });

  test.each<[object, string]>([
    [
      { sourceRoleArn: role("111111111111") },
      "sourceRoleArn: is used only with ECR and S3, and the source is in docker.io",
    ],
    [{ sourceCredentialsSecretArn: secret }, "sourceCredentialsSecretArn: is used only with ECR and S3"],
    [{ layerCompression: "zstd" }, "layerCompression: is used only with an archive in S3"],
    [
      { createRepository: { like: "source" } },
      "createRepository.like: there are only settings to copy where",
    ],
    [
      { sourceSecretArn: "docker-hub" },
      "sourceSecretArn: 'docker-hub' is no secret's ARN; expected arn:aws:secretsmanager:",
    ],
    [{ createRepository: { scanOnPush: "yes" } }, "createRepository.scanOnPush: "],
  ])("refuses %j", (fields, message) => {
    expect(() => parseRequest({ ...registry, ...fields })).toThrow(message);
  });

  test("has its secret to itself", () => {
    expect(() => parseRequest({ ...least, sourceSecretArn: secret })).toThrow(
      "sourceSecretArn: is used only with a registry other than ECR; give a sourceRoleArn",
    );
    const both = { sourceRoleArn: role("111111111111"), sourceCredentialsSecretArn: secret };
    expect(() => parseRequest({ ...least, ...both })).toThrow(
      "sourceCredentialsSecretArn: takes the place of sourceRoleArn; give one of them",
    );
  });
});
