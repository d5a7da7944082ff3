import { Token } from "aws-cdk-lib";
import { bucketNameForm } from "../core/model/s3-object.ts";

/**
 * Checks the bucket names of a prop.
 * A value that is known only at deployment (a token) passes. Throws an Error that names the prop and the value.
 */
export function checkBucketNames(prop: string, names: readonly string[]): void {
  for (const name of names) {
    if (!Token.isUnresolved(name) && !bucketNameForm.pattern.test(name)) {
      throw new Error(`${prop}: "${name}" is no bucket name: ${bucketNameForm.accepted}`);
    }
  }
}
