import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import type { RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import type { IStateMachine } from "aws-cdk-lib/aws-stepfunctions";
import type { Construct } from "constructs";
import { hasRepositories, type Rule } from "../core/model/rule.ts";
import { pushPattern } from "./push-pattern.ts";
import { PushTriggers } from "./push-triggers.ts";
import { Schedules, scheduledRules } from "./schedules.ts";
import { startFailures } from "./start-failures.ts";
import { uploadPattern } from "./upload-pattern.ts";
import { UploadTriggers } from "./upload-triggers.ts";
import { watchedRules } from "./watched-rule.ts";
import { checkWildcardRules } from "./wildcard-rules.ts";

/** What rules start. */
export interface TriggersProps {
  readonly rules: readonly Rule[];
  readonly stateMachine: IStateMachine;
  readonly imagesStateMachine: IStateMachine;
  readonly logRetention: RetentionDays;
  readonly tracing?: boolean;
}

/** What was made to start executions, as far as the rules have triggers for it. */
export interface Triggers {
  readonly startFunction?: LambdaFunction;
  readonly startPushFunction?: LambdaFunction;
  readonly pushQueue?: Queue;
  readonly startFailures?: Queue;
}

/** Adds what starts executions by the triggers of rules. Throws an Error that names the rule that cannot be watched. */
export function addTriggers(scope: Construct, { rules, ...props }: TriggersProps): Triggers {
  if (rules.every(({ triggers }) => triggers === undefined)) return {};
  const watched = watchedRules(rules);
  checkWildcardRules([
    ...watched.map(({ repository: { account, region, name } }) =>
      pushPattern({ account, region, names: [name] }),
    ),
    ...rules.flatMap(({ triggers = [] }) => triggers.flatMap(({ s3 }) => (s3 ? [uploadPattern(s3)] : []))),
  ]);
  const failures = startFailures(scope, "StartFailures", { ofQueue: watched.length > 0 });
  const shared = { ...props, startFailures: failures };
  const uploaded = rules.filter((rule) => !hasRepositories(rule));
  const uploads =
    uploaded.length > 0 ? new UploadTriggers(scope, "Uploads", { ...shared, rules: uploaded }) : undefined;
  const pushes =
    watched.length > 0 ? new PushTriggers(scope, "Pushes", { ...shared, rules: watched }) : undefined;
  const scheduled = scheduledRules(rules);
  if (scheduled.length > 0) new Schedules(scope, "Schedules", { ...shared, rules: scheduled });
  return {
    startFunction: uploads?.startFunction,
    startPushFunction: pushes?.startFunction,
    pushQueue: pushes?.queue,
    startFailures: failures,
  };
}
