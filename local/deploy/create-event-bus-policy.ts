import { busArn, type EventBuses } from "../events/event-buses.ts";
import { parseResourcePolicy } from "../iam/resource-policy.ts";
import type { NamedResource } from "./resource-type.ts";

/** Adds a statement to a bus's policy; throws an Error that names what is wrong with it. */
export function deployEventBusPolicy(resource: NamedResource, buses: EventBuses): void {
  const { stack, logicalId, properties } = resource;
  const where = `${stack.name}/${logicalId}`;
  const { StatementId, EventBusName = "default", Statement } = properties;
  if (!/^[\w-]{1,64}$/.test(String(StatementId ?? "")))
    throw new Error(`${where}: StatementId is ${StatementId}; 1 to 64 letters, digits, - and _ are accepted`);
  const arn = busArn(stack, String(EventBusName));
  if (!buses.has(arn)) throw new Error(`${where}: event bus ${EventBusName} does not exist`);
  const statement = Statement ?? accountStatement(properties, arn, where);
  buses.addPolicy(arn, parseResourcePolicy({ Statement: statement }, where));
}

/** The statement that the older properties stand for: an account, or every one, may put events. */
function accountStatement(
  { Action, Principal }: NamedResource["properties"],
  Resource: string,
  where: string,
): object {
  if (Action !== "events:PutEvents")
    throw new Error(`${where}: Action is ${Action}; events:PutEvents would be accepted`);
  if (!/^(\d{12}|\*)$/.test(String(Principal)))
    throw new Error(`${where}: Principal is ${Principal}; an account or * would be accepted`);
  return { Effect: "Allow", Action, Principal: { AWS: Principal }, Resource };
}
