import { Stack } from "aws-cdk-lib";
import type { Construct } from "constructs";
import type { Rule } from "../core/model/rule.ts";
import type { Archives } from "./reach.ts";

/**
 * What the functions read with their own roles: the buckets they were given, and of rules that name neither a source
 * role nor access keys what starts them.
 */
export function readableArchives(
  scope: Construct,
  { bucketNames, rules }: { bucketNames: readonly string[]; rules: readonly Rule[] },
): Archives[] {
  const { partition } = Stack.of(scope);
  const uploads = rules
    .filter((rule) => (rule.sourceRoleArn ?? rule.sourceCredentialsSecretArn) === undefined)
    .flatMap((rule) => rule.triggers ?? [])
    .flatMap(({ s3 }) => s3 ?? []);
  const places = [
    ...bucketNames.map((bucket) => ({ bucket, prefix: "" })),
    ...uploads.map(({ bucket, prefix = "" }) => ({ bucket, prefix })),
  ];
  return places.map(({ bucket, prefix }) => {
    const bucketArn = `arn:${partition}:s3:::${bucket}`;
    return { bucketArn, objectArn: `${bucketArn}/${literal(prefix)}*` };
  });
}

/** A text as it stands in the resource of a policy (IAM User Guide, "Policy variables", special characters). */
function literal(text: string): string {
  return text.replace(/[*?$]/g, "$${$&}");
}
