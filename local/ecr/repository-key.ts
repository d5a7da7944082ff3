/** What tells one repository from all others: nothing is shared between two keys. */
export interface RepositoryKey {
  /** Twelve digits: the registry id. */
  readonly account: string;
  readonly region: string;
  readonly name: string;
}

/** The repository's ARN; only the commercial partition is known here. */
export function repositoryArn({ account, region, name }: RepositoryKey): string {
  return `arn:aws:ecr:${region}:${account}:repository/${name}`;
}
