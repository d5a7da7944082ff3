import { type Duration, RemovalPolicy } from "aws-cdk-lib";
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import {
  Architecture,
  type CfnFunction,
  Code,
  Function as LambdaFunction,
  Runtime,
} from "aws-cdk-lib/aws-lambda";
import { LogGroup, type RetentionDays } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { accept } from "./accept.ts";
import { acceptWildcards } from "./accept-wildcards.ts";
import { bundleOf, type FunctionName } from "./bundle.ts";
import { checkPolicySize } from "./policy-size.ts";

/** The IAM path of the functions' roles, by which the roles of other accounts recognise them. */
export const functionRolePath = "/ecr-replicator/";

/** How one function runs. */
export interface StepProps {
  readonly name: FunctionName;
  readonly description: string;
  /** What it may do, beside writing its log. */
  readonly statements: readonly PolicyStatement[];
  /** In MiB. */
  readonly memory: number;
  readonly timeout: Duration;
  readonly logRetention: RetentionDays;
  readonly environment?: Readonly<Record<string, string>>;
  /** Whether its calls are traced with AWS X-Ray. */
  readonly tracing?: boolean;
}

/** One function, with a role and a log group of its own. */
export class Step extends Construct {
  readonly function: LambdaFunction;

  /** Throws an Error that names the function when it may do more than a role has room for, and when it is not built. */
  constructor(scope: Construct, id: string, props: StepProps) {
    super(scope, id);
    const logGroup = new LogGroup(this, "Logs", {
      retention: props.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const policy = new PolicyDocument({
      statements: [writeLogs(logGroup), ...props.statements, ...(props.tracing ? [sendTraces()] : [])],
    });
    checkPolicySize(`of the function ${props.name}`, [policy]);
    const role = new Role(this, "Role", {
      path: functionRolePath,
      assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
      // Inline, so that the permissions are there as soon as the function is.
      inlinePolicies: { Step: policy },
    });
    acceptWildcards(
      role,
      props.statements,
      "A `*` is in a name that a prop gives, or stands for what is below a prefix.",
    );
    this.function = new LambdaFunction(this, "Function", {
      description: props.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: Code.fromAsset(bundleOf(props.name)),
      handler: "index.handler",
      memorySize: props.memory,
      timeout: props.timeout,
      role,
      logGroup,
      environment: { POWERTOOLS_SERVICE_NAME: "ecr-replicator", ...props.environment },
    });
    if (props.tracing) trace(this.function, role);
    acceptFunction(this.function, props.tracing);
    acceptLogs(logGroup);
  }
}

/** Through its property, since CDK's `tracing` would put the permissions into a policy of their own. */
function trace(lambdaFunction: LambdaFunction, role: Role): void {
  (lambdaFunction.node.defaultChild as CfnFunction).tracingConfig = { mode: "Active" };
  const bare = "The actions of X-Ray take no resource.";
  accept(role, { "AwsSolutions-IAM5[Resource::*]": bare, "Serverless-LambdaStarPermissions": bare });
}

// These actions take no resource (Service Authorization Reference, AWS X-Ray).
function sendTraces(): PolicyStatement {
  return new PolicyStatement({
    actions: ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
    resources: ["*"],
  });
}

function writeLogs(logGroup: LogGroup): PolicyStatement {
  return new PolicyStatement({
    actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
    resources: [logGroup.logGroupArn],
  });
}

function acceptFunction(lambdaFunction: LambdaFunction, tracing = false): void {
  accept(lambdaFunction, {
    "Serverless-LambdaDLQ":
      "A state machine sees the failures of the functions it calls; what calls one otherwise has a queue for them.",
    ...(!tracing && { "Serverless-LambdaTracing": "Tracing is by choice, and costs: the prop tracing." }),
    lambda_inside_vpc_check:
      "It calls AWS and public registries and listens to nobody; a VPC would need NAT gateways.",
  });
}

function acceptLogs(logGroup: LogGroup): void {
  accept(logGroup, {
    cloudwatch_log_group_retention_period_check:
      "How long logs are kept is by choice: the prop logRetention.",
    cloudwatch_log_group_encrypted_check:
      "CloudWatch Logs encrypts them with a key of AWS, and no credential is logged.",
  });
}
