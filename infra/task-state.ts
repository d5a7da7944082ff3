import { Duration } from "aws-cdk-lib";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import {
  JitterType,
  type RetryProps,
  type TaskInput,
  type TaskStateBase,
} from "aws-cdk-lib/aws-stepfunctions";
import { LambdaInvoke } from "aws-cdk-lib/aws-stepfunctions-tasks";
import type { Construct } from "constructs";

// `Runtime.OutOfMemory` is left out: the same input needs the same memory again.
const transient: RetryProps = {
  errors: [
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

// Others use up what a registry allows: when thousands of images are copied, ECR's ten manifests a second are not enough
// for all. Each of these tries is a dozen seconds of the SDK's own.
const throttled: RetryProps = {
  errors: ["Throttled"],
  interval: Duration.seconds(5),
  backoffRate: 2,
  maxAttempts: 10,
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

/** How a state calls its function. */
export interface TaskSettings {
  readonly resultPath?: string;
  /** What the function gets, if not all of the state's input. */
  readonly payload?: TaskInput;
  /** Whether what it fails with is how the execution is to fail: then only failures of Lambda itself are tried again. */
  readonly isFinal?: boolean;
}

/** A state that calls a function, and tries again what may pass. */
export function task(
  scope: Construct,
  id: string,
  lambdaFunction: IFunction,
  { resultPath, payload, isFinal = false }: TaskSettings = {},
): TaskStateBase {
  const state = new LambdaInvoke(scope, id, {
    lambdaFunction,
    resultPath,
    payload,
    payloadResponseOnly: true,
    retryOnServiceExceptions: false,
  });
  for (const retry of [transient, throttled, busy]) {
    // Lambda's own names have a dot.
    const errors = retry.errors?.filter((name) => !isFinal || name.includes("."));
    if (errors?.length) state.addRetry({ ...retry, errors });
  }
  return state;
}
