import { Stack } from "aws-cdk-lib";
import { CfnBucket } from "aws-cdk-lib/aws-s3";
import { AwsSolutionsChecks, ServerlessChecks } from "cdk-nag";
import type { ImageReplicatorProps } from "../../infra/image-replicator-props.ts";
import {
  acceptedBy,
  deployable,
  everyFindingOf,
  type Fill,
  findingsOf,
  inWords,
  replicatorWith,
} from "./findings.ts";

const packs = () => [new AwsSolutionsChecks(), new ServerlessChecks()];
const ofPacks = /^(AwsSolutions|Serverless)-/;

const registry = "arn:aws:ecr:*:111111111111:repository/*";
const everyWildcard: ImageReplicatorProps = {
  sourceRoleArns: ["arn:aws:iam::*:role/PullImages"],
  destinationRoleArns: ["arn:aws:iam::222222222222:role/team/Push*"],
  sourceRepositoryArns: [registry],
  destinationRepositoryArns: [registry],
  createRepositories: true,
  secretArns: ["arn:aws:secretsmanager:eu-central-1:333333333333:secret:docker-hub"],
  sourceBucketNames: ["our-images"],
  tracing: true,
};

describe("cdk-nag, with AwsSolutions and Serverless,", () => {
  test("finds nothing in the app that is not accepted beside the resource", () => {
    expect(inWords(findingsOf(deployable, packs()))).toBe("");
  });

  test("finds nothing in a replicator that may do all it can, and is traced", () => {
    expect(inWords(findingsOf(replicatorWith(everyWildcard), packs()))).toBe("");
  });

  test("finds all that the app accepts, so that no acceptance outlives its cause", () => {
    const found = everyFindingOf(deployable, packs());
    const unused = acceptedBy(deployable).filter(
      ({ construct, rule }) =>
        ofPacks.test(rule) &&
        !found.some((each) => each.rule === rule && `${each.resource}/`.startsWith(`${construct}/`)),
    );
    expect(unused).toEqual([]);
  });

  test("finds what a bare bucket lacks", () => {
    const bucket: Fill = (app) => new CfnBucket(new Stack(app, "Stack"), "Bucket");
    const rules = findingsOf(bucket, packs()).map(({ resource, rule }) => [resource, rule]);
    expect(rules).toEqual([
      ["Stack/Bucket", "AwsSolutions-S1"],
      ["Stack/Bucket", "AwsSolutions-S10"],
    ]);
  });
});

describe("what is accepted", () => {
  const rulesOf = (prefix: string) =>
    acceptedBy(
      replicatorWith({
        rules: [
          {
            name: "inbox",
            destination: "222222222222.dkr.ecr.eu-central-1.amazonaws.com/{basename}:latest",
            triggers: [{ s3: { bucket: "inbox", prefix } }],
          },
        ],
      }),
    ).map(({ rule }) => rule);

  test("are the objects that a rule reads, with brackets in their keys", () => {
    expect(rulesOf("old(2024)/")).toContain("AwsSolutions-IAM5[Resource::arn:aws:s3:::inbox/old(2024)/*]");
  });

  test.each(["old (", "]", "({)}"])("are not those below %j, which no rule's id can have", (prefix) => {
    expect(rulesOf(prefix).join()).not.toContain("inbox");
  });

  test("has a reason in a sentence, and no bare `*` but for what takes no resource", () => {
    const accepted = [...acceptedBy(deployable), ...acceptedBy(replicatorWith(everyWildcard))];
    for (const { reason } of accepted) expect(reason).toMatch(/^.{20,}\.$/);
    const bare = accepted.filter(({ rule }) => rule.includes("[Resource::*]"));
    expect(new Set(bare.map(({ reason }) => reason))).toEqual(
      new Set(["The actions of X-Ray take no resource."]),
    );
  });
});
