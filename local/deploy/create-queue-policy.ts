import { parseResourcePolicy } from "../iam/resource-policy.ts";
import type { Queues } from "../sqs/queues.ts";
import { type NamedResource, ofType } from "./resource-type.ts";
import { arnOf, RESOURCE_TYPES } from "./resource-types.ts";

// Amazon SQS Developer Guide, "Policy quotas".
const MOST_STATEMENTS = 20;
const MOST_BYTES = 8192;

/**
 * Sets the policy of the queues that it names by their URLs; throws an Error for one that is not deployed, and, as SQS
 * does, for a policy that is too large.
 */
export function deployQueuePolicy(
  { stack, logicalId, properties }: NamedResource,
  { all, queues }: { all: readonly NamedResource[]; queues: Queues },
): void {
  const where = `${stack.name}/${logicalId}`;
  const document = properties["PolicyDocument"];
  const statements = parseResourcePolicy(document, where);
  if (statements.length > MOST_STATEMENTS)
    throw new Error(
      `${where}: OverLimit: ${statements.length} statements were found in the submitted policy, max allowed is ${MOST_STATEMENTS}`,
    );
  if (Buffer.byteLength(JSON.stringify(document)) > MOST_BYTES)
    throw new Error(`${where}: OverLimit: Submitted policy is over max allowed size.`);
  for (const url of [properties["Queues"] ?? []].flat()) {
    const queue = ofType(all, "AWS::SQS::Queue").find((one) => RESOURCE_TYPES[one.type]?.ref(one) === url);
    if (!queue) throw new Error(`${where}: queue ${url} does not exist`);
    queues.setPolicy(arnOf(queue), statements);
  }
}
