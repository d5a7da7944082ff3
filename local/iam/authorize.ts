import type { Authorize, Caller } from "../http.ts";
import { Refusal } from "../refusal.ts";
import { decide } from "./policy.ts";
import type { Roles } from "./roles.ts";

/** The check that services call: identity policies for sessions, everything in their own account for administrators. */
export function authorizeBy(roles: Roles): Authorize {
  return (caller, action, resource) => {
    const reason = refusalReason(roles, caller, { action, resource });
    if (!reason) return;
    const text = `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${resource} ${reason}`;
    throw new Refusal("AccessDeniedException", text);
  };
}

function refusalReason(
  roles: Roles,
  caller: Caller,
  { action, resource }: { action: string; resource: string },
) {
  const owner = resource.split(":")[4];
  // Reaching another account's resource needs a resource policy too, and local AWS has none.
  if (owner && owner !== caller.account)
    return `because no resource-based policy allows the ${action} action`;
  if (caller.arn === `arn:aws:iam::${caller.account}:root`) return undefined;
  const role = roles.ofSession(caller.arn);
  const context = { "aws:principalarn": role?.arn, "aws:principalaccount": caller.account };
  const decision = decide(role?.statements ?? [], { action, resource, context });
  if (decision === "denied") return "with an explicit deny in an identity-based policy";
  if (decision === "unmentioned") return `because no identity-based policy allows the ${action} action`;
  return undefined;
}
