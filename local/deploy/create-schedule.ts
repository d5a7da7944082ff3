import type { Role, Roles } from "../iam/roles.ts";
import { trustsService } from "../iam/trust.ts";
import { checkExpression, checkTimezone } from "../scheduler/expression.ts";
import type { Schedule } from "../scheduler/schedule.ts";
import { serviceRole } from "./create-function.ts";
import { fieldsOf } from "./refuse-unknown.ts";
import type { NamedResource } from "./resource-type.ts";
import { arnOf } from "./resource-types.ts";
import { wholeNumber } from "./whole-number.ts";

interface Known {
  readonly hasGroup: (arn: string) => boolean;
  readonly hasMachine: (arn: string) => boolean;
  readonly hasQueue: (arn: string) => boolean;
  readonly roles: Roles;
}

const SERVICE = "scheduler.amazonaws.com";
const TARGET_FIELDS = ["Arn", "RoleArn", "Input", "RetryPolicy", "DeadLetterConfig"];
const STATES = ["ENABLED", "DISABLED"];

/** A schedule as its template describes it; throws an Error that names what Scheduler refuses or local AWS does not do. */
export function scheduleOf(resource: NamedResource, known: Known): Schedule {
  const { name, stack, properties, logicalId } = resource;
  const where = `${stack.name}/${logicalId}`;
  const { account, region } = stack;
  const { State = "ENABLED", GroupName: group = "default", Description } = properties;
  if (!/^[\w.-]{1,64}$/.test(name))
    throw new Error(`${where}: Name is ${name}; 1 to 64 letters, digits, -, _ and . would be accepted`);
  if (!STATES.includes(String(State)))
    throw new Error(`${where}: State is ${State}; ${STATES.join(", ")} would be accepted`);
  const groupArn = `arn:aws:scheduler:${region}:${account}:schedule-group/${group}`;
  if (group !== "default" && !known.hasGroup(groupArn))
    throw new Error(`${where}: GroupName is ${group}; default or a deployed group would be accepted`);
  checkDates(properties, where);
  const place = { account, region, group: String(group), groupArn };
  return {
    arn: arnOf(resource),
    name,
    ...place,
    enabled: State === "ENABLED",
    description: Description === undefined ? undefined : String(Description),
    ...whenOf(properties, where),
    ...targetOf(properties["Target"], { ...known, ...place, where: `${where}: Target` }),
  };
}

function whenOf(
  properties: NamedResource["properties"],
  where: string,
): Pick<Schedule, "expression" | "timezone" | "flexibleMinutes"> {
  const { ScheduleExpression, ScheduleExpressionTimezone = "UTC", FlexibleTimeWindow } = properties;
  checkExpression(ScheduleExpression, `${where}: ScheduleExpression`);
  checkTimezone(ScheduleExpressionTimezone, `${where}: ScheduleExpressionTimezone`);
  const path = `${where}: FlexibleTimeWindow`;
  const { Mode, MaximumWindowInMinutes } = fieldsOf(
    FlexibleTimeWindow,
    ["Mode", "MaximumWindowInMinutes"],
    path,
  );
  if (Mode !== "OFF" && Mode !== "FLEXIBLE")
    throw new Error(`${path}.Mode is ${Mode}; OFF or FLEXIBLE would be accepted`);
  if (Mode === "OFF" && MaximumWindowInMinutes !== undefined)
    throw new Error(`${path}.MaximumWindowInMinutes is ${MaximumWindowInMinutes}; none is accepted with OFF`);
  const window = { least: 1, most: 1440 };
  return {
    expression: String(ScheduleExpression),
    timezone: String(ScheduleExpressionTimezone),
    flexibleMinutes:
      Mode === "OFF"
        ? undefined
        : wholeNumber(MaximumWindowInMinutes, window, `${path}.MaximumWindowInMinutes`),
  };
}

function checkDates(properties: NamedResource["properties"], where: string): void {
  for (const field of ["StartDate", "EndDate"]) {
    const value = properties[field];
    if (value !== undefined && Number.isNaN(Date.parse(String(value))))
      throw new Error(
        `${where}: ${field} is ${value}; a time such as 2030-01-02T03:04:05Z would be accepted`,
      );
  }
}

type Target = Pick<Schedule, "machineArn" | "role" | "input" | "deadLetterQueue">;
type Place = Pick<Schedule, "account" | "region" | "groupArn">;

function targetOf(target: unknown, context: Known & Place & { where: string }): Target {
  const { where, hasMachine, hasQueue } = context;
  const { Arn, RoleArn, Input, RetryPolicy, DeadLetterConfig } = fieldsOf(target, TARGET_FIELDS, where);
  if (!hasMachine(String(Arn)))
    throw new Error(`${where}.Arn is ${Arn}; a state machine that is deployed would be accepted`);
  checkRetry(RetryPolicy, `${where}.RetryPolicy`);
  const { Arn: queue } = fieldsOf(DeadLetterConfig, ["Arn"], `${where}.DeadLetterConfig`);
  if (queue !== undefined && !hasQueue(String(queue)))
    throw new Error(`${where}.DeadLetterConfig.Arn: queue ${queue} does not exist`);
  return {
    machineArn: String(Arn),
    role: roleOf(String(RoleArn), context),
    input: Input === undefined ? undefined : jsonText(Input, `${where}.Input`),
    deadLetterQueue: queue === undefined ? undefined : String(queue),
  };
}

/** The role, if it trusts Scheduler for this schedule's group, as Scheduler checks when it is given one. */
function roleOf(arn: string, { roles, where, account, groupArn }: Known & Place & { where: string }): Role {
  const role = serviceRole(arn, { roles, service: SERVICE, where });
  const context = { "aws:sourceaccount": account, "aws:sourcearn": groupArn };
  if (role.account === account && trustsService(role.trust, SERVICE, context)) return role;
  throw new Error(`${where}: role ${arn} cannot be assumed by ${SERVICE} for ${groupArn}`);
}

function checkRetry(policy: unknown, where: string): void {
  const known = ["MaximumRetryAttempts", "MaximumEventAgeInSeconds"];
  const { MaximumRetryAttempts = 185, MaximumEventAgeInSeconds = 86_400 } = fieldsOf(policy, known, where);
  wholeNumber(MaximumRetryAttempts, { least: 0, most: 185 }, `${where}.MaximumRetryAttempts`);
  wholeNumber(MaximumEventAgeInSeconds, { least: 60, most: 86_400 }, `${where}.MaximumEventAgeInSeconds`);
}

function jsonText(value: unknown, where: string): string {
  try {
    if (typeof value !== "string") throw new Error("no text");
    JSON.parse(value);
    return value;
  } catch (error) {
    throw new Error(`${where} is not JSON (${(error as Error).message})`);
  }
}
