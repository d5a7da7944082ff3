import { RedriveExecutionCommand } from "@aws-sdk/client-sfn";
import type { Rule } from "../../core/model/rule.ts";
import type { RunReport } from "../../core/model/run-report.ts";
import type { LocalAws } from "../../local/aws.ts";
import { type Execution, endOf, execute, statesOf } from "./execution.ts";
import { accounts, machines, region } from "./pipeline.ts";
import type { Repository } from "./repository.ts";
import { WorkBucket } from "./work-bucket.ts";

/** How the run of a rule ended. */
export type RuleExecution = Omit<Execution, "report" | "cause"> & {
  readonly report?: RunReport;
  readonly cause?: { readonly operation: string; readonly message: string };
};

/** The registry of the pipeline's own account, which the functions of `OwnRolesImages` may read and write. */
export const ownRegistry = `${accounts.pipeline}.dkr.ecr.${region}.amazonaws.com`;

/** A rule from the repositories below one name to those below another, which it creates, in the pipeline's own account. */
export function ruleOf(from: string, to: string, also: Partial<Rule> = {}): Rule {
  const [source, destination] = [from, to].map((name) => `${ownRegistry}/${name}`) as [string, string];
  return { name: "team", source, destination, createRepository: true, ...also };
}

/** A rule from the repositories below a name to those below `…-copies`. */
export function copiesRule(name: string, also: Partial<Rule> = {}): Rule {
  return ruleOf(`${name}/*`, `${name}-copies/*`, also);
}

/** Where such a rule copies a repository to. */
export function copyOf(source: Repository): Repository {
  return { ...source, name: source.name.replace("/", "-copies/") };
}

/** Runs a rule to its end. */
export async function run(
  aws: LocalAws,
  rule: object,
  machine = machines.OwnRolesImages,
): Promise<RuleExecution> {
  return ruleExecution(await execute(aws, rule, machine));
}

/** Redrives a run that failed, to its next end. */
export async function redrive(aws: LocalAws, { arn }: RuleExecution): Promise<RuleExecution> {
  await statesOf(aws).send(new RedriveExecutionCommand({ executionArn: arn }));
  return ruleExecution(await endOf(aws, arn));
}

/** The report that a run of `OwnRolesImages` leaves in the work bucket, whether it failed or not. */
export async function keptReport(aws: LocalAws, { arn }: RuleExecution): Promise<RunReport> {
  const bucket = await WorkBucket.of(aws, "OwnRoles");
  const [name, machine] = arn.split(":").toReversed();
  const key = `runs/${machine}/team/${name}/report.json`;
  return JSON.parse(new TextDecoder().decode(await bucket.read(key)));
}

/** A run fails in its last function, so that it may be redriven: what that says is inside what Lambda says of it. */
export function ruleExecution({ report, cause, ...execution }: Execution): RuleExecution {
  const { errorMessage } = Object(cause) as { errorMessage?: string };
  return {
    ...execution,
    ...(report && { report: report as unknown as RunReport }),
    ...(errorMessage !== undefined && { cause: JSON.parse(errorMessage) }),
  };
}
