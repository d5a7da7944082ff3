import type { FunctionPermission } from "../lambda/permissions.ts";
import { deployedFunction } from "./deployed-function.ts";
import type { NamedResource } from "./resource-type.ts";

/** A statement of a function's policy, or undefined when it is not about invoking the function. */
export function permissionOf(
  resource: NamedResource,
  hasFunction: (arn: string) => boolean,
): FunctionPermission | undefined {
  const { Action, Principal, SourceArn, SourceAccount } = resource.properties;
  const functionArn = deployedFunction(resource, hasFunction);
  if (!["lambda:InvokeFunction", "lambda:*"].includes(String(Action))) return undefined;
  return {
    id: `${resource.stack.name}/${resource.logicalId}`,
    functionArn,
    principal: String(Principal),
    sourceArn: SourceArn === undefined ? undefined : String(SourceArn),
    sourceAccount: SourceAccount === undefined ? undefined : String(SourceAccount),
  };
}
