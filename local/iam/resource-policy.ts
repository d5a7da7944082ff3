import { type Condition, holds, parseConditions, type RequestContext } from "./condition.ts";
import { onlyFields, parseEffect, rawStatements, strings } from "./policy.ts";
import { isNamed, parsePrincipal } from "./trust.ts";
import { arnMatches, matches } from "./wildcard.ts";

/** One statement of the policy of a queue, a topic or an event bus. */
export interface ResourceStatement {
  readonly effect: "Allow" | "Deny";
  /** Account roots, role ARNs and `*`. */
  readonly principals: readonly string[];
  readonly services: readonly string[];
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions: readonly Condition[];
}

/** Who asks a resource: an AWS service on behalf of a resource of an account, or a role of the account. */
export interface Requester {
  /** Such as `events.amazonaws.com`. */
  readonly service?: string;
  readonly roleArn?: string;
  readonly account: string;
  /** What the service acts for, such as a rule. */
  readonly sourceArn: string;
}

/** The statements of a resource's policy; throws on everything that this IAM does not enforce. */
export function parseResourcePolicy(document: unknown, where: string): ResourceStatement[] {
  return rawStatements(document, where).map((raw) => {
    onlyFields(raw, ["Sid", "Effect", "Principal", "Action", "Resource", "Condition"], where);
    return {
      effect: parseEffect(raw["Effect"], where),
      ...parsePrincipal(raw["Principal"], where),
      actions: strings(raw["Action"], `${where}: Action`),
      resources: strings(raw["Resource"], `${where}: Resource`),
      conditions: parseConditions(raw["Condition"], where),
    };
  });
}

/** What a resource's policy says: a Deny wins, then an Allow, and no match is no permission. */
export function decideResource(
  statements: readonly ResourceStatement[],
  requester: Requester,
  { action, resource }: { action: string; resource: string },
): "allowed" | "denied" | "unmentioned" {
  const relevant = statements.filter(
    (statement) =>
      concerns(statement, requester) &&
      statement.actions.some((pattern) => matches(pattern.toLowerCase(), action.toLowerCase())) &&
      statement.resources.some((pattern) => arnMatches(pattern, resource)) &&
      holds(statement.conditions, contextOf(requester)),
  );
  if (relevant.some(({ effect }) => effect === "Deny")) return "denied";
  return relevant.length > 0 ? "allowed" : "unmentioned";
}

function concerns({ principals, services }: ResourceStatement, requester: Requester): boolean {
  const { service, account, roleArn } = requester;
  if (service !== undefined) return services.includes(service) || principals.includes("*");
  return principals.some((principal) => isNamed(principal, { account, principalArn: roleArn ?? "" }));
}

function contextOf({ account, roleArn, sourceArn }: Requester): RequestContext {
  return {
    "aws:sourcearn": sourceArn,
    "aws:sourceaccount": account,
    "aws:principalarn": roleArn,
    "aws:principalaccount": roleArn && account,
    // The one endpoint stands for AWS's own, which services reach over TLS.
    "aws:securetransport": "true",
  };
}
