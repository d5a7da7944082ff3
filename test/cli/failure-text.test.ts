import { exitCode, failureJson, failureText } from "../../cli/failure-text.ts";
import { Failure } from "../../core/errors.ts";

const denied = new Failure("AccessDenied", { side: "source", operation: "AssumeRole" }, "no entry");

test("a failure is its name and its sentence, and no stack", () => {
  expect(failureText(denied)).toBe("ecr-replicator: AccessDenied: no entry\n");
});

test("wrong arguments lead to help", () => {
  const wrong = new Failure("RequestInvalid", { operation: "ReadArguments" }, "copy is the command");
  expect(failureText(wrong)).toBe("ecr-replicator: copy is the command\nTry 'ecr-replicator --help'.\n");
});

test("a fault of this program is shown with its stack", () => {
  expect(failureText(new TypeError("x is undefined"))).toMatch(
    /^ecr-replicator: TypeError: x is undefined\n +at /,
  );
  expect(failureText("thrown text")).toBe("ecr-replicator: thrown text\n");
});

test("as JSON a failure has a failed execution's fields", () => {
  expect(JSON.parse(failureJson(denied))).toEqual({
    error: "AccessDenied",
    side: "source",
    operation: "AssumeRole",
    message: "no entry",
  });
  expect(JSON.parse(failureJson(new TypeError("x")))).toEqual({ error: "TypeError", message: "x" });
});

test("wrong usage ends with 2, and all else with 1", () => {
  const usage = new Failure("RequestInvalid", { operation: "ReadRequest" }, "source: is required");
  expect([usage, denied, new TypeError("x")].map(exitCode)).toEqual([2, 1, 1]);
});
