import { createHash } from "node:crypto";
import type { Stack } from "./assembly.ts";

/** A resource of a stack with the name CloudFormation would give it. */
export interface NamedResource {
  readonly logicalId: string;
  readonly type: string;
  readonly stack: Stack;
  /** The physical name. */
  readonly name: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** How a resource type is named and referred to, and the properties that local AWS knows of it. */
export interface ResourceType {
  /** The property with an explicit name, if the type has one. */
  readonly nameProperty?: string;
  /** The longest generated name. */
  readonly longest: number;
  readonly ref: (resource: NamedResource) => string;
  readonly attributes: Readonly<Record<string, (resource: NamedResource) => string>>;
  /** Every other property is refused. */
  readonly properties: readonly string[];
}

/** A resource's name, which is what `Ref` is of most types. */
export function nameOf({ name }: NamedResource): string {
  return name;
}

/** The ARN of what a service has in the resource's account and region. */
export function regionalArn({ stack }: NamedResource, service: string, rest: string): string {
  return `arn:aws:${service}:${stack.region}:${stack.account}:${rest}`;
}

/** Words with a space between them. */
export function list(words: string): string[] {
  return words.split(" ");
}

/** The resources of one type. */
export function ofType(all: readonly NamedResource[], type: string): NamedResource[] {
  return all.filter((resource) => resource.type === type);
}

/** The name that CloudFormation would generate, but the same at every deployment: stack, logical id and a hash of both. */
export function generatedName(
  { stack, logicalId, type }: Omit<NamedResource, "name" | "properties">,
  longest: number,
): string {
  const identity = [stack.account, stack.region, stack.name, logicalId].join("/");
  const hash = createHash("sha256").update(identity).digest("hex").slice(0, 12);
  const parts = type === "AWS::StepFunctions::StateMachine" ? [logicalId] : [stack.name, logicalId];
  const generated = `${parts.join("-").slice(0, longest - hash.length - 1)}-${hash}`;
  return ["AWS::S3::Bucket", "AWS::ECR::Repository"].includes(type) ? generated.toLowerCase() : generated;
}
