import { type Duration, RemovalPolicy } from "aws-cdk-lib";
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Architecture, Code, Function as LambdaFunction, Runtime } from "aws-cdk-lib/aws-lambda";
import { LogGroup, type RetentionDays } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { bundleOf } from "./bundle.ts";
import { type StepName, stepActions } from "./permissions.ts";

/** The IAM path of the functions' roles, by which the roles of other accounts recognise them. */
export const functionRolePath = "/ecr-replicator/";

/** What the functions may reach: roles to assume, and repositories to use with their own role. */
export interface Reach {
  readonly sourceRoleArns: readonly string[];
  readonly destinationRoleArns: readonly string[];
  readonly sourceRepositoryArns: readonly string[];
  readonly destinationRepositoryArns: readonly string[];
}

/** How one step runs. */
export interface StepProps {
  readonly name: StepName;
  readonly description: string;
  readonly reach: Reach;
  /** In MiB. */
  readonly memory: number;
  readonly timeout: Duration;
  readonly logRetention: RetentionDays;
}

/** One step of the pipeline: its function, with a role and a log group of its own. */
export class Step extends Construct {
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, props: StepProps) {
    super(scope, id);
    const logGroup = new LogGroup(this, "Logs", {
      retention: props.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(this, "Role", {
      path: functionRolePath,
      assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
      // Inline, so that the permissions are there as soon as the function is.
      inlinePolicies: {
        Step: new PolicyDocument({
          statements: [writeLogs(logGroup), ...statements(props.name, props.reach)],
        }),
      },
    });
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
      environment: { POWERTOOLS_SERVICE_NAME: "ecr-replicator" },
    });
  }
}

function writeLogs(logGroup: LogGroup): PolicyStatement {
  return allow(["logs:CreateLogStream", "logs:PutLogEvents"], [logGroup.logGroupArn]);
}

function statements(name: StepName, reach: Reach): PolicyStatement[] {
  const { source, destination } = stepActions[name];
  const sourceRoles = source.length > 0 ? reach.sourceRoleArns : [];
  return [
    allow(["sts:AssumeRole"], [...new Set([...sourceRoles, ...reach.destinationRoleArns])]),
    allow(source, reach.sourceRepositoryArns),
    allow(destination, reach.destinationRepositoryArns),
  ].filter((statement) => statement.actions.length > 0 && statement.resources.length > 0);
}

function allow(actions: readonly string[], resources: readonly string[]): PolicyStatement {
  return new PolicyStatement({ actions: [...actions], resources: [...resources] });
}
