import { decide } from "../iam/policy.ts";
import { decideResource, type ResourceStatement } from "../iam/resource-policy.ts";
import type { FunctionPermissions } from "../lambda/permissions.ts";
import type { Topics } from "../sns/topics.ts";
import type { Queues } from "../sqs/queues.ts";
import type { EventBuses } from "./event-buses.ts";
import type { EventRule } from "./rule.ts";
import type { TargetService } from "./target-service.ts";

const SERVICE = "events.amazonaws.com";

/** Functions as targets: `invoke` gives one an event without waiting for it. */
export function functionTargets(
  permissions: FunctionPermissions,
  invoke: (functionArn: string, payload: string) => void,
): TargetService {
  return {
    action: "lambda:InvokeFunction",
    allows: ({ arn, account }, target) => permissions.allow(target.arn, { service: SERVICE, arn, account }),
    deliver: ({ arn }, input) => invoke(arn, input),
  };
}

/** Queues as targets, whose own policies have to let the rule send. */
export function queueTargets(queues: Queues): TargetService {
  const action = "sqs:SendMessage";
  return {
    action,
    allows: (rule, { arn }) => lets(queues.policy(arn), rule, { action, resource: arn }),
    deliver: ({ arn }, input) => queues.send(arn, input),
  };
}

/** Topics as targets, whose own policies have to let the rule publish. */
export function topicTargets(topics: Topics): TargetService {
  const action = "sns:Publish";
  return {
    action,
    allows: (rule, { arn }) => lets(topics.policy(arn), rule, { action, resource: arn }),
    deliver: ({ arn }, input) => topics.publish(arn, input),
  };
}

function lets(
  policy: readonly ResourceStatement[],
  { arn: sourceArn, account }: EventRule,
  question: { action: string; resource: string },
): boolean {
  return decideResource(policy, { service: SERVICE, account, sourceArn }, question) === "allowed";
}

/** Other buses as targets: the rule's role has to be allowed, and for another account the bus's policy has to allow it too. */
export function busTargets(buses: () => EventBuses): TargetService {
  const action = "events:PutEvents";
  return {
    action,
    allows: ({ arn: sourceArn, account }, { arn: resource, role }) => {
      if (!role) return false;
      const context = { "aws:principalarn": role.arn, "aws:principalaccount": account };
      if (decide(role.statements, { action, resource, context }) !== "allowed") return false;
      const requester = { roleArn: role.arn, account, sourceArn };
      const policy = decideResource(buses().policy(resource), requester, { action, resource });
      return resource.split(":")[4] === account ? policy !== "denied" : policy === "allowed";
    },
    deliver: ({ arn }, _, event) => buses().forward(event, arn),
  };
}
