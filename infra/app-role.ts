import type { Problem } from "../core/model/problem.ts";

/** What is asked of the roles that the app makes. */
interface Trust {
  readonly externalId?: unknown;
  readonly sourceAccount?: unknown;
  readonly destinationAccount?: unknown;
  readonly rules?: unknown;
}

/** Whether an ARN is that of a role that the app makes in an account, in whichever partition. */
export function isAppRole(arn: unknown, account: unknown, name: "PullImages" | "CustomEcrRole"): boolean {
  return typeof arn === "string" && arn.endsWith(`:iam::${account}:role/${name}`);
}

/**
 * The rules that the app's own roles would turn away, since they do not carry the external id that these require; of a
 * configuration that may be wrong in other places, too.
 */
export function externalIdProblems({ externalId, rules, ...accounts }: Trust): Problem[] {
  if (typeof externalId !== "string" || !Array.isArray(rules)) return [];
  return rules.map(Object).flatMap((rule, at) => {
    const problem = (field: string, role: string): Problem[] => {
      const given: unknown = rule[field];
      if (given === externalId) return [];
      const message = `${given === undefined ? "is required" : `'${given}' is another`}: the role ${role} takes only who carries the externalId '${externalId}'`;
      return [{ path: ["rules", at, field], message }];
    };
    return [
      ...(isAppRole(rule.sourceRoleArn, accounts.sourceAccount, "PullImages")
        ? problem("sourceExternalId", "PullImages")
        : []),
      ...(isAppRole(rule.destinationRoleArn, accounts.destinationAccount, "CustomEcrRole")
        ? problem("destinationExternalId", "CustomEcrRole")
        : []),
    ];
  });
}
