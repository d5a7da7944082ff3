import * as z from "zod";
import { Failure } from "../errors.ts";
import { problemsOf } from "./problem.ts";
import { requestShape } from "./request.ts";
import { type RepositoryRule, ruleDefinition } from "./rule.ts";
import { ruleContradictions } from "./rule-contradictions.ts";

const { source } = ruleDefinition.shape;

const definition = ruleDefinition.extend({
  source: source.unwrap().meta({
    ...source.meta(),
    description:
      "The repositories to copy from, in ECR or any other registry: one, or with a * those that match.",
  }),
  mode: requestShape.mode,
  part: z.literal(true, { error: "expected true" }).optional().meta({
    description:
      "Set when a push runs the rule for one repository alone: such a run does not count as one in which all of the rule is in step.",
  }),
});

const forUploads = ", since a run compares repositories: a rule without it is started by uploads alone";

/** One run of a rule: the input of `ReplicateImages`, which is the rule as it stands in `replication.yaml`, and the mode. */
export type Run = RepositoryRule & { readonly mode?: "apply" | "plan"; readonly part?: true };

/** The JSON Schema of a run, generated from what `parseRun` checks. */
export function runSchema(): object {
  return { ...z.toJSONSchema(definition), title: "ecr-replicator run of a rule" };
}

/** Checks a run. Throws `RequestInvalid` with every problem there is, one after the other. */
export function parseRun(input: unknown): Run {
  const hasSource = Object(input).source !== undefined;
  const problems = [
    ...problemsOf(definition, input),
    ...(hasSource ? ruleContradictions([input]) : []).map(({ path, message }) => ({
      path: path.slice(1),
      message,
    })),
  ];
  if (problems.length === 0) return input as Run;
  const texts = problems.map(({ path, message }) => {
    const field = path.join(".") || "rule";
    return `${field}: ${message}${field === "source" && !hasSource ? forUploads : ""}`;
  });
  throw new Failure("RequestInvalid", { operation: "ReadRule" }, texts.join("; "));
}
