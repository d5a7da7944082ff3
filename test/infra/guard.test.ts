import { CfnGuardValidator } from "@cdklabs/cdk-validator-cfnguard";
import { Stack } from "aws-cdk-lib";
import { CfnBucket } from "aws-cdk-lib/aws-s3";
import { acceptedBy, deployable, everyFindingOf, type Fill, findingsOf, inWords } from "./findings.ts";

const ofGuard = /^[a-z0-9_]+$/;

describe("cfn-guard, with the rules of AWS Control Tower,", () => {
  test("finds nothing in the app that is not accepted beside the resource", () => {
    expect(inWords(findingsOf(deployable, [new CfnGuardValidator()]))).toBe("");
  });

  test("finds all that the app accepts, so that no acceptance outlives its cause", () => {
    const found = everyFindingOf(deployable, [new CfnGuardValidator()]);
    const unused = acceptedBy(deployable).filter(
      ({ construct, rule }) =>
        ofGuard.test(rule) &&
        !found.some((each) => each.rule === rule && `${each.resource}/`.startsWith(`${construct}/`)),
    );
    expect(unused).toEqual([]);
  });

  test("does not pass when it could not run", () => {
    const broken = new CfnGuardValidator({ rules: ["no-such-file.guard"] });
    expect(() => findingsOf(deployable, [broken])).toThrow("cdk-validator-cfnguard did not work");
  });

  test("finds what a bare bucket lacks", () => {
    const bucket: Fill = (app) => new CfnBucket(new Stack(app, "Stack"), "Bucket");
    const rules = findingsOf(bucket, [new CfnGuardValidator()]).map(({ rule }) => rule);
    expect(rules).toContain("s3_bucket_versioning_enabled_check");
    expect(rules).toContain("s3_bucket_logging_enabled_check");
  });
});
