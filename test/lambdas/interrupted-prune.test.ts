import type { Pruned } from "../../core/steps/prune-images.ts";
import { interruptedPrune, prunedBefore } from "../../lambdas/interrupted-prune.ts";

const nothing: Pruned = { deleted: 0, kept: 0, examples: [], warnings: [] };
const name = `222222222222.dkr.ecr.eu-central-1.amazonaws.com/${"n".repeat(256)}:${"t".repeat(128)}`;

test.each(["Throttled", "Unavailable"] as const)(
  "%s lets the state try again, and carries what was done within what a cause has room for",
  (failure) => {
    const names = Array.from({ length: 20 }, () => name);
    const warnings = names.map((each) => `${each} was not deleted: ${"r".repeat(1_000)}`);
    const ended = { name: failure, message: "slow down" };
    const error = interruptedPrune({ deleted: 300, kept: 20, examples: names, warnings, failure: ended });
    expect(error?.name).toBe(failure);
    const cause = JSON.stringify({ errorType: failure, errorMessage: error?.message, trace: [] });
    expect(cause.length).toBeLessThan(32_768);
    expect(prunedBefore({ Error: failure, Cause: cause })).toEqual({
      deleted: 300,
      kept: 20,
      examples: [],
      warnings: [],
      failure: ended,
    });
  },
);

test("what will not pass, and what has ended by itself, is no error of the step", () => {
  expect(interruptedPrune(nothing)).toBeUndefined();
  expect(interruptedPrune({ ...nothing, failure: { name: "AccessDenied", message: "no" } })).toBeUndefined();
});

test.each([
  undefined,
  "",
  "Task timed out after 900.00 seconds",
  JSON.stringify({ errorMessage: "2026-11-23 Task timed out" }),
  JSON.stringify({ errorMessage: JSON.stringify({ operation: "ListImages", message: "slow down" }) }),
])("what is caught of other steps, %j, says nothing of a prune", (Cause) => {
  expect(prunedBefore({ Error: "Throttled", Cause })).toBeUndefined();
});
