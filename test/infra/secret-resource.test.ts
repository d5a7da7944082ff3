import { Stack } from "aws-cdk-lib";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { secretResource } from "../../infra/secret-resource.ts";

const arn = (name: string) => `arn:aws:secretsmanager:eu-central-1:333333333333:secret:${name}`;

describe("a secret in a policy", () => {
  test.each(["docker-hub-a1B2c3", "team/registry-AbCdEf"])("is %s and no other", (name) => {
    expect(secretResource(arn(name))).toBe(arn(name));
  });

  test.each([
    "docker-hub",
    "hub",
    "abcdef",
    "docker-hub-a1B2c",
    "docker-hub-a1B2c34",
    "docker-hub-a1B2c!",
    "team/a+b=c.d@e!f",
  ])("has six characters of any kind after the name %s", (name) => {
    expect(secretResource(arn(name))).toBe(`${arn(name)}-??????`);
  });

  test("may be of the same app, with an ARN in full that is known only at deployment", () => {
    const { secretArn } = new Secret(new Stack(), "Secret");
    expect(secretResource(secretArn)).toBe(secretArn);
  });

  test("may be known by its name, in an account that is known only at deployment", () => {
    const { secretArn } = Secret.fromSecretNameV2(new Stack(), "Secret", "docker-hub");
    expect(secretResource(secretArn)).toBe(`${secretArn}-??????`);
  });
});
