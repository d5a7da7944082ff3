import { App, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { PushForwarding, type PushForwardingProps } from "../../infra/index.ts";
import { permissionsOf } from "./policies.ts";
import { exampleApp, synthesizeApp } from "./synthesized.ts";

const context = { "@aws-cdk/core:enablePartitionLiterals": true };
const bus = "arn:aws:events:eu-central-1:333333333333:event-bus/default";

function forwarding(
  props: Partial<PushForwardingProps> = {},
  env?: { account: string; region: string },
): Template {
  const stack = new Stack(new App({ context }), "Stack", {
    env: env ?? { account: "111111111111", region: "us-east-1" },
  });
  const given = { pipelineAccount: "333333333333", pipelineRegion: "eu-central-1", repositories: ["team/*"] };
  new PushForwarding(stack, "PushForwarding", { ...given, ...props });
  return Template.fromStack(stack);
}

describe("PushForwarding", () => {
  test("forwards the pushes of tags to its repositories to the pipeline's bus", () => {
    const template = forwarding({ repositories: ["team/*", "base"] });
    const [role] = Object.keys(template.findResources("AWS::IAM::Role"));
    template.hasResourceProperties("AWS::Events::Rule", {
      State: "ENABLED",
      EventPattern: {
        source: ["aws.ecr"],
        "detail-type": ["ECR Image Action"],
        account: ["111111111111"],
        region: ["us-east-1"],
        detail: {
          "action-type": ["PUSH"],
          result: ["SUCCESS"],
          "repository-name": [{ prefix: "team/" }, "base"],
          "image-tag": [{ "anything-but": "" }],
        },
      },
      Targets: [{ Arn: bus, Id: "Target0", RoleArn: { "Fn::GetAtt": [role, "Arn"] } }],
    });
  });

  test("has a role that EventBridge may use for this account, to put events on that bus, and no more", () => {
    const template = forwarding();
    expect([...permissionsOf(template).values()]).toEqual([
      [{ actions: ["events:PutEvents"], resources: [bus], condition: undefined }],
    ]);
    template.hasResourceProperties("AWS::IAM::Role", {
      Path: "/ecr-replicator-pushes/",
      AssumeRolePolicyDocument: {
        Statement: [
          {
            Action: "sts:AssumeRole",
            Effect: "Allow",
            Principal: { Service: "events.amazonaws.com" },
            Condition: { StringEquals: { "aws:SourceAccount": "111111111111" } },
          },
        ],
      },
    });
  });

  const refused: [Partial<PushForwardingProps>, string][] = [
    [{ pipelineAccount: "3333" }, 'pipelineAccount: "3333" is not an account id of twelve digits'],
    [{ pipelineRegion: "Frankfurt" }, 'pipelineRegion: "Frankfurt" is not a Region, such as eu-central-1'],
    [{ repositories: [] }, "repositories: is empty; expected names of repositories"],
    [{ repositories: ["a/*/b/*"] }, 'repositories: "a/*/b/*" is not a repository\'s name in lower case'],
    [{ repositories: ["Team/app"] }, 'repositories: "Team/app" is not'],
    [{ repositories: [""] }, 'repositories: "" is not'],
    [{ repositories: ["app:latest"] }, 'repositories: "app:latest" is not'],
  ];
  test.each(refused)("refuses %j", (props, message) => {
    expect(() => forwarding(props)).toThrow(message);
  });

  test("watches for names by their beginning or end, and by a wildcard only for both", () => {
    const [rule] = Object.values(
      forwarding({ repositories: ["*", "team/*", "*/app", "team/*/app", "base"] }).findResources(
        "AWS::Events::Rule",
      ),
    );
    expect(rule?.["Properties"].EventPattern.detail["repository-name"]).toEqual([
      { exists: true },
      { prefix: "team/" },
      { suffix: "/app" },
      { wildcard: "team/*/app" },
      "base",
    ]);
  });

  test("has as many event rules as their patterns take, of 2,048 characters at most", () => {
    const names = Array.from({ length: 300 }, (_, at) => `team/repository-${at}/*`);
    const rules = Object.values(forwarding({ repositories: names }).findResources("AWS::Events::Rule"));
    const patterns = rules.map(({ Properties }) => Properties.EventPattern);
    for (const pattern of patterns) expect(JSON.stringify(pattern).length).toBeLessThanOrEqual(2048);
    const watched = patterns.flatMap((pattern) => pattern.detail["repository-name"]);
    expect(watched.map(({ prefix }) => `${prefix}*`).toSorted()).toEqual(names.toSorted());
    expect(patterns).toHaveLength(8);
  });

  test("has one event rule for a pattern of 2,048 characters, and two for one more", () => {
    const rules = (length: number) => {
      const repositories = [...Array(7).fill("a".repeat(230)), "b".repeat(length)];
      return Object.values(forwarding({ repositories }).findResources("AWS::Events::Rule"));
    };
    const longest = 2048 - JSON.stringify(rules(1)[0]?.["Properties"].EventPattern).length + 1;
    expect(rules(longest)).toHaveLength(1);
    expect(rules(longest + 1)).toHaveLength(2);
  });

  test("refuses to forward to where it is", () => {
    expect(() => forwarding({}, { account: "333333333333", region: "eu-central-1" })).toThrow(
      "pipelineRegion: the stack is in eu-central-1 itself: there is nothing to forward",
    );
  });

  test("works in a stack whose account and Region are known only at deployment", () => {
    const stack = new Stack(new App(), "Stack");
    const given = {
      pipelineAccount: "333333333333",
      pipelineRegion: "eu-central-1",
      repositories: ["team/*"],
    };
    expect(() => new PushForwarding(stack, "PushForwarding", given)).not.toThrow();
    Template.fromStack(stack).hasResourceProperties("AWS::Events::Rule", {
      EventPattern: { account: [{ Ref: "AWS::AccountId" }], region: [{ Ref: "AWS::Region" }] },
    });
  });
});

describe("the app", () => {
  const destination = (name: string) => `222222222222.dkr.ecr.eu-central-1.amazonaws.com/${name}/*`;
  const watched = (name: string, host: string) => ({
    name,
    source: `${host}/${name}/*`,
    destination: destination(name),
    triggers: [{ ecrPush: true as const }],
  });
  const rules = [
    watched("a", "111111111111.dkr.ecr.us-east-1.amazonaws.com"),
    watched("b", "111111111111.dkr-ecr.us-east-1.on.aws"),
    watched("c", "111111111111.dkr.ecr.eu-central-1.amazonaws.com"),
    watched("d", "333333333333.dkr.ecr.eu-central-1.amazonaws.com"),
    watched("e", "333333333333.dkr.ecr.eu-west-1.amazonaws.com"),
    { ...watched("f", "444444444444.dkr.ecr.eu-central-1.amazonaws.com"), triggers: undefined },
  ];

  test("has a stack that forwards in each account and Region but the pipeline's whose pushes start rules", () => {
    const assembly = exampleApp({ rules }).synth();
    const stacks = assembly.stacks.filter(({ stackName }) => stackName.includes("Forwarding"));
    expect(stacks.map(({ stackName, environment }) => [stackName, environment.name])).toEqual([
      ["EcrReplicatorPushForwarding-111111111111-eu-central-1", "aws://111111111111/eu-central-1"],
      ["EcrReplicatorPushForwarding-111111111111-us-east-1", "aws://111111111111/us-east-1"],
      ["EcrReplicatorPushForwarding-333333333333-eu-west-1", "aws://333333333333/eu-west-1"],
    ]);
    for (const stack of stacks) {
      expect(stack.requiresBootstrapStackVersion).toBeUndefined();
      expect(stack.assets).toEqual([]);
    }
  });

  test("watches there all that its rules watch", () => {
    const pattern = JSON.stringify(
      synthesizeApp({ rules })["EcrReplicatorPushForwarding-111111111111-us-east-1"]?.toJSON(),
    );
    expect(pattern).toContain('"repository-name":[{"prefix":"a/"},{"prefix":"b/"}]');
  });

  test("has no such stack where nothing is watched", () => {
    const names = Object.keys(synthesizeApp({ rules: rules.slice(5) }));
    expect(names.filter((name) => name.includes("Forwarding"))).toEqual([]);
  });
});
