import { executionFailure, stillRunning } from "../../cli/execution-failure.ts";
import { Failure } from "../../core/errors.ts";

const cause = JSON.stringify({ side: "source", operation: "ReadManifest", message: "it is gone" });
const lambda = (errorMessage: string) =>
  JSON.stringify({ errorType: "ImagesFailed", errorMessage, trace: ["at x"] });

test.each([
  [
    "SourceNotFound",
    cause,
    { name: "SourceNotFound", side: "source", operation: "ReadManifest", message: "it is gone" },
  ],
  ["ImagesFailed", lambda(cause), { name: "ImagesFailed", operation: "ReadManifest", message: "it is gone" }],
  ["Unavailable", lambda("no JSON"), { name: "Unavailable", operation: "RunExecution", message: "no JSON" }],
  ["Unavailable", lambda("7"), { name: "Unavailable", message: "7" }],
  [
    "States.Runtime",
    "a path",
    { name: "Unavailable", message: "the execution ended as FAILED with States.Runtime: a path" },
  ],
  [undefined, undefined, { name: "Unavailable", message: "the execution ended as FAILED" }],
])("an execution that ended with %s and %s", (error, text, failure) => {
  expect(executionFailure("FAILED", error, text)).toMatchObject(failure);
});

test("a failure of looking says that the execution goes on, and a fault of this program stays what it is", () => {
  const failure = new Failure("Throttled", { operation: "DescribeExecution" }, "slow down");
  expect(stillRunning(failure, "arn:x")).toMatchObject({
    name: "Throttled",
    message: "slow down; the execution goes on: arn:x",
  });
  const fault = new TypeError("no");
  expect(stillRunning(fault, "arn:x")).toBe(fault);
});
