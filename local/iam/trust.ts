import { type Condition, holds, parseConditions, type RequestContext } from "./condition.ts";
import { onlyFields, parseEffect, rawStatements, strings } from "./policy.ts";

/** One statement of a role's trust policy. */
export interface TrustStatement {
  readonly effect: "Allow" | "Deny";
  /** Account roots, role ARNs and `*`, as `Principal.AWS` lists them. */
  readonly principals: readonly string[];
  readonly services: readonly string[];
  readonly conditions: readonly Condition[];
}

/** Who asks to assume a role. */
export interface Candidate {
  readonly account: string;
  /** The role's ARN for a session, the account's root for an administrator. */
  readonly principalArn: string;
  readonly externalId?: string | undefined;
}

/** The statements of a trust policy; throws on everything that this IAM does not enforce. */
export function parseTrust(document: unknown, where: string): TrustStatement[] {
  return rawStatements(document, where).map((raw) => {
    onlyFields(raw, ["Sid", "Effect", "Action", "Principal", "Condition"], where);
    const actions = strings(raw["Action"], `${where}: Action`);
    if (!actions.every((action) => action === "sts:AssumeRole")) {
      throw new Error(
        `${where}: Action is ${actions.join(", ")}; only sts:AssumeRole is supported in a trust policy`,
      );
    }
    return {
      effect: parseEffect(raw["Effect"], where),
      ...parsePrincipal(raw["Principal"], where),
      conditions: parseConditions(raw["Condition"], where),
    };
  });
}

/** Whether the trust policy lets an account's principal assume the role. */
export function trusts(statements: readonly TrustStatement[], candidate: Candidate): boolean {
  const context: RequestContext = {
    "aws:principalarn": candidate.principalArn,
    "aws:principalaccount": candidate.account,
    "sts:externalid": candidate.externalId,
  };
  const relevant = statements.filter(
    ({ principals, conditions }) =>
      principals.some((principal) => isNamed(principal, candidate)) && holds(conditions, context),
  );
  return relevant.length > 0 && relevant.every(({ effect }) => effect === "Allow");
}

/** Whether the trust policy lets an AWS service, such as `lambda.amazonaws.com`, use the role, under its conditions if a context is given. */
export function trustsService(
  statements: readonly TrustStatement[],
  service: string,
  context?: RequestContext,
): boolean {
  return statements.some(
    ({ effect, services, conditions }) =>
      effect === "Allow" && services.includes(service) && (!context || holds(conditions, context)),
  );
}

/** Whether a principal of a policy stands for an account's principal. */
export function isNamed(principal: string, { account, principalArn }: Candidate): boolean {
  return ["*", account, `arn:aws:iam::${account}:root`, principalArn].includes(principal);
}

/** What `Principal` of a statement lists; throws on kinds of principals that this IAM does not know. */
export function parsePrincipal(
  principal: unknown,
  where: string,
): { principals: string[]; services: string[] } {
  if (principal === "*") return { principals: ["*"], services: [] };
  const { AWS, Service, ...rest } = (principal ?? {}) as Record<string, unknown>;
  onlyFields(rest, [], `${where}: Principal`);
  return {
    principals: AWS === undefined ? [] : strings(AWS, `${where}: Principal.AWS`),
    services: Service === undefined ? [] : strings(Service, `${where}: Principal.Service`),
  };
}
