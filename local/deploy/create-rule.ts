import { busArn } from "../events/event-buses.ts";
import { parsePattern } from "../events/pattern.ts";
import type { EventRule } from "../events/rule.ts";
import { type Known, targetOf } from "./create-target.ts";
import type { NamedResource } from "./resource-type.ts";
import { arnOf } from "./resource-types.ts";

const STATES = ["ENABLED", "DISABLED"];
// EventBridge's quota for one rule.
const MOST_TARGETS = 5;

/** A rule as its template describes it; throws an Error that names what local AWS does not do. */
export function ruleOf(resource: NamedResource, known: Known): EventRule {
  const { name, stack, properties, logicalId } = resource;
  const where = `${stack.name}/${logicalId}`;
  const { State = "ENABLED", EventPattern, Targets = [] } = properties;
  if (!STATES.includes(String(State)))
    throw new Error(`${where}: State is ${State}; ${STATES.join(", ")} would be accepted`);
  const targets = Targets as unknown[];
  if (targets.length > MOST_TARGETS)
    throw new Error(`${where} has ${targets.length} Targets; ${MOST_TARGETS} at most would be accepted`);
  return {
    arn: arnOf(resource),
    name,
    busArn: busOf(resource, known.hasBus),
    account: stack.account,
    region: stack.region,
    enabled: State === "ENABLED",
    matches: parsePattern(EventPattern, `${where}: EventPattern`),
    targets: targets.map((target, index) =>
      targetOf(target, { ...known, where: `${where}: Targets.${index}`, home: resource }),
    ),
  };
}

/** The bus that a rule is on, by name or ARN, of the rule's own account and region. */
function busOf({ stack, properties, logicalId }: NamedResource, hasBus: Known["hasBus"]): string {
  const given = String(properties["EventBusName"] ?? "default");
  const arn = given.startsWith("arn:") ? given : busArn(stack, given);
  if (arn.startsWith(busArn(stack, "")) && hasBus(arn)) return arn;
  const accepted = "default or a bus that is deployed in its account and region would be accepted";
  throw new Error(`${stack.name}/${logicalId}: EventBusName is ${given}; ${accepted}`);
}
