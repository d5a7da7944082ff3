import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Replication } from "../../infra/replication.ts";
import { exampleApp, synthesizeApp } from "./synthesized.ts";

describe("the deployable app", () => {
  const assembly = exampleApp().synth();

  test("has a stack in each of the three accounts, and one that forwards pushes where its rules watch", () => {
    const environments = assembly.stacks.map(({ stackName, environment }) => [stackName, environment.name]);
    expect(Object.fromEntries(environments)).toEqual({
      EcrReplicator: "aws://333333333333/eu-central-1",
      EcrReplicatorSourceRoles: "aws://111111111111/eu-central-1",
      EcrReplicatorDestinationRoles: "aws://222222222222/eu-central-1",
      "EcrReplicatorPushForwarding-111111111111-eu-central-1": "aws://111111111111/eu-central-1",
    });
  });

  test("uploads the built functions, one file each, and no container image", () => {
    const assets = JSON.parse(readFileSync(join(assembly.directory, "EcrReplicator.assets.json"), "utf8"));
    const sources = Object.values<{ source: { path: string; packaging: string } }>(assets.files).map(
      ({ source }) => source,
    );
    const folders = sources.filter(({ packaging }) => packaging === "zip");
    expect(folders.length).toBeGreaterThan(0);
    for (const { path } of folders) {
      expect(readdirSync(join(assembly.directory, path))).toEqual(["index.mjs"]);
    }
    expect(sources.filter(({ packaging }) => packaging === "file")).toEqual([
      { path: "EcrReplicator.template.json", packaging: "file" },
    ]);
    expect(assets.dockerImages).toEqual({});
  });

  test("makes the roles without a bootstrapped account", () => {
    for (const name of ["EcrReplicatorSourceRoles", "EcrReplicatorDestinationRoles"]) {
      const stack = assembly.getStackByName(name);
      expect(stack.requiresBootstrapStackVersion).toBeUndefined();
      expect(stack.assumeRoleArn).toBeUndefined();
      expect(stack.template.Parameters).toBeUndefined();
      expect(stack.assets).toEqual([]);
    }
  });

  test.each([
    ["ReplicateImage", "StateMachineArn"],
    ["ReplicateImages", "ImagesStateMachineArn"],
  ])("puts out the ARN of the state machine %s", (StateMachineName, output) => {
    const template = synthesizeApp()["EcrReplicator"];
    const wanted = { Properties: { StateMachineName } };
    const [machine] = Object.keys(template?.findResources("AWS::StepFunctions::StateMachine", wanted) ?? {});
    expect(machine).toBeDefined();
    template?.hasOutput(output, { Value: { Ref: machine } });
  });

  test("follows its configuration into every role", () => {
    const templates = synthesizeApp({
      region: "cn-north-1",
      sourceAccount: "444444444444",
      destinationAccount: "555555555555",
      externalId: "from-team-a",
      sourceBuckets: ["our-images"],
      rules: [],
    });
    const pipeline = JSON.stringify(templates["EcrReplicator"]?.toJSON());
    expect(pipeline).toContain("arn:aws-cn:iam::444444444444:role/PullImages");
    expect(pipeline).toContain("arn:aws-cn:iam::555555555555:role/CustomEcrRole");
    const source = JSON.stringify(templates["EcrReplicatorSourceRoles"]?.toJSON());
    expect(source).toContain("arn:aws-cn:ecr:*:444444444444:repository/*");
    expect(source).toContain('"arn:aws-cn:s3:::our-images"');
    expect(source).toContain("arn:aws-cn:iam::333333333333:role/ecr-replicator/*");
    expect(source).toContain('"sts:ExternalId":"from-team-a"');
  });

  describe("lets its roles create repositories, and read what they are to be like,", () => {
    const roles = {
      sourceRoleArn: "arn:aws:iam::111111111111:role/PullImages",
      destinationRoleArn: "arn:aws:iam::222222222222:role/CustomEcrRole",
    };
    const team = {
      name: "team",
      source: "111111111111.dkr.ecr.eu-central-1.amazonaws.com/team/*",
      destination: "222222222222.dkr.ecr.eu-central-1.amazonaws.com/mirror/*",
      createRepository: { like: "source" as const },
    };
    const inbox = {
      name: "inbox",
      destination: "222222222222.dkr.ecr.eu-central-1.amazonaws.com/{basename}:latest",
      destinationRoleArn: roles.destinationRoleArn,
      createRepository: true as const,
      triggers: [{ s3: { bucket: "replication-inbox" } }],
    };
    const both = ["EcrReplicatorSourceRoles", "EcrReplicatorDestinationRoles"];
    const { createRepository: _createRepository, ...bare } = { ...team, ...roles };

    test.each<[string, Partial<Replication>, string[]]>([
      ["of requests, when it says so", { createRepositories: true, rules: [] }, both],
      ["of a rule with createRepository", { rules: [{ ...team, ...roles }] }, both],
      ["of a rule for uploads", { rules: [inbox] }, ["EcrReplicatorDestinationRoles"]],
      ["but not of a rule with other roles", { rules: [team] }, []],
      ["but not of a rule that creates none", { rules: [bare] }, []],
    ])("%s", (_, fields, stacks) => {
      const templates = Object.entries(synthesizeApp({ createRepositories: undefined, ...fields }));
      const creating = templates.filter(([, template]) =>
        JSON.stringify(template.toJSON()).includes("ecr:GetLifecyclePolicy"),
      );
      expect(creating.map(([name]) => name)).toEqual(stacks);
      const writing = templates.filter(([, template]) =>
        JSON.stringify(template.toJSON()).includes("ecr:CreateRepository"),
      );
      expect(writing.map(([name]) => name)).toEqual(stacks.filter((name) => name !== both[0]));
    });
  });

  test("names the secrets of its configuration in the pipeline only", () => {
    const secret = "arn:aws:secretsmanager:eu-central-1:333333333333:secret:ghcr-AbCdEf";
    const naming = (secrets: string[] | undefined, name: string) =>
      Object.entries(synthesizeApp({ secrets }))
        .filter(([, template]) => JSON.stringify(template.toJSON()).includes(name))
        .map(([stack]) => stack);
    expect(naming([secret], `"${secret}"`)).toEqual(["EcrReplicator"]);
    expect(naming(undefined, "secretsmanager")).toEqual([]);
  });

  test("reads no bucket when the configuration names none", () => {
    expect(
      JSON.stringify(synthesizeApp({ sourceBuckets: undefined, inboxBuckets: undefined, rules: undefined })),
    ).not.toContain("s3:::");
  });

  test("reads the bucket of its configuration and does not create it", () => {
    const templates = Object.entries(synthesizeApp());
    const buckets = templates.flatMap(([, template]) =>
      Object.values(template.findResources("AWS::S3::Bucket")),
    );
    expect(buckets.map((bucket) => bucket["Properties"].BucketName)).toEqual([
      "replication-inbox",
      undefined,
    ]);
    const naming = templates.filter(([, template]) =>
      JSON.stringify(template.toJSON()).includes("my-bucket"),
    );
    expect(naming.map(([name]) => name)).toEqual(["EcrReplicatorSourceRoles"]);
  });
});
