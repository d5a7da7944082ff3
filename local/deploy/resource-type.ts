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

const name = (resource: NamedResource) => resource.name;
const functionArn = (resource: NamedResource) => regionalArn(resource, "lambda", `function:${resource.name}`);
const machineArn = (resource: NamedResource) =>
  regionalArn(resource, "states", `stateMachine:${resource.name}`);
const repositoryArn = (resource: NamedResource) =>
  regionalArn(resource, "ecr", `repository/${resource.name}`);
const policyArn = (resource: NamedResource) => globalArn(resource, "policy");

/** The resource types that local AWS deploys. */
export const RESOURCE_TYPES: Readonly<Record<string, ResourceType>> = {
  "AWS::IAM::Role": {
    nameProperty: "RoleName",
    longest: 64,
    ref: name,
    attributes: { Arn: (resource) => globalArn(resource, "role"), RoleId: ({ name }) => `AROA${name}` },
    properties: list(
      "AssumeRolePolicyDocument RoleName Path Description ManagedPolicyArns Policies MaxSessionDuration Tags",
    ),
  },
  "AWS::IAM::Policy": {
    longest: 128,
    ref: name,
    attributes: {},
    properties: list("PolicyName PolicyDocument Roles"),
  },
  "AWS::IAM::ManagedPolicy": {
    nameProperty: "ManagedPolicyName",
    longest: 128,
    ref: policyArn,
    attributes: { PolicyArn: policyArn },
    properties: list("ManagedPolicyName PolicyDocument Roles Description Path"),
  },
  "AWS::Lambda::Function": {
    nameProperty: "FunctionName",
    longest: 64,
    ref: name,
    attributes: { Arn: functionArn },
    properties: list(
      "FunctionName Code Handler Role Runtime Timeout MemorySize Environment Architectures Description LoggingConfig TracingConfig EphemeralStorage Tags",
    ),
  },
  "AWS::Lambda::Permission": {
    longest: 100,
    ref: name,
    attributes: {},
    properties: list("Action FunctionName Principal SourceArn SourceAccount"),
  },
  "AWS::StepFunctions::StateMachine": {
    nameProperty: "StateMachineName",
    longest: 80,
    ref: machineArn,
    attributes: { Arn: machineArn, Name: name },
    properties: list(
      "StateMachineName DefinitionString Definition DefinitionSubstitutions RoleArn StateMachineType LoggingConfiguration TracingConfiguration Tags",
    ),
  },
  "AWS::S3::Bucket": {
    nameProperty: "BucketName",
    longest: 63,
    ref: name,
    attributes: { Arn: ({ name }) => `arn:aws:s3:::${name}` },
    properties: list(
      "BucketName BucketEncryption PublicAccessBlockConfiguration OwnershipControls LifecycleConfiguration Tags",
    ),
  },
  "AWS::Logs::LogGroup": {
    nameProperty: "LogGroupName",
    longest: 512,
    ref: name,
    attributes: { Arn: (resource) => regionalArn(resource, "logs", `log-group:${resource.name}:*`) },
    properties: list("LogGroupName RetentionInDays Tags"),
  },
  "AWS::ECR::Repository": {
    nameProperty: "RepositoryName",
    longest: 256,
    ref: name,
    attributes: {
      Arn: repositoryArn,
      RepositoryUri: ({ stack, name }) => `${stack.account}.dkr.ecr.${stack.region}.amazonaws.com/${name}`,
    },
    properties: list(
      "RepositoryName ImageTagMutability ImageTagMutabilityExclusionFilters ImageScanningConfiguration EmptyOnDelete Tags",
    ),
  },
  "AWS::CDK::Metadata": { longest: 100, ref: name, attributes: {}, properties: ["Analytics"] },
};

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

function globalArn({ stack, name, properties }: NamedResource, kind: "role" | "policy"): string {
  return `arn:aws:iam::${stack.account}:${kind}${properties["Path"] ?? "/"}${name}`;
}

function regionalArn({ stack }: NamedResource, service: string, rest: string): string {
  return `arn:aws:${service}:${stack.region}:${stack.account}:${rest}`;
}

function list(words: string): string[] {
  return words.split(" ");
}
