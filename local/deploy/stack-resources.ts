import type { Stack, TemplateResource } from "./assembly.ts";
import { conditionHolds, resolve, type Scope } from "./intrinsics.ts";
import { refuseUnknown } from "./refuse-unknown.ts";
import { generatedName, type NamedResource, type ResourceType } from "./resource-type.ts";
import { RESOURCE_TYPES } from "./resource-types.ts";

/** A stack's resources with names and properties worked out, and its outputs. */
export interface ResolvedStack {
  readonly stack: Stack;
  readonly resources: readonly NamedResource[];
  readonly outputs: Readonly<Record<string, string>>;
}

const SECTIONS = [
  "AWSTemplateFormatVersion",
  "Description",
  "Metadata",
  "Parameters",
  "Conditions",
  "Resources",
  "Outputs",
  "Rules",
];
const ATTRIBUTES = [
  "Type",
  "Properties",
  "DependsOn",
  "Metadata",
  "Condition",
  "DeletionPolicy",
  "UpdateReplacePolicy",
];

// What ARNs are made of besides names.
const PARTS_OF_ARNS = ["Path", "EventBusName", "GroupName"];

/** Works a template out; throws an Error that names whatever local AWS does not know. */
export function resolveStack(stack: Stack): ResolvedStack {
  const { template, name } = stack;
  refuseUnknown(Object.keys(template), SECTIONS, name);
  // CDK's check of its bootstrap version needs a parameter store that nothing else here does.
  refuseUnknown(
    Object.keys((template["Rules"] ?? {}) as object),
    ["CheckBootstrapVersion"],
    `${name}: Rules`,
  );
  const scope: Scope = { stack, resource: (logicalId, attribute) => attributeOf(logicalId, attribute) };
  const named = new Map<string, NamedResource>();
  const attributeOf = (logicalId: string, attribute?: string): string | undefined => {
    const resource = nameResource(logicalId);
    const type = resource && RESOURCE_TYPES[resource.type];
    if (!resource || !type) return undefined;
    return attribute === undefined ? type.ref(resource) : type.attributes[attribute]?.(resource);
  };
  const nameResource = (logicalId: string): NamedResource | undefined => {
    const known = named.get(logicalId);
    const declared = template.Resources?.[logicalId];
    if (known || !declared || !conditionHolds(declared.Condition, scope)) return known;
    const resource = nameOne(logicalId, declared, scope);
    named.set(logicalId, resource);
    return resource;
  };
  const resources = Object.keys(template.Resources ?? {}).flatMap(
    (logicalId) => nameResource(logicalId) ?? [],
  );
  const complete = resources.map((resource) => {
    const declared = template.Resources?.[resource.logicalId]?.Properties ?? {};
    return { ...resource, properties: resolve(declared, scope) as Record<string, unknown> };
  });
  return { stack, resources: complete, outputs: outputsOf(scope) };
}

/** A resource with only those properties worked out that its name and ARN need, since the others may refer back to it. */
function nameOne(logicalId: string, declared: TemplateResource, scope: Scope): NamedResource {
  const where = `${scope.stack.name}/${logicalId}`;
  const type = typeOf(declared, where);
  refuseUnknown(Object.keys(declared), ATTRIBUTES, where);
  refuseUnknown(Object.keys(declared.Properties ?? {}), type.properties, `${where} (${declared.Type})`);
  const { [type.nameProperty ?? ""]: given, ...others } = declared.Properties ?? {};
  const identity = { logicalId, type: declared.Type, stack: scope.stack };
  const explicit = given === undefined ? undefined : String(resolve(given, scope));
  const parts = Object.entries(others).filter(([property]) => PARTS_OF_ARNS.includes(property));
  const properties = Object.fromEntries(parts.map(([property, value]) => [property, resolve(value, scope)]));
  return { ...identity, name: explicit ?? generatedName(identity, type.longest), properties };
}

function typeOf({ Type }: TemplateResource, where: string): ResourceType {
  const type = RESOURCE_TYPES[Type];
  if (type) return type;
  throw new Error(
    `${where}: local AWS does not deploy ${Type}; it deploys ${Object.keys(RESOURCE_TYPES).join(", ")}`,
  );
}

function outputsOf(scope: Scope): Record<string, string> {
  const outputs = Object.entries(scope.stack.template.Outputs ?? {});
  const present = outputs.filter(([, { Condition }]) => conditionHolds(Condition, scope));
  return Object.fromEntries(present.map(([key, { Value }]) => [key, String(resolve(Value, scope))]));
}
