import type { EventTarget } from "../events/rule.ts";
import { parseTargetInput } from "../events/target-input.ts";
import type { Role, Roles } from "../iam/roles.ts";
import { trustsService } from "../iam/trust.ts";
import { serviceRole } from "./create-function.ts";
import { fieldsOf } from "./refuse-unknown.ts";
import type { NamedResource } from "./resource-type.ts";
import { arnOf } from "./resource-types.ts";
import { wholeNumber } from "./whole-number.ts";

/** What targets of rules can be. */
export interface Known {
  readonly hasFunction: (arn: string) => boolean;
  readonly hasQueue: (arn: string) => boolean;
  readonly hasTopic: (arn: string) => boolean;
  readonly hasBus: (arn: string) => boolean;
  readonly roles: Roles;
}

interface Context extends Known {
  readonly where: string;
  /** The rule. */
  readonly home: NamedResource;
}

const SERVICE = "events.amazonaws.com";
const INPUTS = ["Input", "InputPath", "InputTransformer"];
const FIELDS = ["Id", "Arn", "RoleArn", ...INPUTS, "RetryPolicy", "DeadLetterConfig"];

/** A target as a rule describes it; throws an Error that names what local AWS does not do. */
export function targetOf(target: unknown, context: Context): EventTarget {
  const { where } = context;
  const fields = fieldsOf(target, FIELDS, where);
  const arn = String(fields["Arn"]);
  checkTarget(arn, context);
  const retry = fieldsOf(
    fields["RetryPolicy"],
    ["MaximumRetryAttempts", "MaximumEventAgeInSeconds"],
    `${where}.RetryPolicy`,
  );
  const { MaximumRetryAttempts = 185, MaximumEventAgeInSeconds = 86_400 } = retry;
  return {
    id: String(fields["Id"]),
    arn,
    role: roleOf(fields, context),
    input: parseTargetInput(fields, where),
    maxRetryAttempts: wholeNumber(
      MaximumRetryAttempts,
      { least: 0, most: 185 },
      `${where}.RetryPolicy.MaximumRetryAttempts`,
    ),
    maxEventAgeSeconds: wholeNumber(
      MaximumEventAgeInSeconds,
      { least: 60, most: 86_400 },
      `${where}.RetryPolicy.MaximumEventAgeInSeconds`,
    ),
    deadLetterQueue: deadLetterQueueOf(fields["DeadLetterConfig"], context),
  };
}

function checkTarget(arn: string, { where, home, hasFunction, hasQueue, hasTopic, hasBus }: Context): void {
  const { account, region } = home.stack;
  const own = (service: string) => arn.startsWith(`arn:aws:${service}:${region}:${account}:`);
  const kinds: [applies: boolean, noun: string, exists: (arn: string) => boolean][] = [
    [own("lambda"), "function", hasFunction],
    [own("sqs"), "queue", hasQueue],
    [own("sns"), "topic", hasTopic],
    [/^arn:aws:events:[^:]+:\d{12}:event-bus\//.test(arn), "event bus", hasBus],
  ];
  const kind = kinds.find(([applies]) => applies);
  if (!kind)
    throw new Error(
      `${where}.Arn is ${arn}; a function, a queue or a topic of ${account} in ${region}, or an event bus, would be accepted`,
    );
  const [, noun, exists] = kind;
  if (!exists(arn)) throw new Error(`${where}.Arn: ${noun} ${arn} does not exist`);
}

/** The role for another bus, which EventBridge demands and gets whole events only. */
function roleOf(
  fields: Readonly<Record<string, unknown>>,
  { where, roles, home }: Context,
): Role | undefined {
  const { Arn, RoleArn } = fields;
  if (!String(Arn).startsWith("arn:aws:events:")) {
    if (RoleArn !== undefined)
      throw new Error(`${where}: RoleArn is not supported by local AWS but for an event bus`);
    return undefined;
  }
  const input = INPUTS.find((kind) => fields[kind] !== undefined);
  if (input) throw new Error(`${where}: ${input} is given; an event bus gets the event as it is`);
  if (RoleArn === undefined) throw new Error(`${where}: RoleArn is missing; an event bus needs a role`);
  const role = serviceRole(String(RoleArn), { roles, service: SERVICE, where });
  const context = { "aws:sourceaccount": home.stack.account, "aws:sourcearn": arnOf(home) };
  if (!trustsService(role.trust, SERVICE, context))
    throw new Error(`${where}: role ${RoleArn} cannot be assumed by ${SERVICE} for ${arnOf(home)}`);
  if (role.account !== home.stack.account)
    throw new Error(`${where}: RoleArn is ${RoleArn}; a role of ${home.stack.account} would be accepted`);
  return role;
}

function deadLetterQueueOf(config: unknown, { where, hasQueue }: Context): string | undefined {
  const { Arn } = fieldsOf(config, ["Arn"], `${where}.DeadLetterConfig`);
  if (Arn === undefined) return undefined;
  if (!hasQueue(String(Arn))) throw new Error(`${where}.DeadLetterConfig.Arn: queue ${Arn} does not exist`);
  return String(Arn);
}
