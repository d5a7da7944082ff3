import { App, Stack } from "aws-cdk-lib";
import { readableArchives } from "../../infra/readable-archives.ts";

const destination = "222222222222.dkr.ecr.eu-central-1.amazonaws.com/{basename}:latest";
const stack = new Stack(new App(), "Stack", { env: { account: "333333333333", region: "cn-north-1" } });

function objects(bucketNames: string[], prefix?: string): string[] {
  const rules = [{ name: "a", destination, triggers: [{ s3: { bucket: "inbox", prefix } }] }];
  const found = readableArchives(stack, { bucketNames, rules });
  return found.map(({ objectArn }) => stack.resolve(objectArn)["Fn::Join"][1].at(-1));
}

test("a bucket that was given is readable as a whole, and of a rule's only what starts it", () => {
  expect(objects(["given"], "images/")).toEqual([":s3:::given/*", ":s3:::inbox/images/*"]);
  expect(objects([])).toEqual([":s3:::inbox/*"]);
});

test("a prefix is no pattern", () => {
  expect(objects([], "a*b?c$d")).toEqual([`:s3:::inbox/a\${*}b\${?}c\${$}d*`]);
});
