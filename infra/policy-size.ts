import type { PolicyDocument } from "aws-cdk-lib/aws-iam";

// Of all inline policies of a role together, without white space (IAM User Guide, "IAM and AWS STS quotas").
const maxCharacters = 10_240;

/**
 * Throws an Error that names the role when its inline policies are longer than IAM takes. What is known only at deployment
 * is not counted.
 */
export function checkPolicySize(role: string, policies: readonly PolicyDocument[]): void {
  const text = policies.map((policy) => JSON.stringify(policy)).join("");
  const { length } = text.replace(/\$\{Token\[[^\]]*\]\}|\s/g, "");
  if (length <= maxCharacters) return;
  throw new Error(
    `the role ${role} would have policies of ${length} characters, and IAM takes ${maxCharacters}; let rules share roles, secrets, repositories or buckets, or have several replicators`,
  );
}
