import { parseResourcePolicy } from "../iam/resource-policy.ts";
import type { Queues } from "../sqs/queues.ts";
import { type NamedResource, ofType } from "./resource-type.ts";
import { arnOf, RESOURCE_TYPES } from "./resource-types.ts";

/** Sets the policy of the queues that it names by their URLs; throws an Error for one that is not deployed. */
export function deployQueuePolicy(
  { stack, logicalId, properties }: NamedResource,
  { all, queues }: { all: readonly NamedResource[]; queues: Queues },
): void {
  const where = `${stack.name}/${logicalId}`;
  const statements = parseResourcePolicy(properties["PolicyDocument"], where);
  for (const url of [properties["Queues"] ?? []].flat()) {
    const queue = ofType(all, "AWS::SQS::Queue").find((one) => RESOURCE_TYPES[one.type]?.ref(one) === url);
    if (!queue) throw new Error(`${where}: queue ${url} does not exist`);
    queues.setPolicy(arnOf(queue), statements);
  }
}
