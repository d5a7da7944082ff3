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

/** What a principal of the command line looks like. */
export const operatorForm = {
  pattern: /^arn:aws[a-z-]*:iam::\d{12}:(root|(role|user)\/[\w+=,.@/*-]*[\w+=,.@-][\w+=,.@/*-]*)$/,
  accepted:
    "the ARN of a role or user, or a pattern of one, such as arn:aws:iam::333333333333:role/Platform*",
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
  /**
   * A person's or a pipeline's principal in the same account that may use the role, too, to copy with the command
   * line: an ARN of a role or user, or a pattern with `*`.
   * @default - none: only the functions
   */
  readonly operatorArn?: string;
}

/**
 * The functions of an `ImageReplicator`. A trust policy cannot name roles that do not exist yet, so it names
 * their account and requires the path that only the functions' roles have.
 * Throws an Error that names the prop when the account, the external id or the operator is not one.
 */
export function replicatorPrincipal(scope: Construct, trust: ReplicatorTrust): IPrincipal {
  const { replicatorAccount, externalId, operatorArn } = trust;
  checkTrust(trust);
  const functionRoles = Arn.format({
    partition: Stack.of(scope).partition,
    service: "iam",
    region: "",
    account: replicatorAccount,
    resource: `role${functionRolePath}*`,
    arnFormat: ArnFormat.NO_RESOURCE_NAME,
  });
  const principals = operatorArn === undefined ? functionRoles : [functionRoles, operatorArn];
  const conditions: Conditions = { ArnLike: { "aws:PrincipalArn": principals } };
  if (externalId !== undefined) conditions["StringEquals"] = { "sts:ExternalId": externalId };
  return new AccountPrincipal(replicatorAccount).withConditions(conditions);
}

function checkTrust({ replicatorAccount, externalId, operatorArn }: ReplicatorTrust): void {
  check("replicatorAccount", replicatorAccount, accountForm);
  if (externalId !== undefined) check("externalId", externalId, externalIdForm);
  if (operatorArn !== undefined) check("operatorArn", operatorArn, operatorForm);
}

function check(prop: string, value: string, { pattern, accepted }: typeof accountForm): void {
  if (!Token.isUnresolved(value) && !pattern.test(value)) {
    throw new Error(`${prop}: "${value}" is not ${accepted}`);
  }
}
