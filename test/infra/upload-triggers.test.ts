import { Match } from "aws-cdk-lib/assertions";
import type { ReplicationRule, UploadTrigger } from "../../infra/index.ts";
import { uploadPattern } from "../../infra/upload-pattern.ts";
import { synthesizeApp, synthesizeReplicator } from "./synthesized.ts";

const destination = "222222222222.dkr.ecr.eu-central-1.amazonaws.com/{basename}:latest";
const rule: ReplicationRule = {
  name: "inbox",
  destination,
  layerCompression: "zstd",
  triggers: [{ s3: { bucket: "inbox", prefix: "images/", suffix: ".tar" } }],
};

function keysOf(trigger: Omit<UploadTrigger, "bucket">): unknown {
  return uploadPattern({ bucket: "inbox", ...trigger }).detail?.["object"]?.key;
}

describe("the uploads that start a rule", () => {
  test("are all those to its bucket", () => {
    expect(uploadPattern({ bucket: "inbox" })).toEqual({
      source: ["aws.s3"],
      detailType: ["Object Created"],
      detail: { bucket: { name: ["inbox"] } },
    });
  });

  test("or those with its prefix, with any of its suffixes, or with both", () => {
    expect(keysOf({ prefix: "images/" })).toEqual([{ prefix: "images/" }]);
    expect(keysOf({ suffix: ".tar" })).toEqual([{ suffix: ".tar" }]);
    expect(keysOf({ suffix: [".tar", ".tgz"] })).toEqual([{ suffix: ".tar" }, { suffix: ".tgz" }]);
    expect(keysOf({ prefix: "images/", suffix: [".tar", ".tgz"] })).toEqual([
      { wildcard: "images/*.tar" },
      { wildcard: "images/*.tgz" },
    ]);
  });

  test("where a star and a backslash stand for themselves", () => {
    expect(keysOf({ prefix: "a*\\", suffix: "*.tar" })).toEqual([{ wildcard: "a\\*\\\\*\\*.tar" }]);
    expect(keysOf({ prefix: "a*" })).toEqual([{ prefix: "a*" }]);
  });

  test("fit into a pattern of 2,048 characters, as CloudFormation is given it", () => {
    const trigger = (length: number) => ({ bucket: "inbox", suffix: Array(4).fill("s".repeat(length)) });
    const template = (length: number) =>
      synthesizeReplicator({ rules: [{ ...rule, triggers: [{ s3: trigger(length) }] }] });
    const [longest] = Object.values(template(470).findResources("AWS::Events::Rule"));
    expect(JSON.stringify(longest?.["Properties"].EventPattern)).toHaveLength(2048);
    expect(() => template(471)).toThrow(
      "the prefix and the suffixes for uploads to inbox make an event pattern of 2052 characters",
    );
  });
});

describe("a rule of the construct", () => {
  const template = synthesizeReplicator({ rules: [rule] });

  test("calls the function that starts executions, with the rule, the request and the event's detail", () => {
    template.hasResourceProperties("AWS::Events::Rule", {
      State: "ENABLED",
      EventPattern: {
        source: ["aws.s3"],
        "detail-type": ["Object Created"],
        detail: { bucket: { name: ["inbox"] }, object: { key: [{ wildcard: "images/*.tar" }] } },
      },
      Targets: [
        {
          Arn: { "Fn::GetAtt": [Match.stringLikeRegexp("UploadsStartFunction"), "Arn"] },
          DeadLetterConfig: { Arn: { "Fn::GetAtt": [Match.stringLikeRegexp("StartFailures"), "Arn"] } },
          Id: "Target0",
          InputTransformer: {
            InputPathsMap: { detail: "$.detail" },
            InputTemplate: `{"rule":"inbox","request":{"rule":"inbox","layerCompression":"zstd","destination":"${destination}"},"detail":<detail>}`,
          },
        },
      ],
    });
    const [ruled] = Object.values(template.findResources("AWS::Events::Rule"));
    const name: string = ruled?.["Properties"].Name;
    expect(name).toMatch(/^replicate-[0-9a-f]{8}-inbox-0$/);
    template.resourcePropertiesCountIs(
      "AWS::Lambda::Permission",
      {
        Action: "lambda:InvokeFunction",
        FunctionName: { "Fn::GetAtt": [Match.stringLikeRegexp("UploadsStartFunction"), "Arn"] },
        Principal: "events.amazonaws.com",
        SourceArn: `arn:aws:events:eu-central-1:333333333333:rule/${name.slice(0, -"inbox-0".length)}*`,
        SourceAccount: Match.absent(),
      },
      1,
    );
  });

  test("knows the state machine, and no work bucket", () => {
    const [machine] = Object.keys(template.findResources("AWS::StepFunctions::StateMachine"));
    template.hasResourceProperties("AWS::Lambda::Function", {
      Description: "Starts the replication of what was uploaded",
      Environment: {
        Variables: { POWERTOOLS_SERVICE_NAME: "ecr-replicator", STATE_MACHINE_ARN: { Ref: machine } },
      },
    });
  });

  test("queues uploads that could not be started, after three tries, for two weeks", () => {
    template.hasResourceProperties("AWS::Lambda::EventInvokeConfig", {
      FunctionName: { Ref: Match.stringLikeRegexp("UploadsStartFunction") },
      Qualifier: "$LATEST",
      MaximumRetryAttempts: 2,
      DestinationConfig: {
        OnFailure: { Destination: { "Fn::GetAtt": [Match.stringLikeRegexp("StartFailures"), "Arn"] } },
      },
    });
    template.hasResourceProperties("AWS::SQS::Queue", {
      MessageRetentionPeriod: 14 * 24 * 3600,
      SqsManagedSseEnabled: true,
    });
    template.hasResourceProperties("AWS::SQS::QueuePolicy", {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } }),
        ]),
      },
    });
  });

  test("has one event rule for each of its triggers", () => {
    const several = synthesizeReplicator({
      rules: [
        { ...rule, triggers: [...(rule.triggers ?? []), { s3: { bucket: "outbox" } }] },
        { ...rule, name: "in-box", destination: destination.replace("/", "/in-box/") },
      ],
    });
    several.resourceCountIs("AWS::Events::Rule", 3);
    several.resourceCountIs("AWS::Lambda::Function", 10);
    several.resourceCountIs("AWS::SQS::Queue", 1);
  });

  test("is not there without rules", () => {
    for (const props of [{}, { rules: [] }]) {
      const without = synthesizeReplicator(props);
      without.resourceCountIs("AWS::Events::Rule", 0);
      without.resourceCountIs("AWS::SQS::Queue", 0);
      without.resourceCountIs("AWS::Lambda::Function", 9);
    }
  });
});

describe("the buckets", () => {
  const app = synthesizeApp()["EcrReplicator"];
  const buckets = Object.entries(app?.findResources("AWS::S3::Bucket") ?? {});
  const inbox = buckets.find(([id]) => id.startsWith("Inbox"))?.[1];
  const work = buckets.find(([id]) => id.includes("WorkBucket"))?.[1];
  const abandoned = {
    Id: "AbandonedUploads",
    Status: "Enabled",
    AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
  };

  test("are private, encrypted, without ACLs, and answer only over TLS", () => {
    expect(buckets).toHaveLength(2);
    for (const [id, bucket] of buckets) {
      expect(bucket["Properties"]).toMatchObject({
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } }],
        },
        OwnershipControls: { Rules: [{ ObjectOwnership: "BucketOwnerEnforced" }] },
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
      });
      app?.hasResourceProperties("AWS::S3::BucketPolicy", {
        Bucket: { Ref: id },
        PolicyDocument: {
          Statement: [
            Match.objectLike({ Effect: "Deny", Condition: { Bool: { "aws:SecureTransport": "false" } } }),
          ],
        },
      });
    }
  });

  test("for work forgets inflated archives after three days and what runs left after thirty, and goes with the stack", () => {
    expect(work?.["Properties"].LifecycleConfiguration.Rules).toEqual([
      { Id: "Inflated", Status: "Enabled", Prefix: "inflated/", ExpirationInDays: 3 },
      { Id: "Runs", Status: "Enabled", Prefix: "runs/", ExpirationInDays: 30 },
      abandoned,
    ]);
    expect(work?.["DeletionPolicy"]).toBe("Delete");
    expect(work?.["Properties"].BucketName).toBeUndefined();
  });

  test("for uploads tell EventBridge of them, keep them, and stay when the stack goes", () => {
    expect(inbox?.["Properties"]).toMatchObject({
      BucketName: "replication-inbox",
      LifecycleConfiguration: { Rules: [abandoned] },
      NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } },
    });
    expect(inbox?.["DeletionPolicy"]).toBe("Retain");
  });

  test("and all the rest come without a custom resource", () => {
    const types = Object.values(synthesizeApp()).flatMap((template) =>
      Object.values(template.toJSON()["Resources"] as Record<string, { Type: string }>).map(
        ({ Type }) => Type,
      ),
    );
    expect(types.filter((type) => /^(Custom|AWS::CloudFormation)::/.test(type))).toEqual([]);
    expect(types.filter((type) => type === "AWS::Lambda::Function")).toHaveLength(11);
  });
});
