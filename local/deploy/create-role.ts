import { parsePolicy } from "../iam/policy.ts";
import type { Roles } from "../iam/roles.ts";
import { parseTrust } from "../iam/trust.ts";
import type { NamedResource } from "./resource-type.ts";
import { RESOURCE_TYPES } from "./resource-types.ts";

/** Creates a role with its inline policies. */
export function createRole(resource: NamedResource, roles: Roles): void {
  const { name, stack, properties, logicalId } = resource;
  const where = `${stack.name}/${logicalId}`;
  const inline = (properties["Policies"] ?? []) as { PolicyDocument: unknown }[];
  roles.add({
    arn: RESOURCE_TYPES[resource.type]?.attributes["Arn"]?.(resource) ?? "",
    name,
    account: stack.account,
    maxSessionSeconds: Number(properties["MaxSessionDuration"] ?? 3600),
    trust: parseTrust(properties["AssumeRolePolicyDocument"], where),
    statements: inline.flatMap(({ PolicyDocument }) => parsePolicy(PolicyDocument, where)),
  });
}

/** Attaches a policy to the roles it names, and a managed policy also to the roles that name it. */
export function attachPolicy(policy: NamedResource, all: readonly NamedResource[], roles: Roles): void {
  const { stack, properties, logicalId } = policy;
  const statements = parsePolicy(properties["PolicyDocument"], `${stack.name}/${logicalId}`);
  const named = (properties["Roles"] ?? []) as string[];
  const naming = all.filter((resource) =>
    managedPolicies(resource).includes(RESOURCE_TYPES[policy.type]?.ref(policy) ?? ""),
  );
  for (const name of new Set([...named, ...naming.map((role) => role.name)])) {
    const role = roles.get(stack.account, name);
    if (!role) throw new Error(`${stack.name}/${logicalId}: role ${name} is not in account ${stack.account}`);
    role.statements.push(...statements);
  }
}

/** Throws when a role names a managed policy that no template defines, since what that one allows is not known. */
export function refuseUnknownPolicies(all: readonly NamedResource[]): void {
  const defined = all
    .filter(({ type }) => type === "AWS::IAM::ManagedPolicy")
    .map((policy) => RESOURCE_TYPES[policy.type]?.ref(policy));
  for (const resource of all) {
    const unknown = managedPolicies(resource).find((arn) => !defined.includes(arn));
    if (unknown)
      throw new Error(
        `${resource.stack.name}/${resource.logicalId}: managed policy ${unknown} is not known to local AWS`,
      );
  }
}

function managedPolicies({ type, properties }: NamedResource): string[] {
  return type === "AWS::IAM::Role" ? ((properties["ManagedPolicyArns"] ?? []) as string[]) : [];
}
