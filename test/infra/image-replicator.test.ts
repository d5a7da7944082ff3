import { App, Duration, Stack } from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { RetentionDays } from "aws-cdk-lib/aws-logs";
import { ImageReplicator, type ImageReplicatorProps } from "../../infra/index.ts";
import { definitionOf } from "./definition.ts";
import { synthesizeApp, synthesizeReplicator } from "./synthesized.ts";

describe("ImageReplicator", () => {
  test("makes nine arm64 Node 24 functions, each with a role and a log group of its own", () => {
    const template = synthesizeReplicator();
    template.resourceCountIs("AWS::Lambda::Function", 9);
    template.resourceCountIs("AWS::Logs::LogGroup", 9);
    template.allResourcesProperties("AWS::Lambda::Function", {
      Runtime: "nodejs24.x",
      Architectures: ["arm64"],
      Handler: "index.handler",
      Environment: { Variables: { POWERTOOLS_SERVICE_NAME: "ecr-replicator" } },
    });
    template.allResourcesProperties("AWS::Logs::LogGroup", { RetentionInDays: 90 });
    const functions = Object.values(template.findResources("AWS::Lambda::Function"));
    const roles = functions.map((each) => each["Properties"].Role["Fn::GetAtt"][0]);
    const logs = functions.map((each) => each["Properties"].LoggingConfig.LogGroup.Ref);
    expect(new Set(roles).size).toBe(9);
    expect(new Set(logs).size).toBe(9);
  });

  test("takes nothing but its functions and a bucket to AWS", () => {
    const types = Object.values(
      synthesizeReplicator().toJSON()["Resources"] as Record<string, { Type: string }>,
    );
    expect([...new Set(types.map((each) => each.Type))].sort()).toEqual([
      "AWS::IAM::Policy",
      "AWS::IAM::Role",
      "AWS::Lambda::Function",
      "AWS::Logs::LogGroup",
      "AWS::S3::Bucket",
      "AWS::S3::BucketPolicy",
      "AWS::StepFunctions::StateMachine",
    ]);
  });

  test("has the defaults that its props promise", () => {
    const template = synthesizeReplicator();
    template.hasResourceProperties("AWS::Lambda::Function", {
      Description: "Copies layers",
      MemorySize: 512,
      Timeout: 900,
    });
    template.hasResourceProperties("AWS::Lambda::Function", {
      Description: "Inflates a compressed archive",
      MemorySize: 1769,
      Timeout: 900,
    });
    template.hasResourceProperties("AWS::StepFunctions::StateMachine", {
      StateMachineName: Match.absent(),
      StateMachineType: Match.absent(),
      LoggingConfiguration: Match.absent(),
      TracingConfiguration: Match.absent(),
    });
    expect(definitionOf(template).TimeoutSeconds).toBe(86_400);
    expect(definitionOf(template).States["CopyLayers"]?.["MaxConcurrency"]).toBe(40);
  });

  test("takes every prop", () => {
    const template = synthesizeReplicator({
      stateMachineName: "Copy",
      timeout: Duration.hours(2),
      logRetention: RetentionDays.ONE_WEEK,
      copyLayerMemory: 1024,
      copyLayerTimeout: Duration.minutes(3),
      untarMemory: 1769,
      maxConcurrentLayers: 1,
      tracing: true,
    });
    template.hasResourceProperties("AWS::Lambda::Function", { MemorySize: 1024, Timeout: 180 });
    template.hasResourceProperties("AWS::Lambda::Function", { MemorySize: 1769, Timeout: 900 });
    template.allResourcesProperties("AWS::Logs::LogGroup", { RetentionInDays: 7 });
    template.hasResourceProperties("AWS::StepFunctions::StateMachine", {
      StateMachineName: "Copy",
      TracingConfiguration: { Enabled: true },
    });
    expect(definitionOf(template).TimeoutSeconds).toBe(7200);
    expect(definitionOf(template).States["CopyLayers"]?.["MaxConcurrency"]).toBe(1);
  });

  test("grants a caller to start executions of both state machines and nothing else", () => {
    const stack = new Stack(new App(), "Stack");
    const replicator = new ImageReplicator(stack, "Replicator");
    replicator.grantStartExecution(
      new Role(stack, "Caller", { assumedBy: new ServicePrincipal("scheduler.amazonaws.com") }),
    );
    Template.fromStack(stack).hasResourceProperties("AWS::IAM::Policy", {
      PolicyDocument: {
        Statement: [replicator.stateMachine, replicator.imagesStateMachine].map((machine) => ({
          Action: "states:StartExecution",
          Effect: "Allow",
          Resource: stack.resolve(machine.stateMachineArn),
        })),
      },
    });
  });

  test("keeps its logical ids, because a changed id replaces what is deployed", () => {
    const ids = Object.entries(synthesizeApp()).map(([stack, template]) => [
      stack,
      Object.keys(template.toJSON()["Resources"]).sort(),
    ]);
    expect(Object.fromEntries(ids)).toEqual({
      EcrReplicator: [
        "ImageReplicatorAlarmsBehindteam4582DF25",
        "ImageReplicatorAlarmsImageExecutions0C0C57E2",
        "ImageReplicatorAlarmsImagesFailedC4D502E7",
        "ImageReplicatorAlarmsNotStarted50FC2B78",
        "ImageReplicatorAlarmsRunExecutions2EA23967",
        "ImageReplicatorCopyLayerFunctionA254DF27",
        "ImageReplicatorCopyLayerLogs828E5A54",
        "ImageReplicatorCopyLayerRole6A20CDC8",
        "ImageReplicatorDashboard3E32A2B8",
        "ImageReplicatorFinishImagesFunctionAD591870",
        "ImageReplicatorFinishImagesLogsE159C40B",
        "ImageReplicatorFinishImagesRoleD8E9A3EC",
        "ImageReplicatorImagesStateMachine00E29B94",
        "ImageReplicatorImagesStateMachineChildren9AB21CBB",
        "ImageReplicatorImagesStateMachineRoleAC488485",
        "ImageReplicatorListImagesFunction580874BE",
        "ImageReplicatorListImagesLogsDAF52B49",
        "ImageReplicatorListImagesRole25602958",
        "ImageReplicatorPlanFunctionD2B0B10B",
        "ImageReplicatorPlanLogs3A2B1BDB",
        "ImageReplicatorPlanRole753B807F",
        "ImageReplicatorPruneImagesFunctionC250DE22",
        "ImageReplicatorPruneImagesLogs24C85042",
        "ImageReplicatorPruneImagesRoleBD45FFA8",
        "ImageReplicatorPushes29CCA8CC",
        "ImageReplicatorPushesPushesOfOthers6823E84D",
        "ImageReplicatorPushesQueue3069B500",
        "ImageReplicatorPushesQueuePolicy9A157FD0",
        "ImageReplicatorPushesStartFunctionC84DDAA9",
        "ImageReplicatorPushesStartLogs368F18E0",
        "ImageReplicatorPushesStartRole10376493",
        "ImageReplicatorPushesteamC1DAB396",
        "ImageReplicatorPutManifestsFunctionDDE569D6",
        "ImageReplicatorPutManifestsLogs271BF394",
        "ImageReplicatorPutManifestsRole5018C85D",
        "ImageReplicatorReportFunction441B3966",
        "ImageReplicatorReportLogs8101211E",
        "ImageReplicatorReportRole0857627C",
        "ImageReplicatorSchedulesRoleA01AD0CB",
        "ImageReplicatorSchedulesteam0DFC098F3",
        "ImageReplicatorStartFailures82BDD6F0",
        "ImageReplicatorStartFailuresPolicy0C964982",
        "ImageReplicatorStateMachineF9B98D9A",
        "ImageReplicatorStateMachineRoleC40960AA",
        "ImageReplicatorTallyImagesFunctionE98AB0B9",
        "ImageReplicatorTallyImagesLogsA8677E6F",
        "ImageReplicatorTallyImagesRole82ACC749",
        "ImageReplicatorUntarFunctionE585F92A",
        "ImageReplicatorUntarLogsE6E888CC",
        "ImageReplicatorUntarRole69CC902C",
        "ImageReplicatorUploadsStartFunction49D70183",
        "ImageReplicatorUploadsStartInvocationsF854AE79",
        "ImageReplicatorUploadsStartLogsC04413A7",
        "ImageReplicatorUploadsStartRole3F38D907",
        "ImageReplicatorUploadsWatchingB974AB57",
        "ImageReplicatorUploadsinbox0AD980B3B",
        "ImageReplicatorWorkBucketC5407910",
        "ImageReplicatorWorkBucketPolicyED923B69",
        "InboxreplicationinboxED000E4A",
        "InboxreplicationinboxPolicy0E0D1E40",
      ],
      "EcrReplicatorPushForwarding-111111111111-eu-central-1": [
        "PushForwardingPushes6D141678",
        "PushForwardingRole03F814E7",
      ],
      EcrReplicatorSourceRoles: ["SourceRole295E6157"],
      EcrReplicatorDestinationRoles: ["DestinationRoleF957B29D"],
    });
  });

  const refused: [ImageReplicatorProps, string][] = [
    [{ sourceRoleArns: ["*"] }, 'sourceRoleArns: "*" is not a role ARN with a role name'],
    [{ destinationRoleArns: ["*"] }, 'destinationRoleArns: "*" is not a role ARN with a role name'],
    [{ sourceRoleArns: [""] }, 'sourceRoleArns: "" is not'],
    [{ sourceRoleArns: ["arn:aws:iam::111111111111:role/*"] }, "role/*"],
    [{ sourceRoleArns: ["arn:aws:iam::111111111111:role/team/*"] }, "role/team/*"],
    [{ sourceRoleArns: ["arn:aws:iam::111111111111:role/Pull*/"] }, "role/Pull*/"],
    [{ sourceRoleArns: ["arn:aws:iam::111111111111:*"] }, "111111111111:*"],
    [{ sourceRoleArns: ["arn:aws:iam::1111:role/PullImages"] }, "::1111:"],
    [{ sourceRoleArns: ["arn:aws:iam::111111111111:user/PullImages"] }, ":user/"],
    [{ sourceRepositoryArns: ["*"] }, 'sourceRepositoryArns: "*" is not a repository ARN with an account'],
    [{ destinationRepositoryArns: ["arn:aws:ecr:*:*:repository/*"] }, "*:*:repository"],
    [{ destinationRepositoryArns: ["arn:aws:ecr:eu-central-1:111111111111:*"] }, "111111111111:*"],
    [{ secretArns: ["docker-hub"] }, 'secretArns: "docker-hub" is not a secret\'s ARN, such as arn:aws:'],
    [{ secretArns: ["*"] }, 'secretArns: "*"'],
    [{ secretArns: ["arn:aws:secretsmanager:eu-central-1:333333333333:secret:*"] }, "secret:*"],
    [{ secretArns: ["arn:aws:secretsmanager:eu-central-1:333333333333:secret:hub-??????"] }, "hub-??????"],
    [{ secretArns: ["arn:aws:secretsmanager:eu-central-1:*:secret:hub"] }, ":*:secret"],
    [{ secretArns: ["arn:aws:secretsmanager:eu-central-1:333333333333:secret:"] }, ':secret:" is not'],
    [{ secretArns: ["arn:aws:ssm:eu-central-1:333333333333:parameter/hub"] }, ":ssm:"],
    [{ copyLayerMemory: 255 }, "copyLayerMemory: 255 is not a whole number from 256 to 10240"],
    [{ copyLayerMemory: 10_241 }, "copyLayerMemory: 10241"],
    [{ untarMemory: 511 }, "untarMemory: 511 is not a whole number from 512 to 10240"],
    [{ untarMemory: 10_241 }, "untarMemory: 10241"],
    [{ sourceBucketNames: ["My_Bucket"] }, 'sourceBucketNames: "My_Bucket" is no bucket name'],
    [{ maxConcurrentLayers: 0 }, "maxConcurrentLayers: 0 is not a whole number from 1 to 40"],
    [{ maxConcurrentLayers: 41 }, "maxConcurrentLayers: 41"],
    [{ maxConcurrentLayers: 1.5 }, "maxConcurrentLayers: 1.5"],
    [
      { copyLayerTimeout: Duration.seconds(179) },
      "copyLayerTimeout in seconds: 179 is not a whole number from 180 to 900",
    ],
    [{ copyLayerTimeout: Duration.seconds(901) }, "copyLayerTimeout in seconds: 901"],
  ];
  test.each(refused)("refuses %j", (props, message) => {
    expect(() => synthesizeReplicator(props)).toThrow(message);
  });

  const accepted: ImageReplicatorProps[] = [
    { sourceRoleArns: ["arn:aws:iam::*:role/PullImages"] },
    { sourceRoleArns: ["arn:aws-cn:iam::111111111111:role/team/Pull*"] },
    { sourceRoleArns: ["arn:aws:iam::111111111111:role/*/PullImages"] },
    { destinationRoleArns: ["arn:aws:iam::222222222222:role/CustomEcrRole"] },
    { sourceRepositoryArns: ["arn:aws:ecr:*:111111111111:repository/*"] },
    { destinationRepositoryArns: ["arn:aws-us-gov:ecr:us-gov-west-1:111111111111:repository/team/app"] },
    { secretArns: ["arn:aws:secretsmanager:eu-central-1:333333333333:secret:docker-hub"] },
    { secretArns: ["arn:aws-us-gov:secretsmanager:us-gov-west-1:333333333333:secret:a/b_c+d=e.f@g-AbCdEf"] },
    { createRepositories: true },
    { copyLayerMemory: 256 },
    { copyLayerMemory: 10_240 },
    { maxConcurrentLayers: 40 },
  ];
  test.each(accepted)("accepts %j", (props) => {
    expect(() => synthesizeReplicator(props)).not.toThrow();
  });

  test("accepts a role of the same app, whose ARN is known only at deployment", () => {
    const stack = new Stack(new App(), "Stack");
    const role = new Role(stack, "Source", { assumedBy: new ServicePrincipal("lambda.amazonaws.com") });
    expect(() => new ImageReplicator(stack, "Replicator", { sourceRoleArns: [role.roleArn] })).not.toThrow();
  });
});
