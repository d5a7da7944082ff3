import { parsePattern } from "../events/pattern.ts";
import type { EventRule, EventTarget } from "../events/rule.ts";
import { parseTargetInput } from "../events/target-input.ts";
import { fieldsOf } from "./refuse-unknown.ts";
import type { NamedResource } from "./resource-type.ts";
import { RESOURCE_TYPES } from "./resource-types.ts";
import { wholeNumber } from "./whole-number.ts";

interface Known {
  readonly hasFunction: (arn: string) => boolean;
  readonly hasQueue: (arn: string) => boolean;
}

const TARGET_FIELDS = [
  "Id",
  "Arn",
  "Input",
  "InputPath",
  "InputTransformer",
  "RetryPolicy",
  "DeadLetterConfig",
];
const STATES = ["ENABLED", "DISABLED"];
// EventBridge's quota for one rule.
const MOST_TARGETS = 5;

/** A rule as its template describes it; throws an Error that names what local AWS does not do. */
export function ruleOf(resource: NamedResource, known: Known): EventRule {
  const { name, stack, properties, logicalId } = resource;
  const where = `${stack.name}/${logicalId}`;
  const { State = "ENABLED", EventBusName = "default", EventPattern, Targets = [] } = properties;
  if (!STATES.includes(String(State)))
    throw new Error(`${where}: State is ${State}; ${STATES.join(", ")} would be accepted`);
  if (EventBusName !== "default")
    throw new Error(`${where}: EventBusName is ${EventBusName}; default would be accepted`);
  const targets = Targets as unknown[];
  if (targets.length > MOST_TARGETS)
    throw new Error(`${where} has ${targets.length} Targets; ${MOST_TARGETS} at most would be accepted`);
  return {
    arn: RESOURCE_TYPES[resource.type]?.attributes["Arn"]?.(resource) ?? "",
    name,
    account: stack.account,
    region: stack.region,
    enabled: State === "ENABLED",
    matches: parsePattern(EventPattern, `${where}: EventPattern`),
    targets: targets.map((target, index) =>
      targetOf(target, { ...known, where: `${where}: Targets.${index}`, home: resource }),
    ),
  };
}

function targetOf(
  target: unknown,
  { where, home, hasFunction, hasQueue }: Known & { where: string; home: NamedResource },
): EventTarget {
  const fields = fieldsOf(target, TARGET_FIELDS, where);
  const arn = String(fields["Arn"]);
  checkFunction(arn, { where, home, hasFunction });
  const retry = fieldsOf(
    fields["RetryPolicy"],
    ["MaximumRetryAttempts", "MaximumEventAgeInSeconds"],
    `${where}.RetryPolicy`,
  );
  const { MaximumRetryAttempts = 185, MaximumEventAgeInSeconds = 86_400 } = retry;
  return {
    id: String(fields["Id"]),
    functionArn: arn,
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
    deadLetterQueue: deadLetterQueueOf(fields["DeadLetterConfig"], where, hasQueue),
  };
}

function checkFunction(
  arn: string,
  { where, home, hasFunction }: { where: string; home: NamedResource; hasFunction: Known["hasFunction"] },
): void {
  const { account, region } = home.stack;
  const own = `arn:aws:lambda:${region}:${account}:function:`;
  if (!arn.startsWith(own))
    throw new Error(
      `${where}.Arn is ${arn}; a function of its account and region, ${own}…, would be accepted`,
    );
  if (!hasFunction(arn)) throw new Error(`${where}.Arn: function ${arn} does not exist`);
}

function deadLetterQueueOf(config: unknown, where: string, hasQueue: Known["hasQueue"]): string | undefined {
  const { Arn } = fieldsOf(config, ["Arn"], `${where}.DeadLetterConfig`);
  if (Arn === undefined) return undefined;
  if (!hasQueue(String(Arn))) throw new Error(`${where}.DeadLetterConfig.Arn: queue ${Arn} does not exist`);
  return String(Arn);
}
