import { Arn, Stack } from "aws-cdk-lib";
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { CfnSchedule } from "aws-cdk-lib/aws-scheduler";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { IStateMachine } from "aws-cdk-lib/aws-stepfunctions";
import { Construct } from "constructs";
import { hasRepositories, type RepositoryRule, type Rule } from "../core/model/rule.ts";
import type { Schedule } from "../core/model/schedule.ts";
import { pathHash } from "./path-hash.ts";

/** What times start. */
export interface SchedulesProps {
  readonly rules: readonly ScheduledRule[];
  /** Runs a rule. */
  readonly imagesStateMachine: IStateMachine;
  /** Takes the rules that could not be started. */
  readonly startFailures: IQueue;
}

/** A rule with one of its schedules, and at which place of its triggers that is. */
export interface ScheduledRule {
  readonly rule: RepositoryRule;
  readonly schedule: Schedule;
  readonly at: number;
}

/** The schedules of rules. */
export function scheduledRules(rules: readonly Rule[]): ScheduledRule[] {
  return rules
    .filter(hasRepositories)
    .flatMap((rule) =>
      (rule.triggers ?? []).flatMap(({ schedule }, at) => (schedule ? [{ rule, schedule, at }] : [])),
    );
}

/** Runs rules at their times. */
export class Schedules extends Construct {
  readonly #role: Role;

  constructor(scope: Construct, id: string, props: SchedulesProps) {
    super(scope, id);
    this.#role = schedulerRole(this, props);
    for (const each of props.rules) this.#add(each, props);
  }

  #add({ rule, schedule, at }: ScheduledRule, { imagesStateMachine, startFailures }: SchedulesProps): void {
    const { expression, timezone, flexibleMinutes } = schedule;
    new CfnSchedule(this, `${rule.name}-${at}`, {
      // Other replicators of the account and Region may have rules of the same name.
      name: `${rule.name}-${at}-${pathHash(this)}`,
      description: `Runs ecr-replicator's rule "${rule.name}"`,
      scheduleExpression: expression,
      scheduleExpressionTimezone: timezone,
      flexibleTimeWindow:
        flexibleMinutes === undefined
          ? { mode: "OFF" }
          : { mode: "FLEXIBLE", maximumWindowInMinutes: flexibleMinutes },
      target: {
        arn: imagesStateMachine.stateMachineArn,
        roleArn: this.#role.roleArn,
        input: Stack.of(this).toJsonString(rule),
        // What could not be started in an hour, somebody should look at; the next time may come sooner.
        retryPolicy: { maximumEventAgeInSeconds: 3600, maximumRetryAttempts: 185 },
        deadLetterConfig: { arn: startFailures.queueArn },
      },
    });
  }
}

function schedulerRole(scope: Construct, { imagesStateMachine, startFailures }: SchedulesProps): Role {
  const stack = Stack.of(scope);
  const group = Arn.format(
    { service: "scheduler", resource: "schedule-group", resourceName: "default" },
    stack,
  );
  const allow = (action: string, resource: string) =>
    new PolicyStatement({ actions: [action], resources: [resource] });
  return new Role(scope, "Role", {
    // EventBridge Scheduler User Guide, "Confused deputy prevention".
    assumedBy: new ServicePrincipal("scheduler.amazonaws.com", {
      conditions: { StringEquals: { "aws:SourceAccount": stack.account, "aws:SourceArn": group } },
    }),
    inlinePolicies: {
      Start: new PolicyDocument({
        statements: [
          allow("states:StartExecution", imagesStateMachine.stateMachineArn),
          allow("sqs:SendMessage", startFailures.queueArn),
        ],
      }),
    },
  });
}
