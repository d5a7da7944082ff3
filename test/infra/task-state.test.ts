import { definitionOf, tasksOf } from "./definition.ts";
import { synthesizeReplicator } from "./synthesized.ts";

const template = synthesizeReplicator();
const tasks = new Map([
  ...tasksOf(definitionOf(template)),
  ...tasksOf(definitionOf(template, "ImagesStateMachine")),
]);
const retried = (name: string) => (tasks.get(name)?.Retry ?? []).flatMap(({ ErrorEquals }) => ErrorEquals);

test.each(["Plan", "CopyLayer", "Report", "ListImages", "PruneImages"])(
  "%s is tried again when it is throttled, or something is not available",
  (name) => {
    expect(retried(name)).toEqual(expect.arrayContaining(["Throttled", "Unavailable", "Sandbox.Timedout"]));
  },
);

test("FinishImages is not tried again for what a step before has failed with, since it would be told of again", () => {
  expect(retried("FinishImages")).toEqual([
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.Unknown",
    "Sandbox.Timedout",
    "Runtime.ExitError",
    "Lambda.TooManyRequestsException",
  ]);
});
