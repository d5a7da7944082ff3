import type { NamedResource } from "./resource-type.ts";

/** The ARN of the function that a resource's FunctionName, a name or an ARN, stands for; throws an Error when there is none. */
export function deployedFunction(
  { stack, logicalId, properties }: NamedResource,
  hasFunction: (arn: string) => boolean,
): string {
  const given = String(properties["FunctionName"]);
  const arn = given.startsWith("arn:")
    ? given
    : `arn:aws:lambda:${stack.region}:${stack.account}:function:${given}`;
  if (hasFunction(arn)) return arn;
  throw new Error(`${stack.name}/${logicalId}: function ${given} does not exist`);
}
