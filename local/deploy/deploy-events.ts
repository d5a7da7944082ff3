import { deployEventBusPolicy } from "./create-event-bus-policy.ts";
import { eventInvokeConfigOf } from "./create-event-invoke-config.ts";
import { mappingOf } from "./create-event-source-mapping.ts";
import { permissionOf } from "./create-permission.ts";
import { deployQueuePolicy } from "./create-queue-policy.ts";
import { ruleOf } from "./create-rule.ts";
import type { DeployTargets } from "./deploy.ts";
import { deployTopics } from "./deploy-topics.ts";
import { deployedFunction } from "./deployed-function.ts";
import { type NamedResource, ofType } from "./resource-type.ts";
import { arnOf } from "./resource-types.ts";

/** Creates what brings events to functions, queues, topics and other buses: policies, how functions are run again, buses and rules. */
export function deployEvents(all: readonly NamedResource[], targets: DeployTargets): void {
  const { functions, queues, topics, buses, roles } = targets;
  deployInvocations(all, targets);
  deployTopics(all, topics);
  for (const policy of ofType(all, "AWS::SQS::QueuePolicy")) deployQueuePolicy(policy, { all, queues });
  for (const bus of ofType(all, "AWS::Events::EventBus")) buses.addBus(arnOf(bus));
  for (const policy of ofType(all, "AWS::Events::EventBusPolicy")) deployEventBusPolicy(policy, buses);
  const known = {
    hasFunction: (arn: string) => functions.has(arn),
    hasQueue: (arn: string) => queues.has(arn),
    hasTopic: (arn: string) => topics.has(arn),
    hasBus: (arn: string) => buses.has(arn),
    roles,
  };
  for (const rule of ofType(all, "AWS::Events::Rule")) buses.addRule(ruleOf(rule, known));
}

function deployInvocations(
  all: readonly NamedResource[],
  { functions, queues, permissions, invocations, poll, authorize }: DeployTargets,
): void {
  const hasFunction = (arn: string) => functions.has(arn);
  const hasQueue = (arn: string) => queues.has(arn);
  for (const resource of ofType(all, "AWS::Lambda::Permission")) {
    const permission = permissionOf(resource, hasFunction);
    if (permission) permissions.add(permission);
  }
  for (const resource of ofType(all, "AWS::Lambda::EventInvokeConfig")) {
    const arn = deployedFunction(resource, hasFunction);
    const target = functions.definition(arn);
    if (target) invocations.configure(arn, eventInvokeConfigOf(resource, { target, hasQueue, authorize }));
  }
  for (const resource of ofType(all, "AWS::Lambda::EventSourceMapping")) {
    const target = functions.definition(deployedFunction(resource, hasFunction));
    const mapping = target && mappingOf(resource, { target, queues, authorize });
    if (mapping) poll(mapping);
  }
}
