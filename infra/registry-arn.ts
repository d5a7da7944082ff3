import { Fn, Token } from "aws-cdk-lib";

/** All repositories of the registry that a repository's ARN, or a pattern of one, is in. */
export function registryArn(repositoryArn: string): string {
  if (!Token.isUnresolved(repositoryArn)) return repositoryArn.replace(/:repository\/.*$/, ":repository/*");
  const [partition, region, account] = [1, 3, 4].map((at) => Fn.select(at, Fn.split(":", repositoryArn)));
  return `arn:${partition}:ecr:${region}:${account}:repository/*`;
}
