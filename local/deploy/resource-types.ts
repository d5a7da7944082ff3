import { EVENT_RESOURCE_TYPES } from "./event-resource-types.ts";
import { MONITORING_RESOURCE_TYPES } from "./monitoring-resource-types.ts";
import { list, type NamedResource, nameOf as name, type ResourceType, regionalArn } from "./resource-type.ts";

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
  "AWS::Lambda::EventInvokeConfig": {
    longest: 100,
    ref: name,
    attributes: {},
    properties: list(
      "FunctionName Qualifier MaximumRetryAttempts MaximumEventAgeInSeconds DestinationConfig",
    ),
  },
  "AWS::Lambda::EventSourceMapping": {
    longest: 100,
    ref: name,
    attributes: { Id: name },
    properties: list(
      "EventSourceArn FunctionName BatchSize MaximumBatchingWindowInSeconds FunctionResponseTypes Enabled ScalingConfig Tags",
    ),
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
      "BucketName BucketEncryption PublicAccessBlockConfiguration OwnershipControls LifecycleConfiguration NotificationConfiguration Tags",
    ),
  },
  "AWS::S3::BucketPolicy": {
    longest: 100,
    ref: name,
    attributes: {},
    properties: list("Bucket PolicyDocument"),
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
  ...EVENT_RESOURCE_TYPES,
  ...MONITORING_RESOURCE_TYPES,
  "AWS::CDK::Metadata": { longest: 100, ref: name, attributes: {}, properties: ["Analytics"] },
};

function globalArn({ stack, name, properties }: NamedResource, kind: "role" | "policy"): string {
  return `arn:aws:iam::${stack.account}:${kind}${properties["Path"] ?? "/"}${name}`;
}

/** A resource's ARN, for a type that has one. */
export function arnOf(resource: NamedResource): string {
  const { Arn, TopicArn } = RESOURCE_TYPES[resource.type]?.attributes ?? {};
  return (Arn ?? TopicArn)?.(resource) ?? "";
}
