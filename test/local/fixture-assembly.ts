import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The account and region that the fixture is deployed into. */
export const ACCOUNT = "333333333333";
export const REGION = "eu-central-1";

type Fields = Record<string, unknown>;

/** Writes a cloud assembly of one stack named `Fixture` into a new temporary folder and returns the folder. */
export function writeAssembly(template: Fields, { environment = `aws://${ACCOUNT}/${REGION}` } = {}): string {
  return writeStacks({ Fixture: { template, environment } });
}

/** Writes a cloud assembly of stacks by name, each for an environment such as `aws://111111111111/us-east-1`. */
export function writeStacks(
  stacks: Readonly<Record<string, { template: Fields; environment: string }>>,
): string {
  const directory = mkdtempSync(join(tmpdir(), "assembly-"));
  mkdirSync(directory, { recursive: true });
  const artifacts = Object.entries(stacks).map(([name, { template, environment }]) => {
    const templateFile = `${name}.template.json`;
    writeFileSync(join(directory, templateFile), JSON.stringify(template));
    return [name, { type: "aws:cloudformation:stack", environment, properties: { templateFile } }];
  });
  const manifest = { version: "48.0.0", artifacts: Object.fromEntries(artifacts) };
  writeFileSync(join(directory, "manifest.json"), JSON.stringify(manifest));
  return directory;
}

/** A role that a service may use, with one Allow statement. */
export function roleFor(
  service: string,
  name: string,
  actions: string | string[],
  resource: unknown = "*",
): Fields {
  return {
    Type: "AWS::IAM::Role",
    Properties: {
      RoleName: name,
      AssumeRolePolicyDocument: {
        Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: service } }],
      },
      Policies: [
        {
          PolicyName: "Inline",
          PolicyDocument: { Statement: [{ Effect: "Allow", Action: actions, Resource: resource }] },
        },
      ],
    },
  };
}

/** A function of inline code, which exports `handler`. Its time ends what hangs, on a machine of any speed: Lambda's own 3 seconds do not. */
export function functionOf(code: string, properties: Fields = {}): Fields {
  return {
    Type: "AWS::Lambda::Function",
    Properties: {
      Code: { ZipFile: code },
      Handler: "index.handler",
      Runtime: "nodejs24.x",
      Role: { "Fn::GetAtt": ["FunctionRole", "Arn"] },
      Timeout: 300,
      ...properties,
    },
  };
}

/** A template with the given functions by name and a state machine `Machine` that runs the definition. */
export function templateOf(
  functions: Record<string, Fields>,
  definition: Fields,
  functionActions: string | string[] = "sts:AssumeRole",
): Fields {
  const named = Object.entries(functions).map(([name, resource]) => {
    const properties = { FunctionName: name, ...(resource["Properties"] as Fields) };
    return [name, { ...resource, Properties: properties }];
  });
  return {
    Resources: {
      FunctionRole: roleFor("lambda.amazonaws.com", "FunctionRole", functionActions),
      MachineRole: roleFor("states.amazonaws.com", "MachineRole", "lambda:InvokeFunction", {
        // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation replaces these.
        "Fn::Sub": "arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:*",
      }),
      ...Object.fromEntries(named),
      Machine: {
        Type: "AWS::StepFunctions::StateMachine",
        Properties: {
          StateMachineName: "Machine",
          RoleArn: { "Fn::GetAtt": ["MachineRole", "Arn"] },
          DefinitionString: JSON.stringify(definition),
        },
      },
    },
    Outputs: { MachineArn: { Value: { Ref: "Machine" } } },
  };
}

/** A function's ARN in the fixture. */
export function functionArn(name: string): string {
  return `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`;
}

/** The fixture's state machine. */
export const MACHINE_ARN = `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:Machine`;

/** A definition of one Task that runs a function on the whole input. */
export function oneTask(name: string, fields: Fields = {}): Fields {
  return {
    StartAt: "Only",
    States: { Only: { Type: "Task", Resource: functionArn(name), End: true, ...fields } },
  };
}

/** A rule whose one target is a function, and the permission that lets the rule invoke it, as resources by logical id. */
export function ruleTo(
  functionName: string,
  pattern: Fields,
  { id = `${functionName}Rule`, target = {}, rule = {}, permission = {} }: RuleChanges = {},
): Record<string, Fields> {
  const arn = { "Fn::GetAtt": [functionName, "Arn"] };
  return {
    [id]: {
      Type: "AWS::Events::Rule",
      Properties: {
        Name: id,
        State: "ENABLED",
        EventPattern: pattern,
        Targets: [{ Id: "Target0", Arn: arn, ...target }],
        ...rule,
      },
    },
    ...(permission && {
      [`${id}Permission`]: {
        Type: "AWS::Lambda::Permission",
        Properties: {
          Action: "lambda:InvokeFunction",
          FunctionName: arn,
          Principal: "events.amazonaws.com",
          SourceArn: { "Fn::GetAtt": [id, "Arn"] },
          ...permission,
        },
      },
    }),
  };
}

interface RuleChanges {
  readonly id?: string;
  readonly target?: Fields;
  readonly rule?: Fields;
  /** Properties in place of the usual, or null for no permission. */
  readonly permission?: Fields | null;
}

/** A bucket of this name that tells EventBridge of its objects. */
export function bucketWithEvents(name: string): Fields {
  const on = { EventBridgeConfiguration: { EventBridgeEnabled: true } };
  return { Type: "AWS::S3::Bucket", Properties: { BucketName: name, NotificationConfiguration: on } };
}

/** What a queue's ARN is in the fixture. */
export function queueArn(name: string): string {
  return `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}`;
}
