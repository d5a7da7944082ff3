import { Arn, ArnFormat, Stack, Token } from "aws-cdk-lib";
import { AccountPrincipal, type Conditions, type IPrincipal } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import { functionRolePath } from "./step.ts";

/** What an account id looks like. */
export const accountForm = { pattern: /^\d{12}$/, accepted: "an account id of twelve digits, as a string" };

/** What an external id looks like. Source: STS API Reference, AssumeRole, ExternalId. */
export const externalIdForm = {
  pattern: /^[\w+=,.@:/-]{2,1224}$/,
  accepted: "2 to 1224 letters, digits or any of _+=,.@:/-",
};

/** Who may assume a source or destination role. */
export interface ReplicatorTrust {
  /** The account, twelve digits, in which the `ImageReplicator` is. */
  readonly replicatorAccount: string;
  /**
   * The external id that requests must carry for this role, 2 to 1,224 of the characters that STS allows.
   * @default - none
   */
  readonly externalId?: string;
}

/**
 * The functions of an `ImageReplicator`. A trust policy cannot name roles that do not exist yet, so it names
 * their account and requires the path that only the functions' roles have.
 * Throws an Error when the account or the external id is not one.
 */
export function replicatorPrincipal(scope: Construct, trust: ReplicatorTrust): IPrincipal {
  const { replicatorAccount, externalId } = trust;
  checkTrust(trust);
  const functionRoles = Arn.format({
    partition: Stack.of(scope).partition,
    service: "iam",
    region: "",
    account: replicatorAccount,
    resource: `role${functionRolePath}*`,
    arnFormat: ArnFormat.NO_RESOURCE_NAME,
  });
  const conditions: Conditions = { ArnLike: { "aws:PrincipalArn": functionRoles } };
  if (externalId !== undefined) conditions["StringEquals"] = { "sts:ExternalId": externalId };
  return new AccountPrincipal(replicatorAccount).withConditions(conditions);
}

function checkTrust({ replicatorAccount, externalId }: ReplicatorTrust): void {
  check("replicatorAccount", replicatorAccount, accountForm);
  if (externalId !== undefined) check("externalId", externalId, externalIdForm);
}

function check(prop: string, value: string, { pattern, accepted }: typeof accountForm): void {
  if (!Token.isUnresolved(value) && !pattern.test(value)) {
    throw new Error(`${prop}: "${value}" is not ${accepted}`);
  }
}
