import { defaultTag, formatSource, parseSource, referenceOf } from "../../../core/model/source-reference.ts";

const app = "111111111111.dkr.ecr.eu-central-1.amazonaws.com/team/app";
const digest = `sha256:${"a".repeat(64)}`;
const other = `sha256:${"b".repeat(64)}`;

test.each([
  // Source, kind, what is asked of the source, tag at the destination, and text in the report.
  [app, "ecr", "latest", "latest", `${app}@${other}`],
  [`${app}:1.0`, "ecr", "1.0", "1.0", `${app}:1.0@${other}`],
  [`${app}@${digest}`, "ecr", digest, undefined, `${app}@${other}`],
  [`${app}:1.0@${digest}`, "ecr", digest, "1.0", `${app}:1.0@${other}`],
  ["s3://my-bucket/app.tar", "s3", "", "latest", "s3://my-bucket/app.tar"],
  ["s3://my-bucket/app:2.tar", "s3", "", "latest", "s3://my-bucket/app:2.tar"],
  ["s3://my-bucket/a.tar#app:2", "s3", "app:2", "2", "s3://my-bucket/a.tar#app:2"],
  ["s3://my-bucket/a.tar#app", "s3", "app", "latest", "s3://my-bucket/a.tar#app"],
  ["s3://my-bucket/a.tar#v2", "s3", "v2", "latest", "s3://my-bucket/a.tar#v2"],
  [
    "s3://my-bucket/a.tar#host:5000/app",
    "s3",
    "host:5000/app",
    "latest",
    "s3://my-bucket/a.tar#host:5000/app",
  ],
  [
    "s3://my-bucket/a.tar#host:5000/app:2",
    "s3",
    "host:5000/app:2",
    "2",
    "s3://my-bucket/a.tar#host:5000/app:2",
  ],
])(
  "%s is of the kind %s, stands for '%s', is tagged %s and shown as %s",
  (text, kind, reference, tag, shown) => {
    const source = parseSource(text);
    expect(source.kind).toBe(kind);
    expect(referenceOf(source)).toBe(reference);
    expect(defaultTag(source)).toBe(tag);
    expect(formatSource(source, other)).toBe(shown);
  },
);

test.each([
  ["Nginx", "is no repository"],
  ["S3://my-bucket/app.tar", "begins with 'S3://'"],
  ["s3:/my-bucket/app.tar", "is no registry's host"],
  ["111.dkr.ecr.us-east-1.amazonaws.com/app", "is no ECR registry"],
  ["111111111111.dkr-ecr.us-east-1.on.aws/", "is no ECR repository name"],
  ["s3://my-bucket", "names no object"],
])("%s is refused: %s", (text, message) => {
  expect(() => parseSource(text)).toThrow(message);
});
