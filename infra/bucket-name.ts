import { Token } from "aws-cdk-lib";

/** What the name of a bucket looks like. Source: Amazon S3 User Guide, "General purpose bucket naming rules". */
export const bucketNameForm = {
  pattern: /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
  accepted:
    "a bucket name: 3 to 63 lower-case letters, digits, '.' or '-', beginning and ending with a letter or digit",
};

/**
 * Checks the bucket names of a prop.
 * A value that is known only at deployment (a token) passes. Throws an Error that names the prop and the value.
 */
export function checkBucketNames(prop: string, names: readonly string[]): void {
  for (const name of names) {
    if (!Token.isUnresolved(name) && !bucketNameForm.pattern.test(name)) {
      throw new Error(`${prop}: "${name}" is not ${bucketNameForm.accepted}`);
    }
  }
}
