import { createHash } from "node:crypto";
import { Stack } from "aws-cdk-lib";
import type { Construct } from "constructs";

/** Eight hexadecimal digits, for names that a construct of another stack, or another place of this one, has not. */
export function pathHash(scope: Construct): string {
  return createHash("sha256")
    .update(`${rootStack(scope).stackName}/${scope.node.path}`)
    .digest("hex")
    .slice(0, 8);
}

/** The name of a nested stack is known only at deployment. */
function rootStack(scope: Construct): Stack {
  const stack = Stack.of(scope);
  return stack.nestedStackParent ? rootStack(stack.nestedStackParent) : stack;
}
