import { Stack, Validations } from "aws-cdk-lib";
import type { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IConstruct } from "constructs";

/**
 * Tells cdk-nag why there is a `*` inside the resources that a role's statements name. A bare `*` is not accepted.
 * Source: cdk-nag, rule AwsSolutions-IAM5, which has a finding of its own for each resource.
 */
export function acceptWildcards(
  role: IConstruct,
  statements: readonly PolicyStatement[],
  reason: string,
): void {
  const resources = statements.flatMap((statement) => Stack.of(role).resolve(statement.resources));
  for (const resource of new Set(resources.map(flat))) {
    if (!resource.includes("*") || resource === "*" || notInAnId.test(resource)) continue;
    Validations.of(role).acknowledge({ id: `AwsSolutions-IAM5[Resource::${resource}]`, reason });
  }
}

// What the objects of a rule begin with may have these. An id with them would be an error, or not the finding's.
const notInAnId = /[\s()[\]{}]/;

type Reference = {
  readonly Ref?: string;
  readonly "Fn::GetAtt"?: readonly string[];
  readonly "Fn::Join"?: readonly [string, readonly unknown[]];
};

/** A resource as cdk-nag writes it. */
function flat(resource: unknown): string {
  if (typeof resource === "string") return resource;
  const { Ref, "Fn::GetAtt": attribute, "Fn::Join": join } = resource as Reference;
  if (join) return join[1].map(flat).join(join[0]);
  const name = Ref ?? attribute?.join(".");
  return name === undefined ? JSON.stringify(resource) : `<${name}>`;
}
