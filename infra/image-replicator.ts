import { Duration, Stack } from "aws-cdk-lib";
import type { Alarm } from "aws-cdk-lib/aws-cloudwatch";
import type { Grant, IGrantable } from "aws-cdk-lib/aws-iam";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import { RetentionDays } from "aws-cdk-lib/aws-logs";
import type { IBucket } from "aws-cdk-lib/aws-s3";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import { DefinitionBody, StateMachine } from "aws-cdk-lib/aws-stepfunctions";
import { Construct } from "constructs";
import type { Rule } from "../core/model/rule.ts";
import { acceptMachine } from "./accept-machine.ts";
import { checkRepositoryArns, checkRoleArns, checkSecretArns } from "./arn-pattern.ts";
import { checkBucketNames } from "./bucket-name.ts";
import type { ImageReplicatorProps } from "./image-replicator-props.ts";
import { monitor } from "./monitoring.ts";
import { checkRange } from "./number-range.ts";
import type { StepName } from "./permissions.ts";
import { workBucket } from "./private-bucket.ts";
import { ownPrunedArns } from "./prunable-repositories.ts";
import { type Reach, statementsOf, usesWorkBucket } from "./reach.ts";
import { readableArchives } from "./readable-archives.ts";
import { type RunFunctions, replicateImages } from "./replicate-images.ts";
import { checkRules } from "./replication-rule.ts";
import { replicateImage, type StepFunctions } from "./state-machine.ts";
import { letRunItself, mapStatements, stateMachineRole } from "./state-machine-role.ts";
import { Step, type StepProps } from "./step.ts";
import { sizesOf } from "./step-sizes.ts";
import { addTriggers } from "./triggers.ts";

/** The state machines that copy container images into Amazon ECR, one by one or by rules, with their functions and roles. */
export class ImageReplicator extends Construct {
  /** The state machine for one image; the input of an execution is a request, its output the report. */
  readonly stateMachine: StateMachine;
  /** The state machine for the images of a rule, `ReplicateImages`; the input of an execution is the rule, its output the run's report. */
  readonly imagesStateMachine: StateMachine;
  /** The function that finds out what is missing at the destination. */
  readonly planFunction: LambdaFunction;
  /** The function that inflates compressed archives. */
  readonly untarFunction: LambdaFunction;
  /** The function that copies layers. */
  readonly copyLayerFunction: LambdaFunction;
  /** The function that puts manifests and moves the tag. */
  readonly putManifestsFunction: LambdaFunction;
  /** The function that makes the report. */
  readonly reportFunction: LambdaFunction;
  /** The function that compares the two sides of a rule. */
  readonly listImagesFunction: LambdaFunction;
  /** The function that adds up how the images of a run ended. */
  readonly tallyImagesFunction: LambdaFunction;
  /** The function that deletes what a rule no longer selects. */
  readonly pruneImagesFunction: LambdaFunction;
  /** The function that reports how a run ended. */
  readonly finishImagesFunction: LambdaFunction;
  /** The bucket into which compressed archives are inflated, and in which runs keep their lists and results. */
  readonly workBucket: IBucket;
  /** The function that starts executions for uploads; undefined without rules that uploads start. */
  readonly startFunction?: LambdaFunction;
  /** The function that starts executions for pushes to ECR; undefined without rules that pushes start. */
  readonly startPushFunction?: LambdaFunction;
  /** The queue in which pushes wait to be started; undefined without rules that pushes start. */
  readonly pushQueue?: Queue;
  /** The queue that takes what should have started an execution and could not; undefined without triggers. */
  readonly startFailures?: Queue;
  /** The alarms, if there are any, for actions of your own. */
  readonly alarms: readonly Alarm[];

  /** Throws an Error that names the prop when a value is not accepted, and when the functions are not built. */
  constructor(scope: Construct, id: string, props: ImageReplicatorProps = {}) {
    super(scope, id);
    const maxConcurrentLayers = props.maxConcurrentLayers ?? 40;
    checkRange("maxConcurrentLayers", maxConcurrentLayers, { min: 1, max: 40 });
    const rules = checkRules("rules", props.rules ?? []);
    const logRetention = props.logRetention ?? RetentionDays.THREE_MONTHS;

    this.workBucket = props.workBucket ?? workBucket(this, "WorkBucket");
    const steps = stepProps(props, { reach: reachOf(this, props), logRetention });
    this.planFunction = new Step(this, "Plan", steps.plan).function;
    this.untarFunction = new Step(this, "Untar", steps.untar).function;
    this.copyLayerFunction = new Step(this, "CopyLayer", steps["copy-layer"]).function;
    this.putManifestsFunction = new Step(this, "PutManifests", steps["put-manifests"]).function;
    this.reportFunction = new Step(this, "Report", steps.report).function;

    this.listImagesFunction = new Step(this, "ListImages", steps["list-images"]).function;
    this.tallyImagesFunction = new Step(this, "TallyImages", steps["tally-images"]).function;
    this.pruneImagesFunction = new Step(this, "PruneImages", steps["prune-images"]).function;
    this.finishImagesFunction = new Step(this, "FinishImages", steps["finish-images"]).function;

    this.stateMachine = this.#imageMachine(props, maxConcurrentLayers);
    this.imagesStateMachine = this.#imagesMachine(props, maxConcurrentLayers);

    const machines = { stateMachine: this.stateMachine, imagesStateMachine: this.imagesStateMachine };
    const triggers = addTriggers(this, { ...machines, rules, logRetention, tracing: props.tracing });
    this.startFunction = triggers.startFunction;
    this.startPushFunction = triggers.startPushFunction;
    this.pushQueue = triggers.pushQueue;
    this.startFailures = triggers.startFailures;
    this.alarms = this.#monitor(props, rules);
  }

  /** Lets the grantee start executions of both state machines. */
  grantStartExecution(grantee: IGrantable): Grant {
    const grant = this.stateMachine.grantStartExecution(grantee);
    return grant.combine(this.imagesStateMachine.grantStartExecution(grantee));
  }

  #monitor(
    { alarms, alarmTopic, dashboard }: ImageReplicatorProps,
    rules: readonly Rule[],
  ): readonly Alarm[] {
    const { stateMachine, imagesStateMachine, startFailures, pushQueue } = this;
    const starting = { start: this.startFunction, startPush: this.startPushFunction };
    const functions = { ...this.#imageFunctions(), ...this.#runFunctions(), ...present(starting) };
    const queues = present({ StartFailures: startFailures, pushes: pushQueue });
    const watched = { stateMachine, imagesStateMachine, startFailures, functions, queues, rules };
    return monitor(this, { ...watched, topic: alarmTopic, hasAlarms: alarms, hasDashboard: dashboard });
  }

  #imageFunctions(): StepFunctions {
    return {
      plan: this.planFunction,
      untar: this.untarFunction,
      copyLayer: this.copyLayerFunction,
      putManifests: this.putManifestsFunction,
      report: this.reportFunction,
    };
  }

  #runFunctions(): RunFunctions {
    return {
      listImages: this.listImagesFunction,
      tallyImages: this.tallyImagesFunction,
      pruneImages: this.pruneImagesFunction,
      finishImages: this.finishImagesFunction,
    };
  }

  #imageMachine({ stateMachineName, timeout, tracing }: ImageReplicatorProps, layers: number): StateMachine {
    const functions = this.#imageFunctions();
    // The states have a scope of their own, because their ids are the names of the functions, too.
    const states = replicateImage(new Construct(this, "States"), functions, layers);
    const machine = new StateMachine(this, "StateMachine", {
      stateMachineName,
      comment: "Copies one container image into Amazon ECR.",
      definitionBody: DefinitionBody.fromChainable(states),
      role: stateMachineRole(this, "StateMachineRole", Object.values(functions), { tracing }),
      timeout: timeout ?? Duration.hours(24),
      tracingEnabled: tracing,
    });
    acceptMachine(machine, tracing);
    return machine;
  }

  #imagesMachine(props: ImageReplicatorProps, layers: number): StateMachine {
    const { imagesStateMachineName, tracing } = props;
    const functions = this.#runFunctions();
    const images = this.#imageFunctions();
    const role = stateMachineRole(
      this,
      "ImagesStateMachineRole",
      [...Object.values(functions), ...Object.values(images)],
      { tracing, statements: mapStatements(this.workBucket) },
    );
    const image = replicateImage(new Construct(this, "ImageStates"), images, layers);
    const states = replicateImages(new Construct(this, "ImagesStates"), {
      functions,
      workBucket: this.workBucket,
      image,
    });
    const machine = new StateMachine(this, "ImagesStateMachine", {
      stateMachineName: imagesStateMachineName,
      comment: "Keeps the images of a rule in step, in Amazon ECR.",
      definitionBody: DefinitionBody.fromChainable(states),
      role,
      timeout: Duration.days(7),
      tracingEnabled: tracing,
    });
    acceptMachine(machine, tracing);
    letRunItself(this, "ImagesStateMachineChildren", machine, role);
    return machine;
  }
}

function stepProps(
  props: ImageReplicatorProps,
  { reach, logRetention }: { reach: Reach; logRetention: RetentionDays },
): Record<StepName, StepProps> {
  const { tracing } = props;
  const steps = Object.entries(sizesOf(props)).map(([key, size]) => {
    const name = key as StepName;
    const environment = usesWorkBucket(name) ? { WORK_BUCKET: reach.workBucket.bucketName } : undefined;
    const statements = statementsOf(name, reach);
    return [name, { ...size, name, logRetention, tracing, environment, statements }];
  });
  return Object.fromEntries(steps);
}

function reachOf(replicator: ImageReplicator, props: ImageReplicatorProps): Reach {
  const { sourceRoleArns = [], destinationRoleArns = [], sourceBucketNames = [], rules = [] } = props;
  const { sourceRepositoryArns = [], destinationRepositoryArns = [], secretArns = [] } = props;
  checkRoleArns("sourceRoleArns", sourceRoleArns);
  checkRoleArns("destinationRoleArns", destinationRoleArns);
  checkRepositoryArns("sourceRepositoryArns", sourceRepositoryArns);
  checkRepositoryArns("destinationRepositoryArns", destinationRepositoryArns);
  checkBucketNames("sourceBucketNames", sourceBucketNames);
  checkSecretArns("secretArns", secretArns);
  return {
    sourceRoleArns: [...sourceRoleArns, ...rules.flatMap((rule) => rule.sourceRoleArn ?? [])],
    destinationRoleArns: [...destinationRoleArns, ...rules.flatMap((rule) => rule.destinationRoleArn ?? [])],
    sourceRepositoryArns,
    destinationRepositoryArns,
    prunableRepositoryArns: ownPrunedArns(destinationRepositoryArns, rules),
    createRepositories: props.createRepositories ?? false,
    // Those that were given may be of either side.
    sourceSecretArns: [
      ...secretArns,
      ...rules.flatMap(({ sourceSecretArn, sourceCredentialsSecretArn }) =>
        [sourceSecretArn, sourceCredentialsSecretArn].filter((arn) => arn !== undefined),
      ),
    ],
    destinationSecretArns: [
      ...secretArns,
      ...rules.flatMap((rule) => rule.destinationCredentialsSecretArn ?? []),
    ],
    archives: readableArchives(replicator, { bucketNames: sourceBucketNames, rules }),
    workBucket: replicator.workBucket,
    eventBusArn: Stack.of(replicator).formatArn({
      service: "events",
      resource: "event-bus",
      resourceName: "default",
    }),
  };
}

/** What there is of what there may be. */
function present<T>(all: Readonly<Record<string, T | undefined>>): Record<string, T> {
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, T] => entry[1] !== undefined),
  );
}
