import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { IBucket } from "aws-cdk-lib/aws-s3";
import {
  Choice,
  Condition,
  DistributedMap,
  Errors,
  type IChainable,
  JsonPath,
  OutputType,
  Pass,
  ResultWriterV2,
  S3JsonLItemReader,
  StateMachineType,
  TaskInput,
  type TaskStateBase,
  Transformation,
  WriterConfig,
} from "aws-cdk-lib/aws-stepfunctions";
import type { Construct } from "constructs";
import { unroutable } from "./state-machine.ts";
import { task } from "./task-state.ts";

/** The functions that the states of a run call. */
export interface RunFunctions {
  readonly listImages: IFunction;
  readonly tallyImages: IFunction;
  readonly pruneImages: IFunction;
  readonly finishImages: IFunction;
}

/** What a run needs beside its functions. */
export interface RunStates {
  readonly functions: RunFunctions;
  readonly workBucket: IBucket;
  /** The states of one image, which the Distributed Map runs for each that differs. */
  readonly image: IChainable;
}

/**
 * The states of a run: list what differs between the two sides of a rule, copy it, add up how that went, list on if there
 * is more, prune, and finish. What fails, fails in FinishImages: a redriven run begins again from there, and lists only
 * what is left to do. Results and lists are in the work bucket, since a state holds 256 KiB
 * (Step Functions Developer Guide, "Service quotas").
 */
export function replicateImages(scope: Construct, { functions, workBucket, image }: RunStates): IChainable {
  scope.node.setContext(writeResults, true);
  const start = begin(scope, "StartImages", { run: "$", startedAt: "$$.Execution.StartTime" });
  const list = task(scope, "ListImages", functions.listImages, { resultPath: "$.listing" });
  const copy = copyImages(scope, workBucket, image);
  const tally = task(scope, "TallyImages", functions.tallyImages, { resultPath: "$.totals" });
  const prune = task(scope, "PruneImages", functions.pruneImages, { resultPath: "$.pruned" });
  const finish = finishImages(scope, functions.finishImages);
  // The execution of a redriven run keeps the time of its first start.
  const restart = begin(scope, "RestartImages", { run: "$.run", startedAt: "$$.State.EnteredTime" });
  for (const state of [list, copy, tally, prune]) {
    state.addCatch(finish, { errors: [Errors.ALL], resultPath: "$.failure" });
  }
  copy.next(tally);
  prune.next(finish);
  restart.next(list);
  tally.next(
    route(scope, "AfterTally", "$.totals.next", {
      ListImages: list,
      PruneImages: prune,
      FinishImages: finish,
    }),
  );
  const finished = new Pass(scope, "Finished", { outputPath: "$.report" });
  finish.next(route(scope, "AfterFinish", "$.next", { Finished: finished, RestartImages: restart }));
  list.next(route(scope, "AfterList", "$.listing.next", { CopyImages: copy, TallyImages: tally }));
  return start.next(list);
}

/** A run begins with its rule alone, whatever came before. */
function begin(scope: Construct, id: string, { run, startedAt }: { run: string; startedAt: string }): Pass {
  return new Pass(scope, id, {
    parameters: {
      run: JsonPath.objectAt(run),
      startedAt: JsonPath.stringAt(startedAt),
      execution: JsonPath.executionId,
      redrives: JsonPath.numberAt("$$.Execution.RedriveCount"),
    },
  });
}

/** Without it CDK leaves out in silence where the results are to be written. */
const writeResults = "@aws-cdk/aws-stepfunctions:useDistributedMapResultWriterV2";

function copyImages(scope: Construct, bucket: IBucket, image: IChainable): DistributedMap {
  return new DistributedMap(scope, "CopyImages", {
    mapExecutionType: StateMachineType.STANDARD,
    itemReader: new S3JsonLItemReader({ bucket, key: JsonPath.stringAt("$.listing.copies.key") }),
    maxConcurrencyPath: "$.listing.concurrency",
    // One image's failure does not stop the others: what failed is counted afterwards.
    toleratedFailurePercentage: 100,
    resultWriterV2: new ResultWriterV2({
      bucket,
      prefix: JsonPath.stringAt("$.listing.results"),
      writerConfig: new WriterConfig({
        transformation: Transformation.NONE,
        outputType: OutputType.JSONL,
      }),
    }),
    resultPath: "$.copied",
    label: "CopyImages",
  }).itemProcessor(image);
}

function finishImages(scope: Construct, finish: IFunction): TaskStateBase {
  return task(scope, "FinishImages", finish, {
    // It throws what a step before has failed with: to try that again would tell of one failure many times.
    isFinal: true,
    payload: TaskInput.fromObject({
      state: JsonPath.objectAt("$"),
      redrives: JsonPath.numberAt("$$.Execution.RedriveCount"),
    }),
  });
}

function route(scope: Construct, id: string, variable: string, states: Record<string, IChainable>): Choice {
  const choice = new Choice(scope, id);
  for (const [next, state] of Object.entries(states)) {
    choice.when(Condition.stringEquals(variable, next), state);
  }
  return choice.otherwise(unroutable(scope, `Unroutable${id}`));
}
