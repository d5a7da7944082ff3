// biome-ignore-all lint/suspicious/noTemplateCurlyInString: CloudFormation replaces these.
import { rmSync } from "node:fs";
import { startLocalAws } from "../../../local/aws.ts";
import { readAssembly } from "../../../local/deploy/assembly.ts";
import { type ResolvedStack, resolveStack } from "../../../local/deploy/stack-resources.ts";
import { functionOf, oneTask, roleFor, templateOf, writeAssembly } from "../fixture-assembly.ts";

type Fields = Record<string, unknown>;

function resolved(template: Fields, options?: { environment: string }): ResolvedStack {
  const directory = writeAssembly(template, options);
  try {
    const [stack] = readAssembly(directory).map(resolveStack);
    if (!stack) throw new Error("no stack");
    return stack;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function outputOf(value: unknown, rest: Fields = {}): string | undefined {
  return resolved({
    ...rest,
    Resources: { Bucket: { Type: "AWS::S3::Bucket" }, ...(rest["Resources"] as object) },
    Outputs: { It: { Value: value } },
  }).outputs["It"];
}

test.each([
  [{ Ref: "AWS::AccountId" }, "333333333333"],
  [{ Ref: "AWS::Region" }, "eu-central-1"],
  [{ Ref: "AWS::Partition" }, "aws"],
  [{ "Fn::Join": ["-", ["a", { Ref: "AWS::StackName" }]] }, "a-Fixture"],
  [{ "Fn::Sub": "${AWS::Region}/${!Literal}" }, "eu-central-1/${Literal}"],
  [{ "Fn::Sub": ["${X}-${AWS::URLSuffix}", { X: { Ref: "AWS::Region" } }] }, "eu-central-1-amazonaws.com"],
  [{ "Fn::Select": [1, { "Fn::Split": [":", "a:b:c"] }] }, "b"],
])("%j is %s", (value, expected) => {
  expect(outputOf(value)).toBe(expected);
});

test("a resource without a name gets the same generated one at every deployment", () => {
  const name = outputOf({ Ref: "Bucket" });
  expect(name).toMatch(/^fixture-bucket-[0-9a-f]{12}$/);
  expect(outputOf({ Ref: "Bucket" })).toBe(name);
  expect(outputOf({ "Fn::GetAtt": ["Bucket", "Arn"] })).toBe(`arn:aws:s3:::${name}`);
  expect(outputOf({ "Fn::Sub": "${Bucket.Arn}/*" })).toBe(`arn:aws:s3:::${name}/*`);
});

test("a role's ARN has its path, and a function's its region and account", () => {
  const role = roleFor("lambda.amazonaws.com", "R", "sts:AssumeRole");
  (role["Properties"] as Fields)["Path"] = "/team/";
  expect(outputOf({ "Fn::GetAtt": ["Role", "Arn"] }, { Resources: { Role: role } })).toBe(
    "arn:aws:iam::333333333333:role/team/R",
  );
});

test("conditions choose values, resources and outputs", () => {
  const Conditions = {
    Here: { "Fn::Equals": [{ Ref: "AWS::Region" }, "eu-central-1"] },
    There: { "Fn::Not": [{ Condition: "Here" }] },
  };
  expect(outputOf({ "Fn::If": ["Here", "yes", "no"] }, { Conditions })).toBe("yes");
  expect(outputOf({ "Fn::If": ["There", "yes", "no"] }, { Conditions })).toBe("no");
  const Resources = { Absent: { Type: "AWS::S3::Bucket", Condition: "There" } };
  expect(resolved({ Conditions, Resources }).resources).toEqual([]);
});

test("AWS::NoValue leaves the property out", () => {
  const Bucket = {
    Type: "AWS::S3::Bucket",
    Properties: { BucketName: "kept", Tags: { Ref: "AWS::NoValue" } },
  };
  expect(resolved({ Resources: { Bucket } }).resources[0]?.properties).toEqual({ BucketName: "kept" });
});

test("a stack without an explicit environment goes to 333333333333 in eu-central-1", () => {
  const { stack } = resolved({ Resources: {} }, { environment: "aws://unknown-account/unknown-region" });
  expect(stack).toMatchObject({ account: "333333333333", region: "eu-central-1" });
});

test("CDK's own parameter and rule for its bootstrap version are passed over", () => {
  const Parameters = {
    BootstrapVersion: {
      Type: "AWS::SSM::Parameter::Value<String>",
      Default: "/cdk-bootstrap/hnb659fds/version",
    },
  };
  expect(resolved({ Resources: {}, Parameters, Rules: { CheckBootstrapVersion: {} } }).resources).toEqual([]);
});

test.each([
  ["a resource type", { Resources: { Topic: { Type: "AWS::DynamoDB::Table" } } }, "AWS::DynamoDB::Table"],
  [
    "a property",
    { Resources: { B: { Type: "AWS::S3::Bucket", Properties: { WebsiteConfiguration: {} } } } },
    "WebsiteConfiguration",
  ],
  [
    "an intrinsic function",
    { Resources: {}, Outputs: { A: { Value: { "Fn::ImportValue": "x" } } } },
    "Fn::ImportValue",
  ],
  ["a reference to nothing", { Resources: {}, Outputs: { A: { Value: { Ref: "Absent" } } } }, "Absent"],
  [
    "an attribute",
    {
      Resources: { B: { Type: "AWS::S3::Bucket" } },
      Outputs: { A: { Value: { "Fn::GetAtt": ["B", "WebsiteURL"] } } },
    },
    "WebsiteURL",
  ],
  ["a section", { Resources: {}, Transform: "AWS::Serverless" }, "Transform"],
  ["a rule", { Resources: {}, Rules: { Mine: {} } }, "Mine"],
])("%s that is not known is refused by name", (_, template, name) => {
  expect(() => resolved(template)).toThrow(name);
});

test("a folder that is no cloud assembly is refused with what to do", () => {
  expect(() => readAssembly("/nonexistent")).toThrow("cdk synth");
});

describe("deploying", () => {
  const code = functionOf("exports.handler = async () => 1");

  async function deploying(
    change: (template: Fields & { Resources: Record<string, { Properties: Fields }> }) => void,
  ): Promise<unknown> {
    const template = templateOf({ One: code }, oneTask("One")) as Fields & {
      Resources: Record<string, { Properties: Fields }>;
    };
    change(template);
    try {
      const aws = await startLocalAws({ assembly: writeAssembly(template) });
      await aws.stop();
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }

  test("refuses a function whose role does not trust Lambda", async () => {
    expect(
      await deploying(
        ({ Resources }) =>
          void Object.assign(Resources["One"]?.Properties ?? {}, {
            Role: { "Fn::GetAtt": ["MachineRole", "Arn"] },
          }),
      ),
    ).toContain("cannot be assumed by lambda.amazonaws.com");
  });

  test("refuses a definition that is not valid, and one that names a function that does not exist", async () => {
    const definition =
      (text: object) =>
      ({ Resources }: { Resources: Record<string, { Properties: Fields }> }) =>
        void Object.assign(Resources["Machine"]?.Properties ?? {}, {
          DefinitionString: JSON.stringify(text),
        });
    expect(await deploying(definition({ StartAt: "Nowhere", States: {} }))).toContain("Fixture/Machine");
    expect(await deploying(definition(oneTask("Absent")))).toContain("function:Absent does not exist");
  });

  test("refuses an AWS managed policy, since what it allows is not known", async () => {
    const arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";
    expect(
      await deploying(
        ({ Resources }) =>
          void Object.assign(Resources["FunctionRole"]?.Properties ?? {}, { ManagedPolicyArns: [arn] }),
      ),
    ).toContain(arn);
  });

  test("creates repositories and buckets, and keeps them when it is started on the same folder again", async () => {
    const template = {
      Resources: {
        Images: {
          Type: "AWS::ECR::Repository",
          Properties: { RepositoryName: "team/images", ImageTagMutability: "IMMUTABLE" },
        },
        Work: { Type: "AWS::S3::Bucket", Properties: { BucketName: "work-bucket" } },
      },
    };
    const data = writeAssembly({});
    const assembly = writeAssembly(template);
    for (const _ of ["first", "second"]) {
      const aws = await startLocalAws({ assembly, data: `${data}/data` });
      expect(aws.store.list("333333333333", "eu-central-1").map(({ key }) => key.name)).toEqual([
        "team/images",
      ]);
      await aws.stop();
    }
  });
});
