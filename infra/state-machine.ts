import { Duration } from "aws-cdk-lib";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import {
  Choice,
  Condition,
  Errors,
  Fail,
  type IChainable,
  JitterType,
  JsonPath,
  Map as MapState,
  Pass,
  type RetryProps,
  type TaskStateBase,
} from "aws-cdk-lib/aws-stepfunctions";
import { LambdaInvoke } from "aws-cdk-lib/aws-stepfunctions-tasks";
import type { Construct } from "constructs";

/** The functions that the states call. */
export interface StepFunctions {
  readonly plan: IFunction;
  readonly untar: IFunction;
  readonly copyLayer: IFunction;
  readonly putManifests: IFunction;
  readonly report: IFunction;
}

// `Runtime.OutOfMemory` is left out: the same input needs the same memory again.
const transient: RetryProps = {
  errors: [
    "Throttled",
    "Unavailable",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.Unknown",
    "Sandbox.Timedout",
    "Runtime.ExitError",
  ],
  interval: Duration.seconds(2),
  backoffRate: 2,
  maxAttempts: 6,
  maxDelay: Duration.seconds(60),
  jitterStrategy: JitterType.FULL,
};

// No environment is free: an account may have few, and those at work are at it for up to a quarter of an hour.
const busy: RetryProps = {
  errors: ["Lambda.TooManyRequestsException"],
  interval: Duration.seconds(5),
  backoffRate: 2,
  maxAttempts: 40,
  maxDelay: Duration.seconds(60),
  jitterStrategy: JitterType.FULL,
};

/**
 * The states that copy one image: plan, inflate its archive if that is compressed, copy what is missing, plan again
 * until nothing is, put the manifests, report. Of an archive with several images, plan goes on with the next when the
 * manifests of one are there. The error names are those of `core/errors.ts` and of Lambda
 * (Step Functions Developer Guide, "Handling errors").
 */
export function replicateImage(
  scope: Construct,
  functions: StepFunctions,
  maxConcurrentLayers: number,
): IChainable {
  const start = new Pass(scope, "Start", {
    parameters: {
      request: JsonPath.objectAt("$"),
      startedAt: JsonPath.stringAt("$$.Execution.StartTime"),
      execution: JsonPath.executionId,
    },
  });
  const plan = task(scope, "Plan", functions.plan, "$.plan");
  const untar = task(scope, "Untar", functions.untar, "$.untarred");
  const copyLayers = copyLayersOf(scope, functions.copyLayer, maxConcurrentLayers);
  const putManifests = task(scope, "PutManifests", functions.putManifests, "$.put");
  const putManifestsThenPlan = task(scope, "PutManifestsThenPlan", functions.putManifests, "$.put");
  const report = task(scope, "Report", functions.report);

  // The destination says that something is missing after all: plan finds out what.
  for (const state of [putManifests, putManifestsThenPlan]) {
    state.addCatch(plan, { errors: ["Incomplete"], resultPath: "$.incomplete" });
  }
  const reportFailure = task(scope, "ReportFailure", functions.report);
  // When that fails too, the first failure is still the one to know.
  reportFailure.addCatch(unreported(scope), { errors: [Errors.ALL], resultPath: JsonPath.DISCARD });
  const failure = reportFailure.next(failed(scope));
  for (const state of [plan, untar, copyLayers, putManifests, putManifestsThenPlan, report]) {
    state.addCatch(failure, { errors: [Errors.ALL], resultPath: "$.failure" });
  }

  for (const state of [untar, copyLayers, putManifestsThenPlan]) state.next(plan);
  putManifests.next(report);
  return start
    .next(plan)
    .next(
      new Choice(scope, "Route")
        .when(Condition.stringEquals("$.plan.next", "Untar"), untar)
        .when(Condition.stringEquals("$.plan.next", "CopyLayers"), copyLayers)
        .when(Condition.stringEquals("$.plan.next", "PutManifests"), putManifests)
        .when(Condition.stringEquals("$.plan.next", "PutManifestsThenPlan"), putManifestsThenPlan)
        .when(Condition.stringEquals("$.plan.next", "Report"), report)
        .otherwise(unroutable(scope)),
    );
}

function copyLayersOf(scope: Construct, copyLayer: IFunction, maxConcurrency: number): MapState {
  const copy = task(scope, "CopyLayer", copyLayer);
  return new MapState(scope, "CopyLayers", {
    itemsPath: "$.plan.tasks",
    itemSelector: {
      request: JsonPath.objectAt("$.plan.request"),
      execution: JsonPath.stringAt("$.execution"),
      root: JsonPath.objectAt("$.plan.root"),
      task: JsonPath.objectAt("$$.Map.Item.Value"),
    },
    maxConcurrency,
    resultPath: "$.copied",
  }).itemProcessor(copy);
}

function task(scope: Construct, id: string, lambdaFunction: IFunction, resultPath?: string): TaskStateBase {
  return new LambdaInvoke(scope, id, {
    lambdaFunction,
    resultPath,
    payloadResponseOnly: true,
    retryOnServiceExceptions: false,
  })
    .addRetry(transient)
    .addRetry(busy);
}

function failed(scope: Construct): Fail {
  return new Fail(scope, "Failed", { errorPath: "$.error", causePath: "$.cause" });
}

function unreported(scope: Construct): Fail {
  return new Fail(scope, "Unreported", { errorPath: "$.failure.Error", causePath: "$.failure.Cause" });
}

function unroutable(scope: Construct): Fail {
  return new Fail(scope, "Unroutable", {
    error: "Unavailable",
    cause: JSON.stringify({
      operation: "Route",
      message:
        "Plan answered with a next step that this state machine does not have; deploy its functions and definition together, then start again.",
    }),
  });
}
