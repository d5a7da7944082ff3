import type { Template } from "aws-cdk-lib/assertions";

/** One statement of a policy, with its lists as lists. */
export interface Statement {
  readonly actions: string[];
  readonly resources: unknown[];
  readonly condition: unknown;
}

type Json = Record<string, unknown>;

/** The statements of every policy that gives permissions in the template, by the logical id of the role or policy. */
export function permissionsOf(template: Template): Map<string, Statement[]> {
  const found = new Map<string, Statement[]>();
  for (const [id, role] of Object.entries(template.findResources("AWS::IAM::Role"))) {
    const policies = (role["Properties"].Policies ?? []) as Json[];
    found.set(
      id,
      policies.flatMap((policy) => statements(policy["PolicyDocument"] as Json)),
    );
  }
  for (const [id, policy] of Object.entries(template.findResources("AWS::IAM::Policy"))) {
    found.set(id, statements(policy["Properties"].PolicyDocument));
  }
  return found;
}

function statements(document: Json): Statement[] {
  return (document["Statement"] as Json[]).map((statement) => ({
    actions: list(statement["Action"]) as string[],
    resources: list(statement["Resource"]),
    condition: statement["Condition"],
  }));
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}
