import type { IFunction } from "aws-cdk-lib/aws-lambda";
import {
  Choice,
  Condition,
  Errors,
  Fail,
  type IChainable,
  JsonPath,
  Map as MapState,
  Pass,
} from "aws-cdk-lib/aws-stepfunctions";
import type { Construct } from "constructs";
import { task } from "./task-state.ts";

/** The functions that the states call. */
export interface StepFunctions {
  readonly plan: IFunction;
  readonly untar: IFunction;
  readonly copyLayer: IFunction;
  readonly putManifests: IFunction;
  readonly report: IFunction;
}

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
  const plan = task(scope, "Plan", functions.plan, { resultPath: "$.plan" });
  const untar = task(scope, "Untar", functions.untar, { resultPath: "$.untarred" });
  const copyLayers = copyLayersOf(scope, functions.copyLayer, maxConcurrentLayers);
  const putManifests = task(scope, "PutManifests", functions.putManifests, { resultPath: "$.put" });
  const putManifestsThenPlan = task(scope, "PutManifestsThenPlan", functions.putManifests, {
    resultPath: "$.put",
  });
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

function failed(scope: Construct): Fail {
  return new Fail(scope, "Failed", { errorPath: "$.error", causePath: "$.cause" });
}

function unreported(scope: Construct): Fail {
  return new Fail(scope, "Unreported", { errorPath: "$.failure.Error", causePath: "$.failure.Cause" });
}

/** Where a function's answer leads that names no state of this machine. */
export function unroutable(scope: Construct, id = "Unroutable"): Fail {
  return new Fail(scope, id, {
    error: "Unavailable",
    cause: JSON.stringify({
      operation: "Route",
      message:
        "A function answered with a next step that this state machine does not have; deploy its functions and definition together, then start again.",
    }),
  });
}
