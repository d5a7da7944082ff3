import { Token } from "aws-cdk-lib";
import { requestShape } from "../core/model/request.ts";

// A `*` may stand for an account or for a part of a name; the last segment must still hold a name.
const rolePattern =
  /^arn:aws[a-z-]*:iam::(\d{12}|\*):role\/([\w+=,.@*-]+\/)*[\w+=,.@*-]*[\w+=,.@-][\w+=,.@*-]*$/;
const repositoryPattern = /^arn:aws[a-z-]*:ecr:[a-z0-9*-]+:\d{12}:repository\/[a-z0-9._/*-]+$/;

/**
 * Checks the role ARNs of a prop, where `*` may stand for part of one.
 * A value that is known only at deployment (a token) passes. Throws an Error that names the prop and the value.
 */
export function checkRoleArns(prop: string, arns: readonly string[]): void {
  check(
    prop,
    arns,
    rolePattern,
    "a role ARN with a role name, such as arn:aws:iam::111111111111:role/PullImages",
  );
}

/**
 * Checks the repository ARNs of a prop, where `*` may stand for the Region or part of the name.
 * A value that is known only at deployment (a token) passes. Throws an Error that names the prop and the value.
 */
export function checkRepositoryArns(prop: string, arns: readonly string[]): void {
  check(
    prop,
    arns,
    repositoryPattern,
    "a repository ARN with an account, such as arn:aws:ecr:eu-central-1:111111111111:repository/team/*",
  );
}

/**
 * Checks the secret ARNs of a prop: what a request may have. A value that is known only at deployment (a token) passes.
 * Throws an Error that names the prop and the value.
 */
export function checkSecretArns(prop: string, arns: readonly string[]): void {
  check(
    prop,
    arns,
    { test: (arn) => requestShape.sourceSecretArn.safeParse(arn).success },
    "a secret's ARN, such as arn:aws:secretsmanager:eu-central-1:333333333333:secret:docker-hub-AbCdEf",
  );
}

function check(
  prop: string,
  arns: readonly string[],
  pattern: { test(arn: string): boolean },
  accepted: string,
): void {
  for (const arn of arns) {
    if (!Token.isUnresolved(arn) && !pattern.test(arn)) {
      throw new Error(`${prop}: "${arn}" is not ${accepted}`);
    }
  }
}
