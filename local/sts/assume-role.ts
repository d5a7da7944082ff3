import type { Credentials } from "../credentials.ts";
import type { Caller } from "../http.ts";
import { decide } from "../iam/policy.ts";
import type { Role, Roles } from "../iam/roles.ts";
import { trusts } from "../iam/trust.ts";
import { Refusal } from "../refusal.ts";
import type { XmlValue } from "../xml.ts";

/** What AssumeRole needs to know of the accounts. */
export interface AssumeRoleDependencies {
  readonly roles: Roles;
  readonly credentials: Credentials;
}

const KNOWN = ["Action", "Version", "RoleArn", "RoleSessionName", "ExternalId", "DurationSeconds"];
// The API reference's constraints: a length and a pattern for each.
const CONSTRAINTS: [field: string, least: number, most: number, pattern: RegExp][] = [
  ["RoleArn", 20, 2048, /^[\t\n\r\x20-\x7e\x85\xa0-\uffff]+$/],
  ["RoleSessionName", 2, 64, /^[\w+=,.@-]*$/],
  ["ExternalId", 2, 1224, /^[\w+=,.@:/-]*$/],
];

/** AssumeRole: checks the request, the caller's own policy and the role's trust, and gives out a session. */
export function assumeRole(
  form: URLSearchParams,
  caller: Caller,
  { roles, credentials }: AssumeRoleDependencies,
): XmlValue {
  checkFields(form);
  const roleArn = form.get("RoleArn") ?? "";
  const name = form.get("RoleSessionName") ?? "";
  const role = roles.byArn(roleArn);
  const callerRole = roles.ofSession(caller.arn);
  if (!role || !mayAssume(role, caller, { callerRole, externalId: form.get("ExternalId") ?? undefined })) {
    throw new Refusal(
      "AccessDenied",
      `User: ${caller.arn} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`,
      403,
    );
  }
  const seconds = duration(form, role, callerRole !== undefined);
  const session = credentials.issue({ role, name, seconds, parent: callerRole && caller.accessKeyId });
  return {
    AssumedRoleUser: { AssumedRoleId: `AROA${role.name}:${name}`, Arn: session.arn },
    Credentials: {
      AccessKeyId: session.accessKeyId,
      SecretAccessKey: session.secretAccessKey,
      SessionToken: session.sessionToken,
      Expiration: session.expiration.toISOString(),
    },
  };
}

function mayAssume(
  role: Role,
  caller: Caller,
  by: { callerRole: Role | undefined; externalId: string | undefined },
): boolean {
  const { account, arn } = caller;
  const principalArn = by.callerRole?.arn ?? arn;
  if (!trusts(role.trust, { account, principalArn, externalId: by.externalId })) return false;
  if (!by.callerRole) return true;
  const context = {
    "aws:principalarn": principalArn,
    "aws:principalaccount": account,
    "sts:externalid": by.externalId,
  };
  return (
    decide(by.callerRole.statements, { action: "sts:AssumeRole", resource: role.arn, context }) === "allowed"
  );
}

function checkFields(form: URLSearchParams): void {
  const unknown = [...form.keys()].filter((field) => !KNOWN.includes(field));
  if (unknown.length > 0) throw invalid(`${unknown.join(", ")} of AssumeRole is not supported by local AWS`);
  for (const [field, least, most, pattern] of CONSTRAINTS) {
    const value = form.get(field) ?? (field === "ExternalId" ? undefined : "");
    if (value === undefined) continue;
    if (value.length < least || value.length > most || !pattern.test(value)) {
      const name = field.charAt(0).toLowerCase() + field.slice(1);
      const constraint = `Member must have length ${least} to ${most} and satisfy regular expression pattern: ${pattern.source}`;
      throw invalid(
        `1 validation error detected: Value '${value}' at '${name}' failed to satisfy constraint: ${constraint}`,
      );
    }
  }
}

function duration(form: URLSearchParams, role: Role, chained: boolean): number {
  const seconds = Number(form.get("DurationSeconds") ?? 3600);
  if (!Number.isInteger(seconds) || seconds < 900 || seconds > 43_200) {
    throw invalid(`DurationSeconds is ${form.get("DurationSeconds")}; 900 to 43200 would be accepted`);
  }
  if (chained && seconds > 3600) {
    throw invalid(
      "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
    );
  }
  if (seconds > role.maxSessionSeconds) {
    throw invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
  }
  return seconds;
}

function invalid(message: string): Refusal {
  return new Refusal("ValidationError", message);
}
