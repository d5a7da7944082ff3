import { Stack } from "aws-cdk-lib";
import type { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IConstruct } from "constructs";
import { accept } from "./accept.ts";

/**
 * Says why there is a `*` inside the resources that a role's statements name. A bare `*` is not accepted.
 * Source: cdk-nag, rule AwsSolutions-IAM5, which has a finding for each resource.
 */
export function acceptWildcards(
  role: IConstruct,
  statements: readonly PolicyStatement[],
  reason: string,
): void {
  const resources = statements.flatMap((statement) => Stack.of(role).resolve(statement.resources));
  for (const resource of new Set(resources.map(written))) {
    if (!resource.includes("*") || resource === "*" || !isBalanced(resource)) continue;
    accept(role, { [`AwsSolutions-IAM5[Resource::${resource}]`]: reason });
  }
}

/** A resource as cdk-nag writes it. */
function written(resource: unknown): string {
  if (typeof resource === "string") return resource;
  const { Ref, "Fn::GetAtt": attribute, "Fn::Join": join } = resource as Reference;
  if (join) return join[1].map(written).join(join[0]);
  const name = Ref ?? attribute?.join(".");
  return name === undefined ? JSON.stringify(resource) : `<${name}>`;
}

type Reference = {
  readonly Ref?: string;
  readonly "Fn::GetAtt"?: readonly string[];
  readonly "Fn::Join"?: readonly [string, readonly unknown[]];
};

/** A rule's id with brackets that are not is an error of CDK, and the keys of objects may have such. */
function isBalanced(text: string): boolean {
  let brackets = text.replace(/[^()[\]{}]/g, "");
  for (let before = ""; before !== brackets; ) {
    before = brackets;
    brackets = brackets.replace(/\(\)|\[\]|\{\}/g, "");
  }
  return brackets === "";
}
